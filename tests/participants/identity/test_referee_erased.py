"""A referee has their details removed: before an answer or after it, by themself or by the office."""

import re

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants import policies, workflow
from participants.models import Check, ExpressionOfInterest, RefereeRequest
from participants.workflow import referees
from participants.workflow.referees import Answer, Referee
from stepchange import audit
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_submitted, make_user
from tests.participants.identity.refereeing import ERASE, HERE, THANKS, YES, reader_of, token_of
from tests.reading import read
from tests.signing_in import browser_of
from workstreams.models import Call

pytestmark = pytest.mark.django_db

OTHER = Referee(name="Ola Boss", role_title="Boss", email="ola@harbour-vale.example")
HER = Referee(name="W. Asare", role_title="Director", email="Wilhelmina@harbour-vale.example")


def words_left() -> str:
    """Return all that the portal still holds of a referee, but the form of who named them."""
    held = [dict(asked.__dict__) for asked in RefereeRequest.objects.all()]
    return str([*held, *Email.objects.values(), *Event.objects.values()]).lower()


@pytest.mark.parametrize("answered", [False, True], ids=["instead of answering", "after it"])
def test_nothing_of_the_referee_is_left(asked, clerk, answered):
    referees.ask_again(asked.validation, by=clerk, reason="Wilhelmina asked for a new link.")
    asked = RefereeRequest.objects.get(state="sent")
    ledger.sweep()
    assert "wilhelmina" in words_left()
    client = reader_of(asked)
    if answered:
        client.post(HERE, YES | {"comment": "I, Wilhelmina, say so."})
        assertRedirects(client.post(THANKS), THANKS)
    else:
        assertRedirects(client.post(ERASE), THANKS)

    assert not {"wilhelmina", "risk director"} & set(
        re.findall("wilhelmina|risk director", words_left())
    )
    assert not Email.objects.filter(subject_key=asked.record_key).exclude(address="").exists()
    assert read(client.get(THANKS)).h1 == ["Your details are removed"]
    asked.refresh_from_db()
    assert asked.is_erased
    assert Event.objects.about(asked).of_kind("participants.referee.erased").count() == 1
    assert not audit.verify().broken


def test_what_was_answered_stays_and_so_does_the_check(asked):
    client = reader_of(asked)
    client.post(HERE, YES | {"employer_is_right": "no", "comment": "Gone."})
    client.post(THANKS)

    asked.refresh_from_db()
    said = {key: value for key, value in asked.answers.items() if key != "flagged"}
    assert (asked.state, said) == (
        "contested",
        {"name": True, "role": True, "employer": False},
    )
    assert Check.objects.get(kind="referee").outcome == "contradicted"
    kinds = [flag.kind.value for flag in policies.open_flags(asked.validation)]
    assert "referee contests" in kinds


def test_who_does_not_answer_is_replaced_and_the_person_is_told_to_name_another(asked):
    reader_of(asked).post(ERASE)

    asked.refresh_from_db()
    assert asked.state == "replaced"
    assert not Check.objects.filter(kind="referee").exists()
    (replaced,) = Event.objects.of_kind("participants.referee.replaced")
    assert (replaced.facts["because"], replaced.actor) == ("erased", None)
    ledger.sweep()
    told = Email.objects.get(subject_key=asked.record_key, notice__startswith="referee_to_be_named")
    assert (told.state, told.address) == ("sent", "amina@harbour-vale.example")
    referees.name_another(asked.validation, OTHER, by=asked.validation.person.user)


def test_asking_for_the_page_removes_nothing(asked):
    client = reader_of(asked)
    assert read(client.get(ERASE)).h1 == ["Remove your details instead of answering?"]
    client.head(ERASE)

    asked.refresh_from_db()
    assert not asked.is_erased
    assertRedirects(client.post(HERE, YES), THANKS)


@pytest.mark.parametrize("answered", [False, True])
def test_of_the_same_person_they_are_asked_no_more(asked, clerk, answered):
    if answered:
        referees.answer(token_of(asked), Answer(name_is_right=True))
        referees.erase(asked)
    else:
        referees.erase_instead(token_of(asked))

    case, user = asked.validation, asked.validation.person.user
    case.refresh_from_db()
    for act in (
        lambda: referees.name_another(case, HER, by=user),
        lambda: referees.ask_again(case, by=clerk, reason="Again"),
        lambda: referees.ask_again(case, by=clerk, reason="Again", named=HER),
    ):
        with pytest.raises(Refused, match="asked not to be asked"):
            act()
    workflow.withdraw(ExpressionOfInterest.objects.get(), by=user)
    make_submitted(user=user, call=Call.objects.get())  # which names her again, and is taken
    assert not RefereeRequest.objects.filter(state="sent").exists()
    make_submitted(user=make_user(), call=Call.objects.get())  # of somebody else she can be asked
    assert RefereeRequest.objects.filter(state="sent").count() == 1


@pytest.mark.parametrize(
    "flag", ["referee free mail", "referee other domain", "self-referee", "shared referee"]
)
def test_what_was_found_about_the_address_is_not_undone(asked, flag):
    """Who speaks for themself from an address of anybody's can't hide it by being erased."""
    if flag == "shared referee":
        make_submitted(user=make_user(), call=Call.objects.get())
    values = {
        "referee free mail": {"email": "w.asare@gmail.com"},
        "self-referee": {"name": "Amina Thistlewood"},
    }.get(flag, {})
    RefereeRequest.objects.filter(pk=asked.pk).update(**values)
    before = {each.kind: each.facts for each in policies.open_flags(asked.validation)}
    assert flag in before
    client = reader_of(asked)
    client.post(HERE, YES)
    client.post(THANKS)

    after = {each.kind: each.facts for each in policies.open_flags(asked.validation)}
    assert after == before


def test_the_person_can_not_have_their_referee_erased(asked):
    referees.answer(token_of(asked), Answer(name_is_right=True))
    with pytest.raises(Refused, match="only the referee"):
        referees.erase(asked, by=asked.validation.person.user)


def test_the_office_does_it_when_it_is_asked_to(asked, clerk):
    with pytest.raises(Refused, match="Say why"):
        referees.erase_by_office(asked, by=clerk, reason=" ")
    with pytest.raises(Refused):
        referees.erase_by_office(asked, by=make_user(), reason="I want it.")
    referees.erase_by_office(asked, by=clerk, reason="By the contact form.")
    referees.erase_by_office(asked, by=clerk, reason="Twice is once.")

    asked.refresh_from_db()
    assert asked.is_erased
    (erased,) = Event.objects.of_kind("participants.referee.erased")
    assert (erased.actor, erased.personal) == (clerk, {"reason": "By the contact form."})


def test_another_browser_can_not_remove_what_was_answered(asked):
    reader_of(asked).post(HERE, YES)

    assert Client().post(THANKS).status_code == 404
    assert browser_of(asked.validation.person.user).post(THANKS).status_code == 404
    asked.refresh_from_db()
    assert not asked.is_erased
