"""A person's own side of their validation, in a browser: every stand of it, at two widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from participants.models import Validation
from participants.workflow import validation
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_user
from tests.journeys.pictures import keep_picture
from tests.journeys.test_accounts import enter
from tests.journeys.watch import Watch
from tests.office import make_holder
from tests.participants.identity import cases

pytestmark = pytest.mark.django_db(transaction=True)


def look(page: Page, watch: Watch, name: str) -> None:
    """Look at the page as it stands, on a desk and on a telephone."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        watch.check()
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        keep_picture(page, f"validation-{width}-{name}")


def test_from_waiting_to_refused_and_validated(live_server: LiveServer, page: Page, watch: Watch):
    amina = make_user("amina@harbour-vale.example", name="Amina Thistlewood")
    first, second = make_holder(Role.CASEWORKER), make_holder(Role.CASEWORKER)
    nobody: User = make_user()
    here = f"{live_server.url}/validation/"
    enter(page, live_server, nobody)
    page.goto(here)
    look(page, watch, "nothing")

    case: Validation = cases.make_case(amina)
    enter(page, live_server, amina)
    page.goto(here)
    expect(page.get_by_text("Has not answered yet")).to_be_visible()
    look(page, watch, "waiting")

    page.get_by_role("link", name="Name another referee").click()
    look(page, watch, "referee")
    page.get_by_label("full name").fill("Ottoline Brandt")
    page.get_by_label("job title").fill("Head of Guest Services")
    page.get_by_label("work email address").fill("ottoline@gmail.com")
    page.get_by_role("button", name="Ask this referee").click()
    expect(page.get_by_label("Their organisation has not given them an address")).to_be_visible()
    look(page, watch, "doubt")
    page.get_by_label("Their organisation has not given them an address").check()
    page.get_by_role("button", name="Ask this referee").click()
    expect(page.get_by_text("We write to your referee now")).to_be_visible()

    cases.referee_says(case)
    validation.ask(case, question="Which hotel do you work at?", by=first)
    page.goto(here)
    look(page, watch, "asked")
    page.get_by_role("button", name="Answer").click()
    look(page, watch, "answer")
    page.get_by_label("Your answer").fill("The Grand.")
    page.get_by_role("button", name="Send your answer").click()
    expect(page.get_by_text("The office has your answer")).to_be_visible()

    case.refresh_from_db()
    cases.refused_by(case, first)
    page.goto(here)
    look(page, watch, "refused")
    page.get_by_role("button", name="Ask for it to be looked at again").click()
    look(page, watch, "appeal")
    page.get_by_label("Why should it").fill("I was at sea.")
    page.get_by_role("button", name="Ask for it to be looked at again").click()
    expect(page.get_by_text("You asked for it")).to_be_visible()

    case.refresh_from_db()
    cases.validated_by(case, second)
    page.goto(here)
    expect(page.get_by_text("It holds until")).to_be_visible()
    look(page, watch, "validated")
    page.get_by_role("link", name="Your account").first.click()
    look(page, watch, "account")
