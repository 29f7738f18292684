"""Changing what was submitted, on a phone: compared, submitted again, told to a second tab."""

from collections.abc import Callable

import pytest
from django.conf import settings as portal
from django.test import Client
from playwright.sync_api import expect

from participants.models import ExpressionOfInterest
from projects.models import Project
from tests.builders import make_submitted, make_user
from tests.journeys.visitor import Visitor
from tests.journeys.watch import Watch
from workstreams.models import Call

FORM = "/expression-of-interest"


@pytest.mark.parametrize("scripts", [True, False], ids=["phone", "without-scripts"])
def test_answers_are_changed_compared_and_submitted_again(
    visitor_at: Callable[..., Visitor], scripts: bool
) -> None:
    visitor = visitor_at(320, scripts=scripts)
    user = make_user("zoe@hotels.example")
    sent = make_submitted(
        *Project.objects.filter(code__in=["CP1", "T3"]), user=user, call=Call.objects.get()
    )
    client = Client()
    client.force_login(user)
    name = portal.SESSION_COOKIE_NAME
    page = visitor.page
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": visitor.address}]
    )

    page.goto(f"{visitor.address}{FORM}/submitted/")
    visitor.looks("amend-submitted")
    page.get_by_role("link", name="Change your answers").click()
    visitor.looks("amend-tasks")
    page.get_by_role("link", name="Describe your experience").click()
    second = page.context.new_page()
    second.goto(page.url)
    page.locator("[name=experience]").fill("Twelve years of hotel security.")
    visitor.saves("amend-page")

    second.locator("[name=experience]").fill("From a second tab.")
    second.get_by_role("button", name="Save and continue").click()
    expect(second.get_by_role("alert")).to_contain_text("Twelve years of hotel security.")
    if scripts:
        Watch(second).check()
    second.get_by_role("link", name="Keep what was saved elsewhere").click()
    expect(second.locator("[name=experience]")).to_have_value("Twelve years of hotel security.")

    page.goto(f"{visitor.address}{FORM}/discard/")
    visitor.looks("amend-discard")
    page.goto(f"{visitor.address}{FORM}/check/")
    visitor.looks("amend-check")
    page.locator("[name=accurate]").check()
    page.get_by_role("button", name="Submit your changes").click()
    expect(page.get_by_role("heading", name="Your changes are submitted")).to_be_visible()
    visitor.looks("amended")
    page.get_by_role("link", name="See what each version changed").click()
    visitor.looks("versions")
    page.goto(f"{visitor.address}/account/")
    visitor.looks("amended-account")
    page.get_by_role("link", name="Withdraw from CP1").click()
    visitor.looks("withdraw-one")
    page.get_by_role("button", name="Withdraw from this project").click()

    assert ExpressionOfInterest.objects.get() == sent
    assert sent.snapshots.count() == 2
    assert [choice.project.code for choice in sent.choices.live()] == ["T3"]
