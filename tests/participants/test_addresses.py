"""The work address, confirmed by a code: once, in time, so many tries, the same for every address."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import pages, workflow
from participants.models import CODE_LASTS, MOST_TRIES, AddressConfirmation, Person
from participants.workflow.addresses import A_WHILE, CODES_A_WHILE, DOUBLE_CLICK
from stepchange import clock
from stepchange.models import Event, User
from stepchange.transitions import Refused
from tests.builders import AMINA, make_draft, make_user

pytestmark = pytest.mark.django_db

PAGE = "/expression-of-interest/work-email/"
WORK = "amina@harbour-vale-hotels.example"


@pytest.fixture
def person(user) -> Person:
    return workflow.person_of(user)


def ask(person: Person, address: str = WORK) -> AddressConfirmation:
    assert person.user
    return workflow.ask_for_code(person, address, by=person.user)


def confirm(person: Person, code: str, address: str = WORK) -> None:
    assert person.user
    workflow.confirm_address(person, address, code, by=person.user)


def later(wait: timedelta):
    return time_machine.travel(clock.now() + wait, tick=False)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_confirmed(person: Person, address: str = WORK) -> bool:
    return AddressConfirmation.objects.filter(person=person).to(address).confirmed().exists()


# The code ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda c: f" {c[:2]} {c[2:]} ", lambda c: c[:4] + c[5:]]
)
def test_the_code_confirms_the_address_however_it_is_typed(person, typed):
    confirm(person, typed(ask(person).code))

    assert is_confirmed(person)
    event = Event.objects.get(kind="participants.address.confirmed")
    assert event.actor == person.user
    assert WORK not in str(list(Event.objects.values()))


def test_each_row_has_a_code_of_its_own_that_rests_nowhere(person):
    with later(timedelta(0)) as travel:
        first = ask(person)
        travel.shift(DOUBLE_CLICK * 2)
        second = ask(person)

    assert first.code != second.code
    assert len(first.code) == 9
    kept = str(list(AddressConfirmation.objects.values())) + str(list(Email.objects.values()))
    assert first.code not in kept


@pytest.mark.parametrize(
    ("wait", "is_taken"), [(CODE_LASTS - timedelta(seconds=1), True), (CODE_LASTS, False)]
)
def test_the_code_lasts_so_long_and_no_longer(person, wait, is_taken):
    with later(timedelta(0)) as travel:
        code = ask(person).code
        travel.shift(wait)
        if is_taken:
            confirm(person, code)
        else:
            with pytest.raises(Refused, match="has run out"):
                confirm(person, code)
    assert is_confirmed(person) is is_taken


def test_after_five_tries_the_right_code_is_no_use(person):
    code = ask(person).code
    for _ in range(MOST_TRIES):
        with pytest.raises(workflow.WrongCode):
            confirm(person, "AAAA-AAAA")

    with pytest.raises(Refused, match="tried too often"):
        confirm(person, code)
    assert not is_confirmed(person)


def test_the_fifth_try_still_counts(person):
    code = ask(person).code
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(workflow.WrongCode):
            confirm(person, "")
    confirm(person, code)

    assert is_confirmed(person)


def test_a_newer_code_supersedes_and_another_address_voids(person):
    with later(timedelta(0)) as travel:
        first = ask(person)
        travel.shift(DOUBLE_CLICK * 2)
        second = ask(person)
        with pytest.raises(workflow.WrongCode):
            confirm(person, first.code)
        ask(person, "other@harbour.example")
        with pytest.raises(Refused, match="none was sent"):
            confirm(person, second.code)
    assert not AddressConfirmation.objects.confirmed().exists()


def test_a_code_is_no_use_to_somebody_else(person):
    code, other = ask(person).code, workflow.person_of(make_user())
    with pytest.raises(Refused, match="none was sent"):
        confirm(other, code)
    with pytest.raises(Refused, match="Only the person"):
        workflow.confirm_address(person, WORK, code, by=other.user)
    with pytest.raises(Refused, match="Only the person"):
        workflow.ask_for_code(person, WORK, by=other.user)


def test_confirmed_it_stays_so(person):
    code = ask(person).code
    confirm(person, code)
    confirm(person, "whatever")

    assert Event.objects.filter(kind="participants.address.confirmed").count() == 1


# How often -----------------------------------------------------------------------------------------
def test_a_double_click_sends_one(person):
    assert ask(person) == ask(person)


@pytest.mark.parametrize("by", ["one person", "many people"])
def test_only_so_many_codes_are_sent_within_an_hour(person, by):
    with later(timedelta(0)) as travel:
        for number in range(CODES_A_WHILE):
            if by == "one person":
                ask(person, f"amina{number}@harbour.example")
            else:
                ask(workflow.person_of(make_user()), WORK)
            travel.shift(DOUBLE_CLICK)
        with pytest.raises(Refused, match=r"Ask for another in 5\d minutes"):
            ask(person)
        travel.shift(A_WHILE - DOUBLE_CLICK * CODES_A_WHILE)
        assert ask(person).address == WORK


def test_what_was_never_confirmed_is_forgotten(person):
    ask(person)
    with later(timedelta(days=2)):
        ask(person, "other@harbour.example")

    assert [row.address for row in AddressConfirmation.objects.all()] == ["other@harbour.example"]


# The mail ------------------------------------------------------------------------------------------
def sent() -> list[str]:
    ledger.sweep()
    return [str(message.body) for message in mail.outbox]


def test_the_mail_holds_the_code_and_is_alike_whoever_the_address_belongs_to(person):
    make_user("known@harbour.example")
    codes = {}
    for address in ("known@harbour.example", "unknown@harbour.example"):
        codes[address] = ask(workflow.person_of(make_user()), address).code
    ledger.sweep()

    bodies = {message.to[0]: str(message.body) for message in mail.outbox}
    assert {to: body.count(codes[to]) for to, body in bodies.items()} == dict.fromkeys(codes, 1)
    plain = {body.replace(codes[to], "CODE") for to, body in bodies.items()}
    assert len(plain) == 1
    assert str(person.user.email) not in plain.pop()


def test_a_code_that_is_no_use_any_more_is_not_sent(person):
    with later(timedelta(0)) as travel:
        ask(person)
        travel.shift(DOUBLE_CLICK * 2)
        second = ask(person)
        assert [second.code in body for body in sent()] == [True]
        third = ask(person, "third@harbour.example")
        ledger.derive()
        travel.shift(CODE_LASTS)
        assert third.code not in str(sent())
    states = Email.objects.filter(notice="work_address_code").values_list("state", flat=True)
    assert sorted(states) == ["sent", "suppressed", "suppressed"]


# The form ------------------------------------------------------------------------------------------
def draft_with(user: User, address: str):
    draft = make_draft(user=user)
    row = draft.pages.get(page="organisation")
    row.answers |= {"work_email": address}
    row.save()
    return draft


def test_the_log_in_address_needs_no_code(user):
    draft = draft_with(user, AMINA.upper())

    assert "work-email" not in [
        task.page.slug for task in pages.tasks(workflow.journey_of(user, draft))
    ]
    assertRedirects(browser(user).get(PAGE), "/expression-of-interest/tasks/")


def test_another_address_blocks_submitting_until_it_is_confirmed(user):
    draft = draft_with(user, WORK)
    with pytest.raises(workflow.Incomplete) as refused:
        workflow.submit(draft, by=user, received_at=clock.now())
    assert [page.slug for page in refused.value.missing] == ["work-email"]

    confirm(draft.person, ask(draft.person).code)
    snapshot = workflow.submit(draft, by=user, received_at=clock.now())
    [section] = [section for section in snapshot.shown if section["page"] == "work-email"]
    assert section["lines"][0][0] == "Work email address confirmed"
    assert "work-email" not in snapshot.answers


def test_saving_the_page_sends_the_code_and_the_code_goes_on(user):
    draft = make_draft(user=user)
    client = browser(user)
    page = draft.pages.get(page="organisation")
    typed = {**page.answers, "work_email": WORK, "revision": "1"}

    saved = client.post("/expression-of-interest/organisation/", typed, follow=True)
    assertRedirects(saved, PAGE)
    asked = AddressConfirmation.objects.get()
    assertContains(client.get(PAGE), "We have sent a code to amina@harbour-vale-hotels.example")
    wrong = client.post(PAGE, {"code": "<script>"})
    assertContains(wrong, "<title>Error: ")
    assertContains(wrong, "This is not the code that we sent last")
    assertNotContains(wrong, '<script>"')
    assertContains(client.post(PAGE, {"code": ""}), "Enter the code from the email")
    assertRedirects(client.post(PAGE, {"code": asked.code}), "/expression-of-interest/projects/")
    done = client.get(PAGE)
    assertContains(done, "There is nothing more to do here")
    assertContains(done, '<a class="govuk-link" href="/expression-of-interest/organisation/">')
    assertContains(client.get("/expression-of-interest/tasks/"), "10 of 10 tasks completed")
    assert not draft.pages.filter(page="work-email").exists()


def test_looking_sends_nothing_and_a_new_code_is_asked_for_by_post(user):
    draft = draft_with(user, WORK)
    client = browser(user)

    assertContains(client.get(PAGE), "Email me a code")
    assert not AddressConfirmation.objects.exists()
    assertRedirects(client.post(PAGE, {"send": "yes"}), PAGE)
    assert AddressConfirmation.objects.get().person == draft.person
    with later(CODE_LASTS):
        assertContains(client.get(PAGE), "has run out. Ask for a new one")


def test_too_many_codes_are_refused_in_words(user):
    draft = draft_with(user, WORK)
    for number in range(CODES_A_WHILE):
        ask(draft.person, f"amina{number}@harbour.example")

    assertContains(
        browser(user).post(PAGE, {"send": "yes"}, follow=True), "as many codes as we can"
    )


def test_an_address_confirmed_earlier_is_not_asked_about_again(user):
    person = workflow.person_of(user)
    confirm(person, ask(person).code)
    draft = draft_with(user, WORK.upper())

    assert pages.unfinished(workflow.journey_of(user, draft)) == []


@pytest.mark.parametrize("address", ["", "nonsense", "@", None])
def test_what_is_no_address_asks_for_no_code(user, address):
    draft_with(user, address)

    assertRedirects(browser(user).get(PAGE), "/expression-of-interest/tasks/")


def test_the_page_costs_twelve_queries_at_most(user, django_assert_max_num_queries):
    draft_with(user, WORK)
    client = browser(user)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
