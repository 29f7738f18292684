"""What of an interest may be published, and that nothing else leaves by page, file, search or count."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from participants.models import InterestKind, RegisterHolder, RegisterWithholding
from participants.policies.register import published_of, since_when
from participants.workflow import register
from participants.workflow.declarations import InterestGiven
from stepchange.models import Event, User
from stepchange.querysets import AppendOnly
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_declaration,
    make_organisation,
    make_project,
    make_seat,
    make_submitted,
    make_user,
)
from tests.office import make_holder, office, search, signed_in
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

LIST = "/admin/participants/registerholder/"
EXPORT = f"{LIST}export/"
GAIN = "Seven hundred thousand pounds"
SISTER = "My sister Persephone Quill works at Acme Rail"
FRIEND = "Barnaby Strange, whom I lent money"
MARKED = "Wintergreen Holdings"
SAID = "Told to me by Cornelia Vane in 2019"
SECRETS = ("Persephone", "Barnaby", "Wintergreen", GAIN, "Cornelia", "lent money")


def make_chair(name: str = "Gethin Oyediran", **fields: object) -> User:
    user = make_user(name=name)
    Term.objects.create(seat=make_seat(), holder=user, organisation=make_organisation(), **fields)
    return user


def given(kind: str, party: str, *, project: str = "", since: str = "") -> InterestGiven:
    return InterestGiven(kind=kind, party=party, gain=GAIN, project=project, since=since)


def row_of(user: User) -> RegisterHolder:
    return RegisterHolder.objects.get(pk=user.pk)


def published(user: User):
    return published_of([row_of(user)])[user.pk]


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


@pytest.fixture
def chair(manager) -> User:
    """Somebody in seat who declares all that must not be published, and one thing that may."""
    make_organisation(name="Acme Rail plc")
    make_organisation(name=MARKED)
    user = make_chair()
    project = make_project(title="Guard training")
    make_declaration(
        user,
        given(
            "shareholdings", "Acme Rail", project=project.code, since="Since March 2019, I think"
        ),
        given("personal or family", SISTER),
        given("financial", FRIEND),
        given("directorship", MARKED, since=SAID),
    )
    register.withhold(row_of(user), position=4, by=manager, reason="It is under seal.")
    return user


def test_what_may_be_published_is(chair):
    first, *rest = published(chair).entries

    assert (first.kind, first.party, first.since) == (
        "Shareholdings",
        "Acme Rail plc",
        "March 2019",
    )
    assert "Guard training" in first.project
    assert [entry.party for entry in rest] == ["Withheld"] * 3
    assert rest[0].kind == "Personal or family"


# A reader of each role, and each way by which words leave.
READERS = (Role.OFFICE_MANAGER, Role.CASEWORKER, Role.AUDITOR)
WAYS = {
    "list": lambda client, chair: client.get(LIST),
    "page": lambda client, chair: client.get(f"{LIST}{chair.public_id}/change/"),
    "record": lambda client, chair: client.get(f"{LIST}{chair.public_id}/history/"),
    "withhold": lambda client, chair: client.get(f"{LIST}{chair.public_id}/withhold/"),
    "let in": lambda client, chair: client.get(f"{LIST}{chair.public_id}/let-in/"),
    "export page": lambda client, chair: client.get(EXPORT),
    "file": lambda client, chair: client.post(EXPORT, {"purpose": "To publish it."}),
    "compliance": lambda client, chair: client.get("/admin/participants/declarant/"),
    "compliance file": lambda client, chair: client.post(
        "/admin/participants/declarant/export/", {"purpose": "To count."}
    ),
    "first page": lambda client, chair: client.get("/admin/"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", READERS)
def test_nothing_withheld_leaves(chair, role, way):
    answer = WAYS[way](office(role), chair)
    words = answer.content.decode()

    assert [secret for secret in SECRETS if secret in words] == []
    if way in {"list", "page", "file"}:
        assert "Acme Rail plc" in words  # it is the page that was meant


@pytest.mark.parametrize("words", ["Persephone", "Barnaby", "Wintergreen", "Acme", "directorship"])
def test_what_is_declared_cannot_be_searched_for(chair, words):
    page = search(office(), LIST, words)

    assert page.context["cl"].result_count == 0


def test_the_number_of_rows_tells_nothing_of_interests(chair):
    make_declaration(make_chair(name="Nil Holder"))
    page = office().get(EXPORT).content.decode()

    assert "The file will hold 2 rows" in " ".join(page.split())


def test_those_who_declared_nothing_or_not_at_all_say_so():
    make_declaration(make_chair(name="Nil Holder"))
    make_chair(name="Silent Holder")
    file = office().post(EXPORT, {"purpose": "To publish it."}).content.decode("utf-8-sig")
    lines = {line.split('","')[0].strip('"'): line for line in file.split("\r\n")}

    assert '"Nothing to declare"' in lines["Nil Holder"]
    assert '"Has not declared"' in lines["Silent Holder"]


def test_nobody_is_in_it_but_who_holds_a_seat_today(chair):
    make_submitted()
    make_holder(Role.BOARD, name="Board Member")
    page = office().get(LIST)

    assert page.context["cl"].result_count == 1


def test_a_mark_is_written_once(chair):
    mark = RegisterWithholding.objects.get()
    with pytest.raises(AppendOnly):
        mark.save()
    with pytest.raises(AppendOnly):
        RegisterWithholding.objects.update(is_lifted=True)
    for change in ("UPDATE {} SET is_lifted = NOT is_lifted", "DELETE FROM {}"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change.format(mark._meta.db_table))


# Marks ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "again",
    [
        given("directorship", MARKED),
        given("directorship", "Wintergreen Group, as chair"),  # written anew
        given("financial", MARKED),  # called another kind
    ],
)
def test_what_the_office_withholds_stays_withheld_when_it_is_declared_anew(chair, again):
    make_organisation(name="Wintergreen Group")
    make_declaration(chair, again)
    [entry] = published(chair).entries

    assert entry.party == "Withheld"
    assert entry.project == entry.since == ""


def test_what_names_no_organisation_can_be_let_in_in_its_own_words(chair, manager):
    register.let_in(row_of(chair), position=3, by=manager, reason="Barnaby agreed.")
    assert published(chair).entries[2].party == FRIEND

    make_declaration(chair, given("financial", FRIEND))
    assert published(chair).entries[0].party == FRIEND
    make_declaration(chair, given("financial", f"{FRIEND}, and another"))
    assert published(chair).entries[0].party == "Withheld"


def test_what_is_personal_or_published_already_is_not_let_in(chair, manager):
    for position in (1, 2, 9):
        with pytest.raises(Refused):
            register.let_in(row_of(chair), position=position, by=manager, reason="Why not.")
    with pytest.raises(Refused):
        register.withhold(row_of(chair), position=2, by=manager, reason="Again.")


@pytest.mark.parametrize("act", [register.withhold, register.let_in])
def test_only_casework_marks_and_nobody_their_own(chair, act):
    for by in (make_holder(Role.AUDITOR), make_holder(Role.COMMUNICATIONS_OFFICER), make_user()):
        with pytest.raises(Refused):
            act(row_of(chair), position=1, by=by, reason="So.")
    own = make_holder(Role.CASEWORKER, is_ready=False)
    Term.objects.create(seat=make_seat(), holder=own, organisation=make_organisation())
    make_declaration(own, given("financial", "Somebody"))
    with pytest.raises(Refused, match="your own"):
        act(row_of(own), position=1, by=own, reason="So.")


def test_a_mark_is_made_in_the_console_and_explained_in_the_record(chair, manager):
    client = signed_in(manager)
    page = f"{LIST}{chair.public_id}/"
    form = client.get(f"{page}withhold/")
    revision = form.context["form"].initial["revision"]
    said = {"position": "1", "reason": "They ask for it.", "revision": revision}
    client.post(f"{page}withhold/", said)

    assert published(chair).entries[0].party == "Withheld"
    mark = RegisterWithholding.objects.latest("pk")
    event = Event.objects.filter(kind="participants.register.withheld").latest("id")
    assert (event.subject_key, event.reason, event.actor) == (
        mark.record_key,
        "They ask for it.",
        manager,
    )
    assert "They ask for it." in client.get(f"{page}history/").content.decode()


def test_a_mark_is_not_put_on_another_interest_declared_meanwhile(chair, manager):
    client = signed_in(manager)
    path = f"{LIST}{chair.public_id}/withhold/"
    revision = client.get(path).context["form"].initial["revision"]
    make_declaration(chair, given("shareholdings", "Acme Rail plc"))
    answer = client.post(path, {"position": "1", "reason": "So.", "revision": revision})

    assert "Somebody changed this while you had it open" in answer.content.decode()
    assert RegisterWithholding.objects.count() == 1


def test_a_published_name_is_the_registers_and_only_of_a_published_entry():
    user = make_chair()
    make_organisation(name="Blunt & Sons", state=Organisation.State.PROPOSED)
    make_declaration(user, given("financial", "Blunt and Sons"))

    assert published(user).entries[0].party == "Withheld"
    Organisation.objects.filter(name="Blunt & Sons").update(state="published")
    assert published(user).entries[0].party == "Blunt & Sons"


@pytest.mark.parametrize("kind", InterestKind.values)
def test_every_kind_has_its_rule(kind):
    make_organisation(name="Acme Rail")
    user = make_chair()
    make_declaration(user, given(kind, "Acme Rail", since="2020"))
    [entry] = published(user).entries
    is_personal = kind == InterestKind.PERSONAL

    assert (entry.party, entry.since) == (
        ("Withheld", "") if is_personal else ("Acme Rail", "2020")
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("March 2019", "March 2019"),
        ("since Sept 2011 with Jane", "Sept 2011"),
        ("2015 until 2018", "2015 – 2018"),
        ("when Jane and I married", ""),
        ("12 Market Street", ""),
        ("", ""),
        ("2001 2002 2003", "2001 – 2002"),
    ],
)
def test_since_when_is_dates_and_nothing_else(typed, kept):
    assert since_when(typed) == kept


def test_the_register_costs_the_same_at_3_and_at_30():
    client = office()
    make_organisation(name="Acme Rail")

    def fill(count: int) -> None:
        for _ in range(count):
            make_declaration(make_chair(), given("financial", "Acme Rail", since="2020"))

    def queries() -> list[int]:
        found = []
        for ask in (
            lambda: client.get(f"{LIST}?all="),
            lambda: client.post(EXPORT, {"purpose": "To publish it."}),
        ):
            with CaptureQueriesContext(connection) as asked:
                assert ask().status_code == 200
            found.append(len(asked))
        return found

    fill(3)
    queries()
    few = queries()
    fill(27)
    assert queries() == few
    assert few[0] <= 17
    assert few[1] <= 33
