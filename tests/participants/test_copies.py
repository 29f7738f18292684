"""The copy to keep: everything submitted is in it, on paper and in the PDF, and only its owner has it."""

import unicodedata
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from django.urls import reverse
from django.utils.html import escape
from hypothesis import given, settings
from hypothesis import strategies as st

from participants import workflow
from participants.copies import Copy, as_pdf, copy_of
from participants.models import ExpressionOfInterest, Snapshot
from participants.texts import ACCURACY, INTERESTS, STATEMENTS, VERSIONS
from stepchange import clock
from tests.builders import make_call, make_draft, make_project, make_submitted, make_user
from tests.reading import read
from tests.signing_in import browser_of

AT = datetime(2018, 5, 25, 14, 4, tzinfo=UTC)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "template": "{{7*7}} {% debug %}",
    "markup of the typesetter": '#let x = read("/etc/passwd") $a^2$ *b* _c_ `d` <e> @f // g /* h */',
    "code of the typesetter": '#panic("x") #sys.inputs #eval("1+1") = Heading\n- list\n+ list\n/ Term: x',
    "quotes": "'single' \"double\" “curly” -- --- ...",
    "json": '"}], "title": "other", \\" \\n \\u0000',
    "sql": "'; DROP TABLE participants_snapshot; --",
    "formula": "=HYPERLINK(1)+cmd|' /C calc'!A0",
    "ligatures": "fi ffi fl office affluent",
    "latin": "Zażółć gęślą jaźń, Łódź, Þórður, Dvořák, Ħamrun, Ţăndărică, Llŷn",
    "greek and cyrillic": "Ελληνικά Привіт Ђорђе",
    "emoji": "😀 🎉 👍🏽 👨‍👩‍👧 🇬🇧",
    "symbols": "→ ✓ ≤ ∑ ☃ ½ € ₿",
    "no glyph of ours": "漢字 かな 한국어 नमस्ते ไทย",
    "many lines": "\n".join(f"line {number}" for number in range(1000)),
    "long word": "x" * 999,
    "long address": "https://example.example/" + "path/" * 180,
}


def made(*answers: str, label: str = "Question", **fields) -> Copy:
    section = {
        "page": "experience",
        "title": "Your experience",
        "lines": [[label, answer] for answer in answers],
        "asks_in_sentences": False,
    }
    usual: dict[str, Any] = {
        "reference": "SC-7F3K92QX",
        "number": 1,
        "title": "Expression of interest",
        "notice": "",
        "facts": [("Reference", "SC-7F3K92QX")],
        "sections": [section],
        "accepted": [],
        "following": [],
        "fingerprint": "ab" * 32,
    }
    return Copy(**usual | fields)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, as a reader copies it out."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        texts = []
        for page in document:
            with closing(page), closing(page.get_textpage()) as text:
                texts.append(text.get_text_range())
        return texts


def letters(text: str) -> str:
    """Text without what a line's end may add or take: spaces, and the form of accents."""
    return "".join(unicodedata.normalize("NFC", text).split())


def body(pdf: bytes) -> str:
    """The letters of the whole document; what repeats on each page is taken out."""
    texts = []
    for number, page in enumerate(pages := pages_of(pdf), start=1):
        text = letters(page).removeprefix("Step-ChangeSC-7F3K92QX,version1")
        texts.append(text.removesuffix(f"Page{number}of{len(pages)}"))
    return "".join(texts)


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_whatever_was_written_is_in_the_pdf_letter_by_letter(answer):
    assert letters(answer) in body(as_pdf(made(answer), taken_at=AT))


@pytest.mark.parametrize("answer", ["مرحبا بالعالم", "שלום עולם", "abc שלום 123"])
def test_what_reads_from_the_right_is_in_it_too(answer):
    """A reader gives the order seen, joined letters perhaps twice: every letter is there."""
    assert set(letters(answer)) <= set(body(as_pdf(made(answer), taken_at=AT)))


@pytest.mark.parametrize("steering", ["\u202e", "\u2066", "\u200f", "\ufeff", "\u00ad"])
def test_what_only_steers_the_text_is_left_out(steering):
    text = body(as_pdf(made(f"pay {steering}fdp.exe"), taken_at=AT))

    assert "payfdp.exe" in text
    assert steering not in text


def test_what_is_broken_is_shown_as_broken():
    assert "a\N{REPLACEMENT CHARACTER}b" in body(as_pdf(made("a\x07b"), taken_at=AT))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_no_text_whatever_keeps_it_from_being_made(answer):
    assert as_pdf(made(answer, label=answer), taken_at=AT).startswith(b"%PDF-")


@pytest.mark.parametrize("answer", ["x" * 999, "W" * 300, "漢" * 300, "😀" * 200, "مرحبا" * 80])
def test_nothing_leaves_the_page(answer):
    with closing(pypdfium2.PdfDocument(as_pdf(made(answer), taken_at=AT))) as document:
        for page in document:
            picture = page.render(scale=1, grayscale=True)
            rows = [
                bytes(picture.buffer[start : start + picture.width])
                for start in range(0, picture.stride * picture.height, picture.stride)
            ]
            assert all(set(row[:50] + row[-50:]) <= {255} for row in rows)


def test_each_page_says_which_it_is_and_of_what():
    pages = pages_of(as_pdf(made("\n".join("line" for _each in range(200))), taken_at=AT))

    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert "SC-7F3K92QX, version 1" in page
        assert f"Page {number} of {len(pages)}" in page


def test_a_question_stays_with_its_answer():
    """Forty answers of a few lines over several pages: no page ends between a question and its answer."""
    section = {
        "page": "interests",
        "title": "Your interests",
        "lines": [[f"Question {each}?", f"First {each}\nLast {each}"] for each in range(60)],
        "asks_in_sentences": True,
    }
    pages = pages_of(as_pdf(made(sections=[section]), taken_at=AT))

    assert len(pages) > 2
    for page in pages:
        for each in range(60):
            assert (f"Question {each}?" in page) == (f"First {each}\r\nLast {each}" in page)


def test_it_is_tagged_and_names_its_language_and_title():
    """What PDF/UA-1 (ISO 14289-1) asks of a file; the typesetter refuses to give less."""
    pdf = as_pdf(made("An answer"), taken_at=AT)
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
        assert document.get_metadata_value("Title") == "Expression of interest SC-7F3K92QX"
        assert "2018" in document.get_metadata_value("CreationDate")
    assert b"/Lang(en-GB)" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/DisplayDocTitle true" in pdf


def test_the_same_version_gives_the_same_file():
    assert as_pdf(made("An answer"), taken_at=AT) == as_pdf(made("An answer"), taken_at=AT)


def test_it_takes_less_than_a_second_however_long_the_answers():
    began = clock.now()
    as_pdf(made(*["A sentence of some length. " * 80] * 20), taken_at=AT)
    assert clock.now() - began < timedelta(seconds=1)


@pytest.fixture
def submitted(user) -> ExpressionOfInterest:
    return make_submitted(make_project(), make_project(), user=user)


def addresses(number: int | str = 1, reference: str = "") -> list[str]:
    middle = f"{reference}/" if reference else ""
    base = f"/expression-of-interest/submitted/{middle}copy/{number}"
    return [f"{base}/", f"{base}.pdf"]


def version_2(submitted: ExpressionOfInterest) -> Snapshot:
    first = submitted.snapshots.get()
    return Snapshot.objects.create(
        expression=submitted,
        number=2,
        answers=first.answers,
        shown=[{**first.shown[0], "lines": [["Where do you work?", "Somewhere new"]]}],
        texts=first.texts,
        digest="cd" * 32,
        taken_at=first.taken_at + timedelta(hours=3),
    )


def test_every_question_and_answer_is_on_the_page_and_in_the_pdf(user, submitted):
    client = browser_of(user)
    page, pdf = (client.get(address) for address in addresses())
    text, shown = letters("".join(pages_of(pdf.content))), page.content.decode()

    assert read(page).h1 == ["Expression of interest"]
    for section in submitted.snapshots.get().shown:
        assert letters(section["title"]) in text
        for label, value in section["lines"]:
            assert escape(label) in shown
            assert all(escape(line) in shown for line in value.splitlines())
            assert all(letters(line) in text for line in [label, *value.splitlines()])


def test_it_tells_what_it_is_a_copy_of(user, submitted):
    snapshot = submitted.snapshots.get()
    copy = copy_of(submitted, snapshot, newest=1)

    assert dict(copy.facts)["Name"] == "Amina Thistlewood"
    assert dict(copy.facts)["Reference"] == submitted.reference
    assert "(UK time)" in dict(copy.facts)["Submitted"]
    assert copy.accepted[0][1].startswith("Work undertaken for Step-Change")
    assert [tick for tick, _words in copy.accepted[-2:]] == [INTERESTS.tick, ACCURACY.tick]
    assert len(copy.accepted) == 5
    assert all("version 2026-11" in when for _said, when in copy.accepted)
    assert [heading for heading, _words in copy.following][-1] == "The co-chairs decide jointly"
    assert copy.fingerprint == snapshot.digest


def test_each_statement_has_the_time_it_was_accepted_at(user):
    """They may have ticked it days before they submitted; and an old version is not shown in new words."""
    draft = make_draft(make_project(), user=user)
    ticked = dict(draft.pages.get(page="confidence").answers)
    version = VERSIONS["confidence"]
    ticked["confidence"] = f"{version} at 2026-11-02T09:30:00+00:00"
    workflow.save_page(draft, "confidence", ticked, revision=1)
    snapshot = workflow.submit(draft, by=user, received_at=clock.now())
    snapshot.texts = {**snapshot.texts, "voluntary": "2025-01", "gone": "1"}
    accepted = copy_of(draft, snapshot, newest=1).accepted

    assert accepted[0][1].endswith(
        f"\nAccepted at 9:30am on Monday 2 November 2026 (UK time), version {version}"
    )
    assert accepted[1][0] == STATEMENTS["voluntary"].tick
    assert accepted[1][1].startswith("Accepted at")
    assert accepted[-1][0] == "A statement that is not used any more"


def test_the_pdf_is_a_file_to_save_that_nobody_keeps(user, submitted):
    response = browser_of(user).get(addresses()[1])

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        f'attachment; filename="Step-Change-{submitted.reference}-version-1.pdf"'
    )
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_each_numbered_version_has_its_own_copy(user, submitted):
    version_2(submitted)
    client = browser_of(user)
    first, second = (client.get(addresses(number)[0]) for number in (1, 2))

    assert read(first).says("This is an earlier version. Version 2 has replaced it")
    assert not read(first).says("What happens next")
    assert read(second).says("Somewhere new")
    assert read(second).says("What happens next")
    assert "Somewhere new" in "".join(pages_of(client.get(addresses(2)[1]).content))


def test_a_withdrawn_one_says_so(user, submitted):
    workflow.withdraw(submitted, by=user)
    page = browser_of(user).get(addresses()[0])

    assert read(page).says("was withdrawn. It is no longer considered.")
    assert not read(page).says("What happens next")


def test_an_earlier_form_is_found_by_its_reference(user, submitted):
    workflow.withdraw(submitted, by=user)
    later = make_submitted(make_project(), user=user, call=submitted.call)
    client = browser_of(user)

    assert later.reference in client.get(addresses()[0]).content.decode()
    for address in addresses(reference=submitted.reference):
        assert client.get(address).status_code == 200
    assert (
        submitted.reference
        in client.get(addresses(reference=submitted.reference)[0]).content.decode()
    )


@pytest.mark.parametrize("number", [0, 2, 10**30])
def test_a_number_that_there_is_not_is_not_found(user, submitted, number):
    client = browser_of(user)
    for address in addresses(number) + addresses(number, submitted.reference):
        assert client.get(address).status_code == 404


def test_somebody_elses_is_not_found_as_what_does_not_exist(submitted):
    client = browser_of(make_user())
    theirs = [client.get(address) for address in addresses(reference=submitted.reference)]
    nobodys = [client.get(address) for address in addresses(reference="SC-22222222")]

    assert {response.status_code for response in theirs + nobodys} == {404}
    for response in [*theirs, *map(client.get, addresses())]:
        assert response.status_code == 404
        assert submitted.reference not in response.content.decode()


def test_a_draft_has_no_copy(user, db):
    draft = workflow.start(user, make_call(), received_at=clock.now())
    client = browser_of(user)
    for address in addresses() + addresses(reference=draft.reference):
        assert client.get(address).status_code == 404


def test_anonymous_signs_in_first_whether_or_not_it_exists(client, submitted):
    for address in addresses() + addresses(7) + addresses(reference=submitted.reference):
        assert client.get(address)["Location"] == f"{reverse('account_login')}?next={address}"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_but_reading(user, submitted, method):
    for address in addresses():
        assert getattr(browser_of(user), method)(address).status_code == 405


def test_it_costs_the_same_at_any_number_of_versions(
    user, submitted, django_assert_max_num_queries
):
    version_2(submitted)
    client = browser_of(user)
    client.get(addresses()[0])  # the session's own writes come with its first page
    for number in (1, 2):
        for address in addresses(number):
            with django_assert_max_num_queries(6):
                client.get(address)


def test_the_confirmation_page_and_that_of_the_versions_link_to_both(user, submitted):
    version_2(submitted)
    client = browser_of(user)
    page, versions = (
        client.get(address)
        for address in (
            reverse("participants:submitted"),
            reverse("participants:versions", args=[submitted.reference]),
        )
    )

    assert set(addresses(2, submitted.reference)) <= set(read(page).hrefs)
    for number in (1, 2):
        assert set(addresses(number, submitted.reference)) <= set(read(versions).hrefs)
