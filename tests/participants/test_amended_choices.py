"""What an amendment does to the projects chosen, and what it leaves alone."""

import pytest
from django.db import IntegrityError, transaction

from participants import workflow
from participants.models import PageAnswers, ProjectChoice, Snapshot
from participants.policies import DECIDED
from projects.models import Project
from stepchange.models import Event
from tests.builders import complete_answers, make_project, make_submitted
from tests.participants.amending import amend, choose, copy_of, save

pytestmark = pytest.mark.django_db


def test_choices_are_kept_in_place_withdrawn_and_added():
    kept, dropped, added = make_project(), make_project(), make_project()
    sent = make_submitted(kept, dropped)
    rows = {choice.project_id: choice.pk for choice in sent.choices.all()}
    ProjectChoice.objects.filter(project=kept).update(state="shortlisted")
    choose(sent, added, kept, **{f"hours_{kept.code}": "3"})

    amend(sent)

    told = {
        choice.project_id: (choice.pk == rows.get(choice.project_id), choice.rank, choice.state)
        for choice in sent.choices.all()
    }
    assert told == {
        kept.pk: (True, 2, "shortlisted"),
        dropped.pk: (True, 2, "withdrawn"),
        added.pk: (False, 1, "pending"),
    }
    assert sent.choices.get(project=kept).hours == 3
    assert Event.objects.of_kind("participants.choice.withdrawn").count() == 1


def test_a_project_dropped_and_chosen_again_is_a_new_choice():
    one, other = make_project(), make_project()
    sent = make_submitted(one, other)
    choose(sent, one)
    amend(sent)
    choose(sent, one, other)
    amend(sent)

    states = sent.choices.filter(project=other).order_by("id").values_list("state", flat=True)
    assert list(states) == ["withdrawn", "pending"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectChoice.objects.create(
            expression=sent, project=other, rank=3, contribution="lead", hours=1
        )


@pytest.mark.parametrize("state", sorted(DECIDED))
@pytest.mark.parametrize("how", ["removed", "changed"])
def test_what_was_decided_is_not_changed_by_an_amendment(state, how):
    decided, other = make_project(), make_project()
    sent = make_submitted(decided, other)
    ProjectChoice.objects.filter(project=decided).update(state=state)
    if how == "removed":
        choose(sent, other)
    else:
        choose(sent, decided, other, **{f"hours_{decided.code}": "3"})

    with pytest.raises(workflow.Decided, match=f"{decided.code}: this has been decided"):
        amend(sent)

    choice = sent.choices.get(project=decided)
    assert (choice.state, choice.hours) == (state, 8)
    assert Snapshot.objects.count() == 1
    assert not Event.objects.of_kind("participants.choice.withdrawn").exists()


def test_beside_a_decided_choice_the_others_can_be_changed():
    decided, other = make_project(), make_project()
    sent = make_submitted(decided, other)
    ProjectChoice.objects.filter(project=decided).update(state="offered")
    choose(sent, other, decided, **{f"hours_{other.code}": "3"})

    amend(sent)

    assert set(sent.choices.values_list("project", "rank", "hours", "state")) == {
        (decided.pk, 2, 8, "offered"),
        (other.pk, 1, 3, "pending"),
    }


@pytest.mark.parametrize("state", ["pending", "accepted"])
def test_a_choice_of_a_project_that_takes_nobody_any_more_is_left_alone(state):
    """Its participant could not keep it in the form if they wanted to."""
    gone, other = make_project(), make_project()
    sent = make_submitted(gone, other)
    ProjectChoice.objects.filter(project=gone).update(state=state)
    Project.objects.filter(pk=gone.pk).update(state="delivered")
    choose(sent, other, **{f"hours_{other.code}": "3"})

    amend(sent)

    assert sent.choices.get(project=gone).state == state
    assert sent.choices.get(project=other).hours == 3


def test_a_choice_withdrawn_alone_is_no_change_and_is_not_brought_back():
    first, second, third = make_project(), make_project(), make_project()
    sent = make_submitted(first, second, third)
    workflow.withdraw_choice(sent.choices.get(project=first), by=sent.person.user)

    assert not copy_of(sent).has_changes
    answers = complete_answers(second, third)["contributions"]
    save(sent, "contributions", answers | {f"hours_{third.code}": "3"})
    [section] = copy_of(sent).changes
    assert section.differences[0].question == str(third)
    assert str(first) not in [each.question for each in section.differences]
    snapshot = amend(sent)

    assert set(sent.choices.values_list("project", "rank", "state")) == {
        (first.pk, 1, "withdrawn"),
        (second.pk, 1, "pending"),
        (third.pk, 2, "pending"),
    }
    assert first.code not in str(snapshot.answers["projects"])


def test_a_tab_with_a_project_ticked_is_told_that_its_choice_was_withdrawn():
    first, second = make_project(), make_project()
    sent = make_submitted(first, second)
    opened = PageAnswers.objects.get(expression=sent, page="projects")
    workflow.withdraw_choice(sent.choices.get(project=first), by=sent.person.user)

    with pytest.raises(workflow.SavedElsewhere):
        workflow.save_page(sent, "projects", opened.answers, revision=opened.revision)


def test_an_amendment_leaves_a_consent_alone_that_was_taken_back():
    sent = make_submitted()
    user = sent.person.user
    save(sent, "updates", {"campaigns": True})
    amend(sent)
    sent.person.refresh_from_db()
    assert sent.person.campaign_consent_at is not None
    workflow.agree_to_campaigns(sent.person, agreed=False, by=user)
    save(sent, "experience", {"experience": "Twelve years."})

    amend(sent)

    sent.person.refresh_from_db()
    assert sent.person.campaign_consent_at is None
