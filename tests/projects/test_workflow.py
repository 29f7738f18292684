"""Projects and milestones: each move allowed, refused with words, overtaken, recorded."""

from datetime import timedelta

import pytest

from projects import policies, workflow
from projects.admin import MilestoneAdmin
from projects.models import Milestone, Project
from projects.querysets import PUBLISHED, TAKES_INTEREST
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_milestone, make_project
from tests.office import make_holder, office, seen

pytestmark = pytest.mark.django_db

OVERTAKEN = "Somebody changed this a moment ago"
ONLY_MANAGERS = "Only an office manager can do this"
WHY = "The board asked for it."


def day(days: int):
    return clock.today() + timedelta(days=days)


MOVES = [
    ("agree_provisionally", make_project, "proposed", {}, "provisional"),
    ("reject", make_project, "proposed", {"reason": WHY}, "rejected"),
    ("agree", make_project, "provisional", {}, "agreed"),
    ("start_delivery", make_project, "agreed", {}, "in delivery"),
    ("deliver", make_project, "in delivery", {}, "delivered"),
    ("close", make_project, "in delivery", {"reason": WHY}, "closed"),
    ("close", make_project, "delivered", {"reason": WHY}, "closed"),
    ("meet", make_milestone, "planned", {}, "met"),
    ("meet", make_milestone, "missed", {}, "met"),
    ("miss", make_milestone, "planned", {"reason": WHY}, "missed"),
]


@pytest.mark.parametrize(("name", "make", "source", "given", "target"), MOVES)
def test_a_manager_makes_a_move_and_it_is_recorded(name, make, source, given, target):
    subject, manager = make(state=source), make_holder(Role.OFFICE_MANAGER)

    getattr(workflow, name)(subject, by=manager, **given)

    assert type(subject).objects.get().state == target
    event = Event.objects.about(subject).get()
    assert (event.actor, event.reason) == (manager, given.get("reason", ""))
    assert event.facts == {"from": source, "to": target}


@pytest.mark.parametrize(("name", "make", "source", "given", "target"), MOVES)
def test_nobody_else_makes_it(name, make, source, given, target):
    subject = make(state=source)

    with pytest.raises(Refused, match=ONLY_MANAGERS):
        getattr(workflow, name)(subject, by=make_holder(Role.CASEWORKER), **given)

    assert type(subject).objects.get().state == source
    assert not Event.objects.exists()


@pytest.mark.parametrize(("name", "make", "source", "given", "target"), MOVES)
def test_who_was_slower_is_told(name, make, source, given, target):
    subject = make(state=source)
    stale = type(subject).objects.get()
    getattr(workflow, name)(subject, by=None, **given)

    with pytest.raises(Overtaken, match=OVERTAKEN):
        getattr(workflow, name)(stale, by=None, **given)

    assert Event.objects.count() == 1


@pytest.mark.parametrize(("name", "make", "source", "given", "target"), MOVES)
def test_a_move_that_is_not_in_the_table_is_impossible(name, make, source, given, target):
    with pytest.raises(Refused, match="is not possible: it is"):
        getattr(workflow, name)(make(state=target), by=None, **given)


@pytest.mark.parametrize(
    ("name", "make", "source", "given"), [row[:4] for row in MOVES if "reason" in row[3]]
)
def test_what_hurts_is_done_with_a_reason(name, make, source, given):
    with pytest.raises(Refused, match="Say why"):
        getattr(workflow, name)(make(state=source), by=None, reason=" ")


# Milestones ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("given", "kept"), [({}, 0), ({"met_on": -3}, -3), ({"met_on": 0}, 0)])
def test_a_milestone_is_met_today_or_was_met_before(given, kept):
    milestone = make_milestone()

    workflow.meet(milestone, by=None, **{name: day(value) for name, value in given.items()})

    assert Milestone.objects.get().met_on == milestone.met_on == day(kept)


def test_a_milestone_is_never_met_on_a_day_to_come():
    milestone = make_milestone()

    with pytest.raises(Refused, match="A milestone is met today or was met before"):
        workflow.meet(milestone, by=None, met_on=day(1))

    assert Milestone.objects.get().state == "planned"


def test_a_milestone_moves_with_a_reason_and_keeps_its_first_date():
    milestone, manager = make_milestone(), make_holder(Role.OFFICE_MANAGER)

    workflow.redate(milestone, due_on=day(50), by=manager, reason=WHY)

    stored = Milestone.objects.get()
    assert (stored.due_on, stored.first_due_on) == (day(50), day(30))
    event = Event.objects.about(milestone).get()
    assert (event.kind, event.actor, event.reason) == (
        "projects.milestone.redated",
        manager,
        WHY,
    )
    assert event.facts == {"before": day(30).isoformat(), "after": day(50).isoformat()}


@pytest.mark.parametrize(
    ("fields", "role", "reason", "words"),
    [
        ({}, Role.CASEWORKER, WHY, ONLY_MANAGERS),
        ({}, Role.OFFICE_MANAGER, " \n", "Say why"),
        ({"state": "met"}, Role.OFFICE_MANAGER, WHY, "Only a planned milestone can be moved"),
        ({"state": "missed"}, Role.OFFICE_MANAGER, WHY, "Only a planned milestone can be moved"),
    ],
)
def test_a_milestone_that_can_not_move_says_why(fields, role, reason, words):
    milestone = make_milestone(**fields)

    with pytest.raises(Refused, match=words):
        workflow.redate(milestone, due_on=day(50), by=make_holder(role), reason=reason)

    assert Milestone.objects.get().due_on == day(30)
    assert not Event.objects.exists()


def test_the_console_says_why_a_milestone_can_not_move():
    milestone = make_milestone(state="missed")
    path = f"/admin/projects/milestone/{milestone.public_id}/redate/"
    page = office().post(path, {"due_on": day(50), "reason": WHY, **seen(milestone)})

    assert page.status_code == 409
    assert "Only a planned milestone can be moved." in page.content.decode()
    assert MilestoneAdmin.steps["redate"].policy is policies.may_redate_milestone


def test_two_never_move_a_milestone_over_each_other():
    milestone = make_milestone()
    stale = Milestone.objects.get()
    workflow.redate(milestone, due_on=day(40), by=None, reason=WHY)

    with pytest.raises(Overtaken, match=OVERTAKEN):
        workflow.redate(stale, due_on=day(50), by=None, reason=WHY)

    assert Milestone.objects.get().due_on == day(40)


# What a state means -------------------------------------------------------------------------------
@pytest.mark.parametrize("state", Project.State.values)
def test_lists_and_pages_agree_on_what_a_state_means(state):
    project = make_project(state=state)
    milestone = make_milestone(project=project)

    assert project.is_published == (state in PUBLISHED) == (state not in {"proposed", "rejected"})
    assert project.takes_interest == (state in TAKES_INTEREST)
    assert Project.objects.published().exists() == project.is_published
    assert Project.objects.open_for_interest().exists() == project.takes_interest
    assert (milestone in Milestone.objects.shown()) == project.is_published
