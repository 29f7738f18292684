"""Two co-chairs agree in the browser: one casts, the other sees only since when, and casts too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from reviews.models import Decision, Question
from stepchange.models import User
from stepchange.roles import synchronise_groups
from tests.journeys.watch import Watch
from tests.office import signed_in
from tests.reviews.deciding import make_desk
from tests.reviews.volunteers import volunteer

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = Path(portal.VAR) / "pictures"
SECRET = "They have done this for nine years."


class Reader:
    """Somebody at a browser in which they have signed in already."""

    def __init__(self, new_context: Any, address: str, user: User, *, scripts: bool) -> None:
        context = new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
        name = portal.SESSION_COOKIE_NAME
        session = signed_in(user).cookies[name].value
        context.add_cookies([{"name": name, "value": session, "url": address}])
        self.page: Page = context.new_page()
        self.watch, self.scripts, self.who = Watch(self.page), scripts, user.name

    def looks(self, name: str) -> None:
        """Check the page at a desk's width and at a telephone's; keep pictures."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for width in (360, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            kind = f"{width}{'' if self.scripts else '-without-scripts'}"
            self.page.screenshot(path=PICTURES / f"review-{kind}-{name}.png", full_page=True)
            assert self.page.evaluate("document.documentElement.scrollWidth") == width, name
            if self.scripts:
                self.watch.check()
            else:
                self.watch.assert_quiet()

    def casts(self, reason: str) -> None:
        """Recommend to accept."""
        self.page.get_by_label("Accept", exact=True).check()
        self.page.get_by_label("Why?", exact=True).fill(reason)
        self.page.get_by_label("Fit (optional)").select_option("5")
        self.page.get_by_role("button", name="Cast my key").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_two_co_chairs_agree(live_server: LiveServer, new_context: Any, scripts: bool) -> None:
    cache.clear()
    synchronise_groups()
    desk = make_desk()
    volunteer(desk, sector="police", name="Perpetua Nightingale")
    volunteer(desk, desk.organisations["business"], name="Zebedee Quillfeather")
    business, police, hers = (
        Reader(new_context, live_server.url, user, scripts=scripts)
        for user in (desk.people["business"], desk.people["police"], desk.volunteer)
    )

    business.page.goto(f"{live_server.url}/account/")
    business.page.get_by_role("link", name="Review volunteers").click()
    business.looks("desks")
    business.page.get_by_role("link", name="Wait for you 2").click()
    expect(business.page.locator("main")).to_contain_text("1 withheld")
    expect(business.page.locator("main")).not_to_contain_text("Quillfeather")
    business.looks("desk")
    business.page.get_by_role("link", name="Amina Thistlewood").click()
    business.looks("volunteer")
    business.page.get_by_role("button", name="Cast my key").click()
    expect(business.page.locator(".govuk-error-summary")).to_contain_text(
        "Choose what you recommend"
    )
    business.looks("volunteer-with-errors")
    business.casts(SECRET)
    expect(business.page.locator(".govuk-notification-banner")).to_contain_text("Your key is cast")
    business.looks("one-key")

    police.page.goto(f"{live_server.url}/review/")
    police.page.get_by_role("link", name="Wait for you 3").click()
    police.page.get_by_role("link", name="Amina Thistlewood").click()
    expect(police.page.locator("main")).to_contain_text("since")
    assert SECRET not in police.page.content()
    police.page.get_by_text("Ask a question").click()
    police.page.get_by_label("Your question").fill("Can you come to Leeds?")
    police.page.get_by_role("button", name="Ask the volunteer").click()
    expect(police.page.locator("main")).to_contain_text("Waits for the volunteer")

    hers.page.goto(f"{live_server.url}/account/")
    hers.page.get_by_role("link", name="Read and answer").click()
    hers.looks("questions")
    hers.page.get_by_role("link", name="Answer this question").click()
    hers.page.get_by_label("Your answer").fill("Yes, on Tuesdays.")
    hers.looks("answer")
    hers.page.get_by_role("button", name="Send your answer").click()
    expect(hers.page.locator("main")).to_contain_text("Yes, on Tuesdays.")
    assert Question.objects.get().answered_at

    police.page.reload()
    expect(police.page.locator("main")).to_contain_text("Yes, on Tuesdays.")
    police.casts("They fit.")
    expect(police.page.locator("main")).to_contain_text(SECRET)
    police.looks("decided")
    assert Decision.objects.get().outcome == "offered"
    police.page.get_by_role("link", name="How this was decided").click()
    police.looks("explanation")
    hers.page.goto(f"{live_server.url}/account/looked/")
    expect(hers.page.locator("main")).to_contain_text("What you offer a project")
