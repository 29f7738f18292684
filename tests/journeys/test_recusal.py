"""A co-chair stands aside in the browser: the deputy turns the key, both agree, the letter is read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reviews.models import Decision, Key, Recusal
from reviews.policies.letters import LetterGiven
from reviews.workflow.letters import release_with_letter
from stepchange.roles import synchronise_groups
from tests.builders import make_organisation, make_project
from tests.journeys.pictures import keep_picture
from tests.journeys.test_interests import enter
from tests.journeys.watch import Watch
from tests.reviews.deciding import make_desk
from tests.reviews.members import make_member

pytestmark = pytest.mark.django_db(transaction=True)
WHY_ASIDE = "Our daughters row in one boat."


def test_a_co_chair_stands_aside_and_the_deputy_decides_with_the_other_side(
    new_context: Any, live_server: Any
) -> None:
    synchronise_groups()
    desk = make_desk()
    make_member(desk.project, call=desk.call, organisation=make_organisation(sector="police"))
    near = make_project(title="Night patrols", work_stream=desk.project.work_stream)
    pages: dict[str, tuple[Page, Watch]] = {}
    for who in ("business", "business deputy", "police", "volunteer"):
        page = new_context().new_page()
        user = desk.volunteer if who == "volunteer" else desk.people[who]
        enter(page, live_server, user)
        pages[who] = (page, Watch(page))

    def looks(who: str, name: str) -> Page:
        page, watch = pages[who]
        page.wait_for_load_state()
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
            keep_picture(page, f"recusal-{name}-{width}")
            watch.check()
        return page

    def opens(who: str) -> Page:
        page = pages[who][0]
        page.goto(f"{live_server.url}/review/choices/{desk.choice.public_id}/")
        return page

    aside = opens("business")
    aside.get_by_text("Stand aside", exact=True).first.click()
    aside.get_by_role("button", name="Stand aside").click()
    expect(aside.locator(".govuk-error-summary")).to_contain_text("Say why you stand aside")
    looks("business", "without-a-reason")
    aside.get_by_label("Why do you stand aside?").fill(WHY_ASIDE)
    aside.get_by_role("button", name="Stand aside").click()
    expect(aside.locator("main")).to_contain_text("You stood aside.")
    expect(aside.locator("main")).to_contain_text("1 withheld")
    looks("business", "withheld")
    answer = aside.goto(f"{live_server.url}/review/choices/{desk.choice.public_id}/")
    assert answer
    assert answer.status == 404
    pages["business"][1].complaints.clear()  # that it was not found is what was asked for

    deputy = opens("business deputy")
    expect(deputy.locator("main")).to_contain_text("stands aside")
    assert WHY_ASIDE not in deputy.content()
    looks("business deputy", "deputy")
    for who in ("business deputy", "police"):
        page = opens(who)
        page.get_by_label("Decline", exact=True).check()
        page.get_by_label("Why?", exact=True).fill(f"As {who} sees it, they have no time.")
        page.get_by_role("button", name="Cast my key").click()
    expect(pages["police"][0].locator("main")).to_contain_text("As business deputy sees it")
    looks("police", "agreed")
    keys = Key.objects.cast().filter(choice=desk.choice).order_by("side")
    assert [each.cast_as for each in keys] == ["deputy", "co-chair"]
    assert Recusal.objects.get().reason == WHY_ASIDE

    letter = LetterGiven(code="time", words="Come back in the spring.")
    release_with_letter(
        Decision.objects.get(choice=desk.choice), by=desk.people["office"], letter=letter
    )
    hers = pages["volunteer"][0]
    hers.goto(f"{live_server.url}/account/")
    hers.get_by_role("link", name="Read the letter about").click()
    expect(hers.locator("main")).to_contain_text("Come back in the spring.")
    looks("volunteer", "letter")

    page = opens("business deputy")
    page.get_by_text("Suggest a project near this one").click()
    page.get_by_label("Which project?").select_option(near.code)
    looks("business deputy", "suggesting")
    page.get_by_role("button", name="Suggest it to them").click()
    expect(page.locator("main")).to_contain_text("was suggested to them")
    looks("business deputy", "suggested")
    hers.goto(f"{live_server.url}/account/projects/")
    expect(hers.locator("main")).to_contain_text("Night patrols")
    for _page, watch in pages.values():
        watch.assert_quiet()
