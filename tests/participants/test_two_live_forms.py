"""Somebody with live forms in two calls: what they do to one is never done to the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from participants import workflow
from participants.models import ExpressionOfInterest, Extension
from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_call, make_entered, make_project, make_submitted, make_user
from tests.office import make_holder
from workstreams.models import Call

pytestmark = pytest.mark.django_db
FORM = "/expression-of-interest"


class Forms:
    """A form in a call that was extended for its participant, and a newer one in the next call."""

    def __init__(self) -> None:
        project, user = make_project(), make_user()
        self.older = make_submitted(project, user=user)
        earlier = self.older.call
        until = clock.end_of(clock.day_of(earlier.closes_at) + timedelta(days=5))
        Extension.objects.create(
            person=self.older.person,
            call=earlier,
            until=until,
            reason="In hospital.",
            by=make_holder(Role.OFFICE_MANAGER),
        )
        self.now = earlier.closes_at + timedelta(days=1)
        self.user, self.project = user, project

    def go_on(self) -> None:
        """Close the first call, open the next one, and submit in it."""
        Call.objects.filter(pk=self.older.call_id).update(state="closed")
        self.newer = make_submitted(self.project, user=self.user, call=make_call())
        self.hers = Client()
        self.hers.force_login(self.user)


@pytest.fixture
def forms() -> Iterator[Forms]:
    forms = Forms()
    with time_machine.travel(forms.now, tick=False):
        forms.go_on()
        yield forms


def page_of(form: ExpressionOfInterest) -> str:
    return f"{FORM}/submitted/{form.reference}/"


def test_each_page_withdraws_its_own_form(forms):
    opened = forms.hers.get(page_of(forms.older))
    assertContains(opened, f"{page_of(forms.older)}withdraw/")
    assertContains(forms.hers.get(f"{page_of(forms.older)}withdraw/"), forms.older.reference)

    forms.hers.post(f"{page_of(forms.older)}withdraw/", {"reason": ""})

    assert ExpressionOfInterest.objects.live().get() == forms.newer


def test_an_address_that_names_none_withdraws_none(forms):
    response = forms.hers.post(f"{FORM}/withdraw/", {"reason": ""})

    assertRedirects(response, f"{page_of(forms.newer)}withdraw/")
    assert ExpressionOfInterest.objects.live().count() == 2


def test_the_last_project_of_the_older_leads_to_the_older(forms):
    choice = forms.older.choices.get()

    response = forms.hers.post(f"{FORM}/withdraw/{choice.public_id}/")

    assertRedirects(response, f"{page_of(forms.older)}withdraw/")


def test_after_changing_the_older_its_own_page_is_shown(forms):
    """The extended call closes first, so it is its form that the pages have before them."""
    for leads in ("check", "discard"):
        assertRedirects(forms.hers.get(f"{FORM}/{leads}/"), page_of(forms.older))
    forms.hers.post(f"{FORM}/experience/", {"experience": "Twelve years.", "revision": "1"})
    assertContains(forms.hers.get(f"{FORM}/tasks/"), page_of(forms.older))
    checked = forms.hers.get(f"{FORM}/check/").context["checked"]

    submitted = forms.hers.post(f"{FORM}/check/", {"accurate": "on", "checked": checked})
    assertRedirects(submitted, page_of(forms.older))

    forms.hers.post(f"{FORM}/experience/", {"experience": "Thirteen.", "revision": "2"})
    assertRedirects(forms.hers.post(f"{FORM}/discard/", {}), page_of(forms.older))
    assert forms.newer.snapshots.count() == 1


def test_one_entered_by_the_office_is_offered_where_it_can_be_taken_over(forms):
    """Submitted in an older call is no reason to hide what waits in this one, and the other way round."""
    EmailAddress.objects.create(user=forms.user, email=forms.user.email, verified=True)
    workflow.withdraw(forms.newer, by=forms.user)
    clerk = make_holder(Role.CASEWORKER)
    call = forms.newer.call
    make_entered(forms.project, by=clerk, call=call, email=forms.user.email, handed_over=True)

    for path in ("/account/", f"{FORM}/tasks/"):
        assertContains(forms.hers.get(path), "The office entered a form for you on")
