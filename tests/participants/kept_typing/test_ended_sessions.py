"""Nothing typed is lost across the end of a session (law 10), on the pages of the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import signing
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import pages, workflow
from participants.models import PageAnswers
from stepchange import clock, kept_typing
from stepchange.models import KeptTyping
from stepchange.roles import Role
from tests.builders import complete_answers, make_draft, make_submitted, make_user
from tests.participants.kept_typing.browser import (
    CHECK,
    PAGE,
    SEEN,
    TASKS,
    WITHDRAW,
    WORDS,
    Browser,
)
from workstreams.models import Call

pytestmark = pytest.mark.django_db


def leaves_it_idle(hers: Browser, moved: time_machine.Traveller) -> None:
    moved.shift(timedelta(minutes=31))


def comes_back_tomorrow(hers: Browser, moved: time_machine.Traveller) -> None:
    moved.shift(timedelta(hours=13))


def signs_out_in_another_tab(hers: Browser, moved: time_machine.Traveller) -> None:
    hers.post("/accounts/logout/", {"csrfmiddlewaretoken": hers.cookies["csrftoken"].value})


def the_session_row_goes(hers: Browser, moved: time_machine.Traveller) -> None:
    Session.objects.all().delete()


def the_cookies_go(hers: Browser, moved: time_machine.Traveller) -> None:
    hers.cookies.clear()


ENDS = [
    leaves_it_idle,
    comes_back_tomorrow,
    signs_out_in_another_tab,
    the_session_row_goes,
    the_cookies_go,
]


@pytest.mark.parametrize("end", ENDS)
def test_what_was_typed_when_the_session_had_ended_is_there_after_signing_in(
    hers, user, end: Callable[..., None]
):
    with time_machine.travel(clock.now(), tick=False) as moved:
        hers.opens(PAGE)
        end(hers, moved)

        response = hers.sends(PAGE, experience=WORDS)

        assertRedirects(response, f"/accounts/login/?next={PAGE}", fetch_redirect_response=False)
        assertContains(hers.get(response["Location"]), "What you typed is kept for 24 hours")
        assert not PageAnswers.objects.exists()
        hers.enters(user)
        shown = hers.opens(PAGE)
        assertContains(shown, "Not saved yet")
        assertContains(shown, SEEN)
        assertContains(hers.get(TASKS), "Something you typed is not saved yet")
        assert hers.sends(PAGE, experience=WORDS).status_code == 302
        assert PageAnswers.objects.get().answers == {"experience": WORDS}
        assert not KeptTyping.objects.exists()
        assertNotContains(hers.opens(PAGE), "Not saved yet")


def test_a_form_opened_before_signing_in_anew_is_shown_again_not_refused(hers, user):
    hers.opens(PAGE)
    hers.enters(user)

    response = hers.sends(PAGE, experience=WORDS)

    assertRedirects(response, PAGE, fetch_redirect_response=False)
    assertContains(hers.opens(PAGE), SEEN)
    assert not PageAnswers.objects.exists(), "a form without a good token saves nothing"


def test_nobody_else_sees_it_or_saves_it(hers, user):
    hers.opens(PAGE)
    other = make_user()
    hers.enters(other)

    response = hers.sends(PAGE, experience=WORDS)

    assertRedirects(response, PAGE, fetch_redirect_response=False)
    shown = hers.opens(PAGE)
    assertContains(shown, "opened with another account")
    assertNotContains(shown, "Ten years")
    assertNotContains(shown, user.email)
    assertNotContains(hers.get(TASKS), "not saved yet")
    assert not PageAnswers.objects.exists()
    hers.enters(user)
    assertContains(hers.opens(PAGE), SEEN)


def test_another_account_is_told_even_with_a_good_form_token(hers, user):
    hers.opens(PAGE)
    good = hers.cookies["csrftoken"].value
    hers.force_login(make_user())
    hers.cookies["csrftoken"] = good

    hers.sends(PAGE, experience=WORDS)

    assert not PageAnswers.objects.exists()
    assert KeptTyping.objects.get().owner == user


def test_the_key_of_it_opens_nothing_to_another(hers, user):
    hers.opens(PAGE)
    hers.cookies.clear()
    hers.sends(PAGE, experience=WORDS)
    key = str(KeptTyping.objects.get().public_id)
    hers.enters(make_user())
    hers.opens(PAGE)

    response = hers.sends("/kept-typing/forget/", kept=key)
    hers.sends(PAGE, experience="Mine", kept=key)

    assertRedirects(response, "/account/", fetch_redirect_response=False)
    assert KeptTyping.objects.count() == 1
    assertNotContains(hers.opens(PAGE), "Ten years")


def test_throwing_it_away_shows_what_is_saved(hers, user):
    draft = make_draft(user=user, call=Call.objects.get())
    hers.opens(PAGE)
    hers.cookies.clear()
    hers.sends(PAGE, experience=WORDS)
    hers.enters(user)
    assertContains(hers.opens(PAGE), SEEN)

    gone = hers.sends("/kept-typing/forget/")
    again = hers.sends("/kept-typing/forget/")

    assertRedirects(gone, PAGE, fetch_redirect_response=False)
    assertRedirects(again, "/account/", fetch_redirect_response=False)
    assertContains(hers.opens(PAGE), draft.pages.get(page="experience").answers["experience"])


def test_looking_spends_nothing(hers, user):
    hers.opens(PAGE)
    hers.cookies.clear()
    hers.sends(PAGE, experience=WORDS)
    hers.enters(user)

    for _time in range(3):
        assertContains(hers.opens(PAGE), SEEN)


def test_the_page_is_saved_with_the_revision_that_it_was_typed_on(hers, user):
    draft = make_draft(user=user, call=Call.objects.get())
    hers.opens(PAGE)
    hers.cookies.clear()
    hers.sends(PAGE, experience=WORDS)
    workflow.save_page(draft, "experience", {"experience": "From my phone"}, revision=1)
    hers.enters(user)

    hers.opens(PAGE)
    assert hers.hidden["revision"] == "1"
    response = hers.sends(PAGE, experience=WORDS)

    assertContains(response, "saved in another tab or on another device")
    assertContains(response, SEEN)


def test_what_is_wrong_in_it_is_said_and_it_stays_until_it_is_saved(hers, user):
    page = "/expression-of-interest/about-you/"
    typed = complete_answers()["about-you"] | {"telephone": "none"}
    hers.opens(page)
    hers.cookies.clear()
    hers.sends(page, **typed)
    hers.enters(user)
    hers.opens(page)

    wrong = hers.sends(page, **typed)
    assertContains(wrong, "Enter a telephone number, like 020 7946 0857")
    assert KeptTyping.objects.count() == 1
    hers.hidden["kept"] = re.search(r'name="kept" value="([^"]+)"', wrong.content.decode())[1]
    hers.sends(page, **typed | {"telephone": "020 7946 0857"})
    assert not KeptTyping.objects.exists()


def test_two_tabs_that_were_open_are_both_kept(hers, user):
    hers.opens(PAGE)
    hers.cookies.clear()
    for words in ("From the first tab", "From the second tab", "From the second tab"):
        hers.sends(PAGE, experience=words)
    hers.enters(user)

    assertContains(hers.opens(PAGE), "From the second tab")
    hers.sends(PAGE, experience="From the second tab")
    assertContains(hers.opens(PAGE), "From the first tab")


def test_a_page_saved_after_all_is_not_called_unsaved(hers, user):
    hers.opens(PAGE)
    hers.sends(PAGE, experience=WORDS)
    hers.cookies.clear()
    hers.sends(PAGE, experience=WORDS)
    hers.enters(user)

    assertNotContains(hers.opens(PAGE), "Not saved yet")


def test_going_on_from_check_answers_stays_so(hers):
    hers.opens(f"{PAGE}?change")
    hers.cookies.clear()

    response = hers.sends(f"{PAGE}?change", experience=WORDS)

    assert response["Location"] == f"/accounts/login/?next={PAGE}%3Fchange"


def test_the_declaration_is_asked_again_and_never_ticked_for_anybody(hers, user):
    make_draft(user=user, call=Call.objects.get())
    hers.opens(CHECK)
    hers.cookies.clear()

    response = hers.sends(CHECK, accurate="on")

    assertRedirects(response, f"/accounts/login/?next={CHECK}", fetch_redirect_response=False)
    assertContains(hers.get(response["Location"]), "before this was sent")
    assert not KeptTyping.objects.exists()
    hers.enters(user)
    assertContains(hers.opens(CHECK), "Declare and submit")
    hers.enters(user)
    assertRedirects(hers.sends(CHECK, accurate="on"), CHECK, fetch_redirect_response=False)
    assertContains(hers.opens(CHECK), "so nothing was sent")


def test_who_is_asked_for_a_second_factor_from_now_on_finds_it_behind_it(hers, user):
    hers.opens(PAGE)
    user.groups.add(Group.objects.get(name=Role.BOARD))

    response = hers.sends(PAGE, experience=WORDS)

    assert response["Location"].startswith("/accounts/2fa/totp/activate/?next=")
    assertContains(hers.get("/accounts/2fa/totp/activate/"), "What you typed is not saved yet")
    user.groups.clear()
    assertContains(hers.opens(PAGE), SEEN)


def test_a_page_that_can_be_asked_no_longer_costs_nothing_typed(hers, user):
    draft = make_draft(user=user, call=Call.objects.get())
    page = "/expression-of-interest/interests/"
    hers.opens(page)
    typed = draft.pages.get(page="interests").answers | {"gain_general": WORDS}
    workflow.save_page(draft, "projects", {}, revision=1)

    assertRedirects(hers.sends(page, **typed), TASKS, fetch_redirect_response=False)

    assertContains(hers.get(TASKS), "It is kept for 24 hours")
    assert KeptTyping.objects.get().values["gain_general"] == [WORDS]


def test_the_reason_for_withdrawing_is_kept(hers, user):
    sent = make_submitted(user=user, call=Call.objects.get())
    page = WITHDRAW.format(sent)
    hers.opens(page)
    hers.cookies.clear()
    hers.sends(page, reason=WORDS)
    hers.enters(user)

    assertContains(hers.opens(page), SEEN)
    hers.sends(page, reason=WORDS)

    sent.refresh_from_db()
    assert sent.state == "withdrawn"
    assert not KeptTyping.objects.exists()


def test_whatever_a_page_asks_is_kept(hers, user):
    make_draft(user=user, call=Call.objects.get())
    for page in pages.PAGES:
        path = f"/expression-of-interest/{page.slug}/"
        shown = hers.opens(path).content.decode()
        if "typing" not in hers.hidden:
            assert page.settled, f"{page.slug} keeps nothing"
            continue
        form = next(part for part in shown.split("<form") if 'name="typing"' in part)
        asked = set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', form))
        said = signing.loads(hers.hidden["typing"], salt=kept_typing.SALT)

        assert asked - {"csrfmiddlewaretoken", "typing"} <= set(said["fields"])
        assert said["path"] == path
