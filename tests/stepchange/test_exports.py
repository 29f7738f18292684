"""Lists as files: safe to open, for a purpose, after proving who one is, and cut where it is said."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.admin.compliance import DeclarantAdmin
from stepchange.console.exports import as_csv, safe_cell
from stepchange.models import Event
from stepchange.roles import Role
from tests.office import PASSWORD, grown_old, make_holder, office, signed_in

EXPORT = "/admin/participants/declarant/export/"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20 7946 0857", "'+44 20 7946 0857"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tTab", "'\tTab"),
        ("\rReturn", "'\rReturn"),
        ("\nLine", "'\nLine"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("＝1+1", "'＝1+1"),  # noqa: RUF001
        ("Harbour & Vale = one", "Harbour & Vale = one"),
        ("O'Brien", "O'Brien"),
        ("", ""),
        (None, ""),
        (-5, "-5"),
        (0, "0"),
        ("a\0b", "ab"),
    ],
)
def test_no_cell_is_computed(typed, kept):
    assert safe_cell(typed) == kept


@given(st.text())
def test_no_text_begins_as_a_formula_does(typed):
    cell = safe_cell(typed)

    assert cell.lstrip(" \u00a0\ufeff")[:1] not in set("=+-@\t\r\n")
    assert typed.replace("\0", "") in {cell, cell[1:]}


@given(
    st.lists(st.lists(st.text(st.characters(exclude_characters="\r\0")), min_size=2, max_size=2))
)
def test_a_file_reads_back_as_it_was_written(lines):
    read = list(csv.reader(io.StringIO(as_csv(["a", "b"], lines), newline="")))

    assert read == [["a", "b"], *([safe_cell(cell) for cell in line] for line in lines)]


def token_on(page) -> dict[str, str]:
    """Return what a page's form carries so that its typing is kept."""
    found = re.search(r'name="typing" value="([^"]+)"', page.content.decode())
    assert found
    return {"typing": found[1]}


@pytest.mark.django_db
class TestThePage:
    def test_asks_again_who_one_is_and_keeps_what_was_typed(self):
        manager = make_holder(Role.OFFICE_MANAGER, password=PASSWORD)
        client = grown_old(signed_in(manager), 20)
        asked = client.get(EXPORT)
        sent = client.post(EXPORT, {"purpose": "For the board."})

        assert asked.status_code == sent.status_code == 302
        assert "/reauthenticate/" in asked["Location"]
        assert not Event.objects.filter(kind="stepchange.export.made").exists()
        grown_old(client, -20)
        typed = {"purpose": "For the board.", **token_on(client.get(EXPORT))}
        grown_old(client, 20)
        client.post(EXPORT, typed)
        grown_old(client, -20)
        assert "For the board." in client.get(EXPORT).content.decode()
        assert not Event.objects.filter(kind="stepchange.export.made").exists()

    @pytest.mark.parametrize("typed", ["", "   ", "\n"])
    def test_wants_a_purpose(self, typed):
        client = office()
        page = client.post(EXPORT, {"purpose": typed}).content.decode()

        assert "<title>Error:" in page.replace("\n", "")
        assert "Say what the file is for" in page
        assert not Event.objects.filter(kind="stepchange.export.made").exists()

    def test_says_where_it_cuts_before_and_in_the_file(self, monkeypatch):
        monkeypatch.setattr(DeclarantAdmin, "export_at_most", 2)
        for name in ("Ada", "Blaise", "Carl"):
            make_holder(Role.BOARD, name=name)
        client = office()
        page = client.get(EXPORT).content.decode()
        file = client.post(EXPORT, {"purpose": "For the board."}).content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(file)))

        assert "The file will hold 2 rows" in " ".join(page.split())
        assert "There are more than 2 rows" in page
        assert len(lines) == 4
        assert lines[-1] == ["Cut after 2 rows: filter the list, and export the rest by itself."]
        assert Event.objects.get(kind="stepchange.export.made").facts["cut"] is True

    def test_is_there_for_nobody_who_may_not_see_the_list(self, client):
        assert client.get(EXPORT).status_code == 302
        assert office(Role.COMMUNICATIONS_OFFICER).get(EXPORT).status_code == 404
        assert signed_in(make_holder()).get(EXPORT).status_code == 404

    def test_is_behind_the_gate(self):
        unready = make_holder(Role.OFFICE_MANAGER, is_ready=False)

        assert signed_in(unready).get(EXPORT).status_code == 403

    @pytest.mark.parametrize(
        "query", ["?standing=x", "?e=1", "?p=zz", "?q=no", "?o=9.9", "?x=%00", "?standing=%00"]
    )
    def test_answers_whatever_stands_in_the_address(self, query):
        assert office().get(EXPORT + query).status_code in {200, 302, 400, 404}

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_takes_no_other_method(self, method):
        assert getattr(office(), method)(EXPORT).status_code == 405
