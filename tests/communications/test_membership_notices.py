"""When somebody is told that an offer waits, and that there is news of their projects: and when not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import letters, workflow
from communications.models import Email
from communications.notices import NOTICES
from participants.models import Validation
from participants.workflow import person_of
from reviews.workflow import ethics, membership, offers
from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_call, make_project, make_user
from tests.communications.sink import Sink
from tests.office import make_holder
from tests.reviews.members import again, make_member, make_offered, manager, open_review, own

pytestmark = pytest.mark.django_db
AMINA = "amina@users.example"
ABOUT = ("offer_", "projects_news")


@pytest.fixture(autouse=True)
def _call() -> None:
    now = clock.now()
    make_call(opens_at=now - timedelta(days=900), closes_at=now + timedelta(days=900))


def told(sink: Sink) -> list[str]:
    workflow.sweep()
    assert sink.recipients is not None
    sent = Email.objects.filter(state="sent", address=AMINA).order_by("sent_at", "id")
    return [email.notice for email in sent if email.notice.startswith(ABOUT)]


def test_an_offer_is_told_of_once_and_reminded_of_once_before_its_last_day(sink):
    with time_machine.travel("2027-03-01T12:00:00Z", tick=False) as hands:
        make_offered(user=make_user(AMINA))
        assert told(sink) == told(sink) == ["offer_to_answer"]
        for day, number in ((11, 1), (12, 2), (14, 2), (15, 2), (16, 2)):
            hands.move_to(f"2027-03-{day}T12:00:00Z")
            assert len(told(sink)) == number, day
        assert told(sink)[1] == "offer_reminder"


@pytest.mark.parametrize("way", ["accepted", "turned down", "lapsed"])
def test_what_was_answered_is_not_reminded_of(sink, way):
    with time_machine.travel("2027-03-01T12:00:00Z", tick=False) as hands:
        choice = make_offered(user=make_user(AMINA))
        told(sink)
        hands.move_to("2027-03-12T02:00:00Z")  # found at night, to be sent by day
        assert told(sink) == ["offer_to_answer"]
        if way == "accepted":
            offers.accept(choice, by=own(choice))
        if way == "turned down":
            offers.turn_down(choice, by=own(choice))
        hands.move_to("2027-03-12T09:00:00Z" if way != "lapsed" else "2027-03-16T09:00:00Z")
        assert "offer_reminder" not in told(sink)
    assert Email.objects.get(notice="offer_reminder").state == "suppressed"


def test_a_lapse_is_told_of_when_it_is_recorded(sink):
    choice = make_offered(user=make_user(AMINA))
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        offers.record_lapsed()
        assert again(choice).state == "reserve"
        assert len(told(sink)) == 1


def test_suspended_resumed_and_ended_are_told_in_the_same_words(sink):
    member = make_member(user=make_user(AMINA))
    cases = Validation.objects.filter(person=member.person)
    told(sink)
    letters_sent = []
    for state in ("in progress", "validated", ""):
        if state:
            cases.update(state=state)
            membership.record_changed()
        else:
            member.refresh_from_db()
            membership.end(member, by=manager(), reason="Conduct.")
        before = set(Email.objects.values_list("pk", flat=True))
        told(sink)
        [news] = Email.objects.filter(state="sent").exclude(pk__in=before)
        written = letters.write(news, NOTICES[news.notice])
        letters_sent.append((written.subject, written.body.partition("At ")[0]))
        assert "Conduct" not in str(written.body)
        assert member.project.title not in str(written.body)
    assert len(set(letters_sent)) == 1
    assert len({str(NOTICES[name].label) for name in NOTICES if name.startswith("projects_")}) == 1


def test_news_that_is_old_is_not_told(sink):
    member = make_member(user=make_user(AMINA))
    told(sink)
    cases = Validation.objects.filter(person=member.person)
    for state in ("in progress", "validated"):
        cases.update(state=state)
        membership.record_changed()
    assert [name for name in told(sink) if name.startswith("projects_")] == ["projects_news_2"]


def test_stepping_down_writes_to_nobody(sink):
    member = make_member(user=make_user(AMINA))
    told(sink)
    before = told(sink)
    membership.step_down(member, by=own(member.choice))
    assert told(sink) == before


def test_an_ethics_review_is_told_to_those_who_may_judge_it_until_it_is_settled(sink):
    reviewer = make_holder(Role.ETHICS_REVIEWER)
    own_firm = make_holder(Role.ETHICS_REVIEWER)
    review = open_review(make_project())
    person = person_of(own_firm)
    person.organisation = review.organisation
    person.save()
    workflow.sweep()
    told_to = set(
        Email.objects.filter(notice="ethics_review_opened").values_list("address", flat=True)
    )
    assert told_to == {reviewer.email}
    ethics.clear(other := open_review(make_project()), reason="It is well.", by=reviewer)
    workflow.sweep()
    later = Email.objects.filter(notice="ethics_review_opened", subject_key=other.public_id)
    assert {email.state for email in later} == {"suppressed"}
