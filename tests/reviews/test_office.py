"""The office's side of joint decisions in the console: released, mediated, and keys given on."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from communications import letters
from communications import workflow as ledger
from communications.models import Email
from communications.notices import NOTICES
from participants.workflow import person_of
from participants.workflow.looking import LOOKED
from reviews import workflow
from reviews.models import Decision, Letter, Reassignment, Recusal, Release, Split
from reviews.policies.letters import LetterGiven
from reviews.policies.releasing_together import releasable, with_what_changed
from reviews.workflow.letters import release_with_letter
from stepchange import clock
from stepchange.console.pages import ConsoleAdmin
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_call, make_submitted
from tests.communications.cast import give_more_time
from tests.office import PASSWORD, grown_old, make_holder, seen, signed_in
from tests.reading import read
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.telling import agree, differ
from workstreams.models import Term

pytestmark = pytest.mark.django_db
DECISIONS, SPLITS = "/admin/reviews/decision/", "/admin/reviews/split/"
CHOICES = "/admin/participants/projectchoice/"
TOGETHER = f"{DECISIONS}release/"


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def manager(desk):
    return signed_in(desk.people["office"])


def pages_of(model: type[Model]) -> ConsoleAdmin:
    pages = admin.site._registry[model]
    assert isinstance(pages, ConsoleAdmin)
    return pages


def page_of(row, step: str = "") -> str:
    pages = pages_of(type(row))
    return pages.page_of(row, "step", step=step) if step else pages.page_of(row)


# One by one -------------------------------------------------------------------------------------------
def test_an_outcome_is_released_with_its_letter(desk, manager):
    decision = agree(desk)
    page = read(manager.get(page_of(decision)))
    assert page.says("Both sides agreed")
    ask = read(manager.get(page_of(decision, "release")))
    assert ask.says(f"There is news about {desk.choice.expression.reference}")
    said = {"code": "time", "words": "We wish you well.", **seen(decision)}

    answer = manager.post(page_of(decision, "release"), said)

    assert answer.status_code == HTTPStatus.FOUND
    assert (Letter.objects.get().code, desk.now().state) == ("time", "declined")
    again = manager.post(page_of(decision, "release"), said)
    assert (again.status_code, Release.objects.count()) == (HTTPStatus.CONFLICT, 1)
    assert read(manager.get(page_of(decision))).says("We wish you well.")


def test_a_letter_that_tells_too_much_is_refused_and_kept(desk, manager):
    decision = agree(desk)
    User.objects.filter(pk=desk.people["business"].pk).update(name="Nils Aldous")
    said = {"code": "time", "words": "Nils Aldous said no.", **seen(decision)}

    answer = manager.post(page_of(decision, "release"), said)

    assert "Leave out “Nils Aldous”" in answer.content.decode()
    assert "Nils Aldous said no." in answer.content.decode()
    assert not Release.objects.exists()


def test_what_has_changed_since_asks_why_or_is_looked_at_anew(desk, manager):
    decision = agree(desk)
    desk.amend()
    said = {"code": "time", "words": "", **seen(decision)}
    assert "What it rests on has changed" in manager.get(page_of(decision)).content.decode()
    manager.post(page_of(decision, "release"), said)
    assert not Release.objects.exists()

    anew = {"reason": "They changed their form.", **seen(decision)}
    assert manager.post(page_of(decision, "look_at_anew"), anew).status_code == HTTPStatus.FOUND
    assert Decision.objects.held().count() == 0


def test_nothing_is_released_before_the_call_has_closed_for_them():
    later = make_desk(is_rolling=False)
    decision = agree(later)
    client = signed_in(later.people["office"])
    refused = client.get(page_of(decision, "release"))
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "once the call has closed for them" in refused.content.decode()
    assert decision.choice.expression.reference not in client.get(TOGETHER).content.decode()


def test_re_authentication_is_asked_for_before_a_release(desk):
    decision = agree(desk)
    user = desk.people["office"]
    user.set_password(PASSWORD)
    user.save()
    client = grown_old(signed_in(user), 20)
    for address in (page_of(decision, "release"), TOGETHER):
        answer = client.get(address)
        assert answer.status_code == HTTPStatus.FOUND
        assert "reauthenticate" in answer["Location"]


# Together ---------------------------------------------------------------------------------------------
def several(desk: Desk) -> list[Decision]:
    decisions = [agree(desk)]
    for view in ("accept", "decline"):
        desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
        decisions.append(agree(desk, view))
    return decisions


def sent(*decisions: Decision, **said: str) -> dict:
    return {
        "chosen": [decision.record_key for decision in decisions],
        "code_offered": "fits",
        "words_offered": "",
        "code_declined": "more than places",
        "words_declined": "Thank you all.",
    } | said


def test_many_are_released_together_after_a_preview_of_exactly_what_goes(desk, manager):
    decisions = several(desk)
    page = manager.get(TOGETHER).content.decode()
    assert all(each.choice.expression.reference in page for each in decisions)

    preview = manager.post(TOGETHER, sent(*decisions))
    text = preview.content.decode()
    for words in (
        "3 outcomes would be released, and 3 emails written.",
        "Declined: 2",
        "Thank you all.",
        "Action needed by",
        "There is news about",
        "Release 3 outcomes",
    ):
        assert words in text, words
    assert not Release.objects.exists()
    (shown,) = re.findall(r'name="seen" value="(\w+)"', text)

    answer = manager.post(TOGETHER, sent(*decisions, release="1", seen=shown), follow=True)

    assert "3 outcomes were released." in answer.content.decode()
    assert Release.objects.values("batch").distinct().count() == 1
    assert [each.words for each in Letter.objects.exclude(code="fits")] == ["Thank you all."] * 2
    ledger.derive()
    told = Email.objects.exclude(recipient_key="nobody").filter(
        notice__in=("offer_to_answer", "outcome_released")
    )
    assert sorted(told.values_list("notice", flat=True)) == [
        "offer_to_answer",
        "outcome_released",
        "outcome_released",
    ]
    manager.post(TOGETHER, sent(*decisions, release="1", seen=shown))
    assert Release.objects.count() == 3


def test_the_email_that_was_shown_is_the_email_that_goes(desk, manager):
    decision = agree(desk)
    text = manager.post(TOGETHER, sent(decision)).content.decode()
    release_with_letter(decision, by=desk.people["office"], letter=LetterGiven(code="time"))
    ledger.derive()
    email = Email.objects.get(notice="outcome_released")
    message = letters.write(email, NOTICES[email.notice])
    assert str(message.subject) in text
    assert "We do not write it into an email." in text
    assert "We do not write it into an" in message.body


def test_what_is_released_is_what_was_shown_and_nothing_else(desk, manager):
    decisions = several(desk)
    text = manager.post(TOGETHER, sent(*decisions[:2])).content.decode()
    (shown,) = re.findall(r'name="seen" value="(\w+)"', text)

    for changed in (
        sent(*decisions, release="1", seen=shown),
        sent(*decisions[:2], release="1", seen=shown, words_declined="Other words."),
        sent(*decisions[:2], release="1", seen=""),
    ):
        answer = manager.post(TOGETHER, changed)
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "no longer what you looked at" in answer.content.decode()
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"code_declined": ""}, "Choose the reason that they read."),
        ({"code_declined": "other", "words_declined": ""}, "Write the reason in your own words."),
        ({"chosen": []}, "Choose at least one outcome."),
        ({"chosen": ["\0", "nonsense"]}, "released any more"),
    ],
)
def test_what_is_missing_is_asked_for_before_anything_is_shown(desk, manager, said, words):
    decisions = several(desk)
    text = manager.post(TOGETHER, sent(*decisions) | said).content.decode()
    assert words in text
    assert "Release 3" not in text


def test_what_has_changed_since_is_not_in_the_list(desk):
    agree(desk)
    ready = with_what_changed(releasable(Decision.objects.all())).filter(is_changed=False)
    assert ready.exists()
    desk.amend()
    assert not ready.all().exists()


def test_whose_call_is_still_open_for_them_is_not_in_the_list():
    now = clock.now()
    call = make_call(opens_at=now - timedelta(days=9), closes_at=now + timedelta(days=1))
    first = make_desk(call=call)
    decision = agree(first)
    person = decision.choice.expression.person
    assert not releasable(Decision.objects.all()).filter(pk=decision.pk).exists()
    give_more_time(person, call, until=now + timedelta(days=3))
    for days, is_ready in ((2, False), (4, True)):
        with clock.set_to(now + timedelta(days=days)):
            ready = releasable(Decision.objects.all()).filter(pk=decision.pk).exists()
            assert ready is is_ready, days


# Splits, and keys given on ----------------------------------------------------------------------------
def test_a_split_is_mediated_with_how(desk, manager):
    split = differ(desk)
    page = read(manager.get(page_of(split)))
    assert page.says("They have done this for years.")
    desk.settle("board private", "accept")
    assert not read(manager.get(page_of(split))).says("Weighed both.")
    assert read(manager.get(page_of(split))).says("Opens when two are given")

    manager.post(page_of(split, "mediate"), {"how": "Both met.", **seen(split)})

    split.refresh_from_db()
    assert (split.state, split.mediation) == ("mediated", "Both met.")


def test_a_key_is_given_to_the_deputy_with_a_reason(desk, manager):
    said = {"side": "police", "to": "deputy", **seen(desk.choice)}
    address = page_of(desk.choice, "reassign")
    manager.post(address, said)
    assert not Reassignment.objects.exists()  # without a reason

    assert manager.post(address, said | {"reason": "On leave."}).status_code == HTTPStatus.FOUND

    page = read(manager.get(page_of(desk.choice)))
    assert page.says("On leave.")
    assert page.says("police deputy")
    desk.cast("police deputy")


def test_the_first_page_says_what_waits_and_which_seat_is_to_be_filled(desk, manager):
    agree(desk)
    differ(desk)
    front = read(manager.get("/admin/"))
    assert front.says("Outcomes that can be released")
    assert front.says("Splits to mediate")
    assert "appoint somebody" not in front.words
    make_submitted(desk.project, call=desk.call)
    Term.objects.filter(seat__side="police").update(ends_on=clock.today() - timedelta(days=1))
    assert read(manager.get("/admin/")).says("police: appoint somebody")


# Blind, and withheld ----------------------------------------------------------------------------------
SECRET = "They sold us nothing but smoke."


def everywhere(client, *rows) -> str:
    """Return all that the console tells somebody, of every kind of row and of these."""
    addresses = ["/admin/"]
    for model in admin.site._registry:
        addresses.append(pages_of(model).list_page())
        addresses += [page_of(row) for row in rows if type(row) is model]
    addresses += [
        f"/admin/stepchange/event/{digest}/change/"
        for digest in Event.objects.values_list("digest", flat=True)
    ]
    for row in rows:
        pages = pages_of(type(row))
        addresses.append(pages.page_of(row, "history"))
        addresses += [pages.page_of(row, "step", step=step) for step in pages.steps]
    return " ".join(client.get(address).content.decode() for address in addresses)


@pytest.mark.parametrize("role", [Role.OFFICE_MANAGER, Role.CASEWORKER, Role.AUDITOR])
def test_until_both_are_cast_the_console_tells_nothing_of_a_key(desk, role):
    desk.cast("business", "decline", reason=SECRET, notes=f"Again: {SECRET}", fit=1)
    client = signed_in(make_holder(role))
    expression = desk.choice.expression
    rows = (desk.choice, expression, expression.person)

    told = everywhere(client, *rows)

    assert SECRET not in told
    assert "smoke" not in told
    assert ("Cast at" in told) is (role is not Role.AUDITOR)

    desk.cast("police", "accept")
    split = Split.objects.get()
    assert (SECRET in everywhere(client, *rows, split)) is (role is Role.OFFICE_MANAGER)


def test_of_who_they_may_not_judge_the_office_finds_a_number_and_no_row(desk, manager):
    decision = agree(desk)
    split = differ(desk)
    for each in (decision.choice, split.choice):
        person = each.expression.person
        person.organisation = desk.organisations["business stand-in"]
        person.save()
    office = person_of(desk.people["office"])
    office.organisation = desk.organisations["business stand-in"]
    office.save()
    for row, listed in ((decision, DECISIONS), (split, SPLITS), (split.choice, CHOICES)):
        pages = admin.site._registry[type(row)]
        for page in ("change", "history"):
            assert manager.get(pages.page_of(row, page)).status_code == HTTPStatus.NOT_FOUND
        steps = {manager.get(page_of(row, step)).status_code for step in pages.steps}
        assert steps == {HTTPStatus.NOT_FOUND}
        text = manager.get(listed).content.decode()
        assert "withheld from you" in text
        assert pages.page_of(row) not in text
    assert Recusal.objects.filter(user=desk.people["office"], basis="computed").count() == 2
    assert decision.choice.expression.reference not in manager.get(TOGETHER).content.decode()
    refused = manager.post(TOGETHER, sent(decision))
    assert "Release 1" not in refused.content.decode()
    # Nor does the record tell them why somebody did something about it.
    page = manager.get("/admin/stepchange/event/?about=reviews.decision").content.decode()
    assert "In confidence" in page


def test_who_stood_aside_is_withheld_too(desk, manager):
    decision = agree(desk)
    workflow.stand_aside(desk.now(), by=desk.people["office"], reason="A cousin.")
    assert manager.get(page_of(decision)).status_code == HTTPStatus.NOT_FOUND


def test_each_look_is_recorded_for_the_volunteer(desk, manager):
    decision = agree(desk)
    for row in (decision, desk.choice):
        manager.get(page_of(row))
    manager.get(DECISIONS)
    looks = Event.objects.of_kind(LOOKED).order_by("id")
    assert {look.subject_key for look in looks} == {desk.choice.expression.person.record_key}
    assert [look.facts["what"] for look in looks] == [
        "joint decision",
        "choice under review",
        "joint decision",
    ]


def test_lists_cost_as_much_for_many(desk, manager):
    agree(desk)
    differ(desk)
    addresses = (DECISIONS, SPLITS, CHOICES, TOGETHER)

    def counted() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                assert manager.get(address).status_code == HTTPStatus.OK
            found.append(len(asked))
        return found

    counted()
    few = counted()
    for _each in range(3):
        desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
        agree(desk)
        differ(desk)
    assert counted() == few
