"""What was declared on its own stays declared, whatever becomes of the form (laws 1, 3 and 6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from participants import policies, workflow
from participants.models import Declaration, ExpressionOfInterest, Interest, Person
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from stepchange.querysets import AppendOnly
from stepchange.transitions import Refused
from tests.builders import (
    complete_answers,
    make_call,
    make_draft,
    make_project,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db
FRIEND = InterestGiven(kind="other", party="An old friend")
GUARDS = {"kind": "directorship", "party": "Guard Co", "gain": "Orders"}


def owner(expression: ExpressionOfInterest) -> User:
    assert expression.person.user is not None
    return expression.person.user


def save(expression: ExpressionOfInterest, page: str, *projects: Project, **typed: Any) -> None:
    row = expression.pages.get(page=page)
    answers = complete_answers(*projects, email=owner(expression).email)[page] | typed
    workflow.save_page(expression, page, answers, revision=row.revision)


def amend(expression: ExpressionOfInterest) -> None:
    workflow.amend(expression, by=owner(expression), received_at=clock.now())


def declare(person: Person, *interests: InterestGiven) -> Declaration:
    assert person.user is not None
    return workflow.declarations.sign(
        person,
        by=person.user,
        source=Declaration.Source.OWN,
        interests=interests,
        is_nil=not interests,
    )


def yes(key: str) -> dict[str, str]:
    return {f"has_{key}": "yes"} | {f"{name}_{key}": value for name, value in GUARDS.items()}


def declared() -> list[str]:
    return [each.party for each in Declaration.objects.latest("number").interests.all()]


def test_an_amendment_of_something_else_signs_nothing():
    project = make_project()
    sent = make_submitted(project)
    declare(sent.person, FRIEND)

    save(sent, "about-you", telephone="020 7946 0999")
    amend(sent)

    assert Declaration.objects.count() == 2
    assert declared() == ["An old friend"]


def test_an_amendment_adds_what_it_declares_and_takes_nothing_else_back():
    project = make_project()
    sent = make_submitted(project)
    declare(sent.person, FRIEND)

    save(sent, "interests", project, **yes(project.code))
    amend(sent)

    assert declared() == ["An old friend", "Guard Co"]


def test_an_amendment_takes_back_what_its_form_had_declared():
    project = make_project()
    draft = make_draft(project)
    save(draft, "interests", project, **yes(project.code))
    workflow.submit(draft, by=owner(draft), received_at=clock.now())
    assert declared() == ["Guard Co"]

    save(draft, "interests", project)
    amend(draft)

    assert Declaration.objects.latest("number").is_nil


def test_what_was_signed_after_the_page_was_saved_is_not_taken_back_by_it():
    project = make_project()
    draft = make_draft(project)
    declare(draft.person, FRIEND)

    workflow.submit(draft, by=owner(draft), received_at=clock.now())

    assert declared() == ["An old friend"]


def test_nor_by_an_amendment_whose_page_was_saved_before():
    project = make_project()
    draft = make_draft(project)
    save(draft, "interests", project, **yes(project.code))
    workflow.submit(draft, by=owner(draft), received_at=clock.now())
    save(draft, "interests", project)
    still = InterestGiven(**GUARDS, project=project.code)
    declare(draft.person, still, FRIEND)

    amend(draft)

    assert declared() == ["Guard Co", "An old friend"]


def test_a_project_added_to_the_form_is_asked_about_anew():
    first, second = make_project(), make_project()
    user = make_user()
    declare(workflow.person_of(user), InterestGiven(**GUARDS, project=second.code), FRIEND)
    sent = make_submitted(first, user=user)
    assert declared() == ["Guard Co"], "the form asked in general, not about the second project"

    for page in ("projects", "contributions", "interests"):
        save(sent, page, first, second)
    amend(sent)

    assert Declaration.objects.latest("number").is_nil


def test_a_project_taken_out_of_the_form_stays_declared():
    first, second = make_project(), make_project()
    draft = make_draft(first, second)
    save(draft, "interests", first, second, **yes(second.code))
    workflow.submit(draft, by=owner(draft), received_at=clock.now())

    for page in ("projects", "contributions"):
        save(draft, page, first)
    save(draft, "interests", first, **yes("general"))
    amend(draft)

    newest = Declaration.objects.latest("number")
    assert [each.project for each in newest.interests.all()] == [second, None]


@pytest.mark.parametrize(("days", "signed"), [(364, 1), (366, 2)])
def test_an_expired_declaration_is_signed_anew_with_the_next_form(days, signed):
    project, user = make_project(), make_user()
    call = make_call(
        closes_at=clock.now() + timedelta(days=400), delivery_on=clock.today() + timedelta(days=500)
    )
    workflow.withdraw(make_submitted(project, user=user, call=call), by=user)

    with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
        make_submitted(project, user=user, call=call)
        assert policies.standing_of(user).is_complete

    assert Declaration.objects.count() == signed


def test_the_rows_of_interests_are_added_and_never_changed():
    declare(workflow.person_of(make_user()), FRIEND)
    interest = Interest.objects.get()
    interest.party = "Nobody"

    for change in (
        interest.save,
        interest.delete,
        lambda: Interest.objects.update(party="Nobody"),
        Interest.objects.all().delete,
        lambda: Interest.objects.bulk_update([interest], ["party"]),
    ):
        with pytest.raises(AppendOnly), transaction.atomic():
            change()
    assert declared() == ["An old friend"]


class TestSigningInTwoTabs:
    @pytest.fixture
    def user(self) -> User:
        return make_user()

    def sign(self, user: User, seen: str) -> Declaration:
        return workflow.declarations.sign_draft(workflow.person_of(user), by=user, seen=seen)

    def test_signing_twice_what_was_shown_signs_once(self, user):
        draft = workflow.declarations.keep_interest(workflow.person_of(user), FRIEND)
        seen = workflow.declarations.digest_of(draft)

        assert self.sign(user, seen) == self.sign(user, seen)
        assert Declaration.objects.count() == 1

    def test_a_stale_tab_is_not_told_that_it_signed_another(self, user, client):
        person = workflow.person_of(user)
        stale = workflow.declarations.digest_of(workflow.declarations.answer(person, is_nil=True))
        draft = workflow.declarations.keep_interest(person, FRIEND)
        self.sign(user, workflow.declarations.digest_of(draft))

        with pytest.raises(Refused, match="Another declaration was signed"):
            self.sign(user, stale)
        client.force_login(user)
        path = "/declarations/declare/check/"
        told = client.post(path, {"seen": stale, "signed": "on"}, follow=True).content.decode()
        assert "Another declaration was signed" in told
        assert "Your declaration is signed." not in told
        assert Declaration.objects.count() == 1

    def test_what_was_never_answered_is_not_signed(self, user):
        person = workflow.person_of(user)
        declare(person, FRIEND)
        draft = workflow.declarations.remove_interest(person, key="none such")
        assert draft.is_nil is None

        with pytest.raises(Refused):
            self.sign(user, workflow.declarations.digest_of(draft))


def test_an_interest_that_the_form_says_again_after_it_was_dropped_is_declared():
    project = make_project()
    draft = make_draft(project)
    save(draft, "interests", project, **yes(project.code))
    workflow.submit(draft, by=owner(draft), received_at=clock.now())
    declare(draft.person)
    assert declared() == []

    save(draft, "interests", project, **yes(project.code), **yes("general"))
    amend(draft)

    assert declared() == ["Guard Co", "Guard Co"]


@pytest.mark.parametrize("saved_after", [True, False])
def test_since_when_is_kept_of_an_interest_that_the_form_says_too(saved_after):
    project = make_project()
    draft = make_draft(project)
    own = InterestGiven(**GUARDS, since="2019", project=project.code)
    if saved_after:
        declare(draft.person, own)
    save(draft, "interests", project, **yes(project.code))
    if not saved_after:
        declare(draft.person, own)

    workflow.submit(draft, by=owner(draft), received_at=clock.now())

    newest = Declaration.objects.latest("number")
    assert workflow.declarations.interests_of(newest) == [own]


def test_what_was_declared_with_since_when_is_taken_back_by_the_form_that_declared_it():
    project = make_project()
    draft = make_draft(project)
    declare(draft.person, InterestGiven(**GUARDS, since="2019", project=project.code))
    save(draft, "interests", project, **yes(project.code))
    workflow.submit(draft, by=owner(draft), received_at=clock.now())

    save(draft, "interests", project)
    amend(draft)

    assert Declaration.objects.latest("number").is_nil
