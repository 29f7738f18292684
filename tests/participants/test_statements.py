"""What is said with an expression of interest becomes an undertaking and a signed declaration."""

from typing import Any

import pytest

from participants import policies, workflow
from participants.models import (
    Declaration,
    ExpressionOfInterest,
    Interest,
    InterestKind,
    Undertaking,
)
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from tests.builders import complete_answers, make_draft, make_project, make_user

pytestmark = pytest.mark.django_db


def save(draft: ExpressionOfInterest, page: str, *projects: Project, **changes: Any) -> None:
    row = draft.pages.get(page=page)
    answers = complete_answers(*projects)[page] | changes
    workflow.save_page(draft, page, answers, revision=row.revision)


def interest_in(key: str) -> dict[str, str]:
    return {
        f"has_{key}": "yes",
        f"kind_{key}": "directorship",
        f"party_{key}": "Guard Co",
        f"gain_{key}": "Orders",
    }


def submit(draft: ExpressionOfInterest) -> User:
    assert draft.person.user
    workflow.submit(draft, by=draft.person.user, received_at=clock.now())
    return draft.person.user


@pytest.mark.parametrize("kind", InterestKind)
def test_every_kind_that_the_rows_know_is_declared_with_the_form_and_read_back(kind):
    project = make_project()
    draft = make_draft(project)
    said = interest_in("general") | {"kind_general": kind.value}
    save(draft, "interests", project, **said)
    submit(draft)

    assert Interest.objects.get().kind == kind
    (section,) = [each for each in draft.snapshots.get().shown if each["page"] == "interests"]
    assert f"{kind.label}: Guard Co" in str(section["lines"])


def test_submitting_accepts_the_undertaking_and_signs_nil():
    user = submit(make_draft())

    (declaration,) = Declaration.objects.all()
    assert (declaration.is_nil, declaration.source) == (True, "expression")
    assert policies.standing_of(user).is_complete


def test_what_is_declared_becomes_interests_of_their_project():
    project = make_project()
    draft = make_draft(project)
    save(draft, "interests", project, **interest_in(project.code), **interest_in("general"))
    submit(draft)

    kept = [(each.project, each.kind, each.party, each.gain) for each in Interest.objects.all()]
    assert kept == [
        (project, "directorship", "Guard Co", "Orders"),
        (None, "directorship", "Guard Co", "Orders"),
    ]


def test_what_was_declared_about_other_projects_stays_declared():
    user, other, project = make_user(), make_project(), make_project()
    before = InterestGiven(kind="other", party="An old friend", project=other.code)
    general = InterestGiven(kind="other", party="No longer true")
    workflow.declarations.sign(
        workflow.person_of(user),
        by=user,
        source=Declaration.Source.OWN,
        interests=[before, general],
    )
    submit(make_draft(project, user=user))

    newest = Declaration.objects.latest("number")
    assert [(each.party, each.project) for each in newest.interests.all()] == [
        ("An old friend", other)
    ]
    assert not newest.is_nil


def test_an_amendment_signs_anew_only_what_changed():
    project = make_project()
    draft = make_draft(project)
    user = submit(draft)
    save(draft, "experience", project, experience="Twelve years of it.")
    workflow.amend(draft, by=user, received_at=clock.now())
    assert Declaration.objects.count() == 1
    save(draft, "interests", project, **interest_in(project.code))
    workflow.amend(draft, by=user, received_at=clock.now())

    assert [each.is_nil for each in Declaration.objects.order_by("number")] == [True, False]
    assert Undertaking.objects.count() == 1


def test_what_is_not_submitted_signs_nothing():
    draft = make_draft()
    draft.pages.filter(page="confirming").delete()
    with pytest.raises(workflow.Incomplete):
        submit(draft)

    assert not Declaration.objects.exists()
    assert not Undertaking.objects.exists()
