"""A co-chair stands aside in the browser; the deputy turns the key, both agree, and it is explained."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from reviews.models import Decision, Recusal
from tests.journeys.test_split import enter, looks
from tests.journeys.watch import Watch
from tests.reviews.deciding import make_desk

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_stands_aside_sees_them_no_more_and_the_deputy_turns_the_key(new_context, live_server):
    desk = make_desk()
    whose = ("business", "business deputy", "police", "office")
    pages = {who: enter(new_context().new_page(), live_server, desk.people[who]) for who in whose}
    watches = {who: Watch(page) for who, page in pages.items()}
    mine = pages["business"]
    mine.goto(f"{live_server.url}/review/{desk.project.work_stream.slug}/")
    mine.get_by_role("link", name="Amina Thistlewood").click()
    address = mine.url
    mine.get_by_text("Stand aside", exact=True).first.click()
    mine.get_by_role("button", name="Stand aside").click()
    expect(mine.locator(".govuk-error-summary")).to_contain_text("Say why you stand aside")
    looks(mine, watches["business"])
    mine.get_by_label("Why do you stand aside?").fill("Her brother is my neighbour.")
    mine.get_by_role("button", name="Stand aside").click()
    expect(mine.locator("main")).to_contain_text("1 withheld")
    expect(mine.locator("main")).not_to_contain_text("Thistlewood")
    looks(mine, watches["business"])
    assert Recusal.objects.get().user == desk.people["business"]

    for who in ("business deputy", "police"):
        page = pages[who]
        page.goto(address)
        expect(page.locator("main")).to_contain_text("business stands aside")
        assert "neighbour" not in page.content()
        looks(page, watches[who])
        page.get_by_label("Accept", exact=True).check()
        page.get_by_label("Why?", exact=True).fill(f"As the {who} sees it, she fits.")
        page.get_by_role("button", name="Cast my key").click()
    expect(pages["police"].locator("main")).to_contain_text("it is decided")
    pages["police"].get_by_role("link", name="How this was decided").click()
    expect(pages["police"].locator("main")).to_contain_text("As the business deputy sees it")
    expect(pages["police"].locator("main")).to_contain_text("Stood aside")
    looks(pages["police"], watches["police"])

    office = pages["office"]
    office.goto(f"{live_server.url}/review/decisions/{Decision.objects.get().public_id}/")
    expect(office.locator("main")).to_contain_text("As the business deputy sees it")
    assert "neighbour" not in office.content()
    looks(office, watches["office"])
    for watch in watches.values():
        watch.assert_quiet()
