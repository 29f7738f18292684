"""Who may do what with an expression of interest, and until when."""

from datetime import timedelta

import pytest

from participants import policies
from participants.models import Person
from stepchange import clock
from tests.builders import make_call, make_draft, make_project, make_submitted, make_user

pytestmark = pytest.mark.django_db


def test_the_closing_instant_is_exclusive_and_the_opening_one_is_not():
    call = make_call()
    moment = timedelta(microseconds=1)

    assert not policies.is_open_for(call, None, call.opens_at - moment)
    assert policies.is_open_for(call, None, call.opens_at)
    assert policies.is_open_for(call, None, call.closes_at - moment)
    assert not policies.is_open_for(call, None, call.closes_at)


def test_whoever_has_none_may_start_in_an_open_call():
    call = make_call()
    person = Person.objects.create(user=make_user())

    assert policies.may_start(None, call, clock.now()) is None
    assert policies.may_start(person, call, clock.now()) is None
    assert "not open" in str(policies.may_start(person, None, clock.now()))
    assert "not open" in str(policies.may_start(person, call, call.closes_at))


def test_whoever_has_a_live_one_may_not_start_another_in_its_call():
    draft = make_draft()

    assert "already" in str(policies.may_start(draft.person, draft.call, clock.now()))
    type(draft).objects.filter(pk=draft.pk).update(state="withdrawn", submitted_at=clock.now())
    assert policies.may_start(draft.person, draft.call, clock.now()) is None


@pytest.mark.parametrize(
    "policy", [policies.may_submit, policies.may_withdraw], ids=["submit", "withdraw"]
)
def test_an_expression_is_its_participants_own(policy):
    draft = make_draft()

    assert policy(draft.person.user, draft) is None
    assert "Only the participant" in str(policy(make_user(), draft))
    assert "Only the participant" in str(policy(None, draft))


def test_a_choice_is_its_participants_own():
    sent = make_submitted(make_project())
    project_choice = sent.choices.get()

    assert policies.may_withdraw_choice(sent.person.user, project_choice) is None
    assert "Only the participant" in str(policies.may_withdraw_choice(make_user(), project_choice))
    assert "Only the participant" in str(policies.may_withdraw_choice(None, project_choice))


def test_who_is_late_is_told_when_it_closed_and_what_became_of_the_draft():
    words = str(policies.too_late(make_call(), None))

    assert "11:59pm" in words
    assert "What you saved is kept" in words
