"""Nothing typed is lost across the end of a session (law 10), on the pages of the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import OperationalError, connection
from django.test import Client
from django.utils.crypto import get_random_string
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import PageAnswers
from stepchange import clock, kept_typing, tasks
from stepchange.models import KeptTyping, User
from stepchange.roles import Role
from tests.builders import complete_answers, make_call, make_draft, make_submitted, make_user
from tests.logs import captured_log
from workstreams.models import Call

pytestmark = pytest.mark.django_db

PAGE = "/expression-of-interest/experience/"
TASKS = "/expression-of-interest/tasks/"
CHECK = "/expression-of-interest/check/"
WITHDRAW = "/expression-of-interest/withdraw/"
WORDS = "Ten years of <b>hotel</b> security; naïve 👮🏽 عربي"
SEEN = "Ten years of &lt;b&gt;hotel&lt;/b&gt; security; naïve 👮🏽 عربي"


class Browser(Client):
    """A browser that sends forms as it was given them, hidden fields and all."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)
        self.hidden: dict[str, str] = {}

    def opens(self, path: str):
        """Open a page; remember its main form's hidden fields."""
        response = self.get(path)
        main = response.content.decode().split("<main", 1)[-1]
        form = next((part for part in main.split("<form")[1:] if 'name="typing"' in part), "")
        self.hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        return response

    def sends(self, path: str, **typed: object):
        """Send the form as it was opened."""
        return self.post(path, {**self.hidden, **typed})

    def enters(self, user: User) -> None:
        """Sign in as somebody does: the session and the form token are new."""
        self.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.cookies["csrftoken"] = get_random_string(32)


@pytest.fixture
def user() -> User:
    return make_user("amina@users.example")


@pytest.fixture
def hers(user) -> Browser:
    """Amina's browser, in the middle of a call."""
    make_call()
    hers = Browser()
    hers.enters(user)
    return hers


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
    hers.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
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
    typed = draft.pages.get(page="interests").answers | {"details_general": WORDS}
    workflow.save_page(draft, "projects", {}, revision=1)

    assertRedirects(hers.sends(page, **typed), TASKS, fetch_redirect_response=False)

    assertContains(hers.get(TASKS), "It is kept for 24 hours")
    assert KeptTyping.objects.get().values["details_general"] == [WORDS]


def test_the_reason_for_withdrawing_is_kept(hers, user):
    sent = make_submitted(user=user, call=Call.objects.get())
    hers.opens(WITHDRAW)
    hers.cookies.clear()
    hers.sends(WITHDRAW, reason=WORDS)
    hers.enters(user)

    assertContains(hers.opens(WITHDRAW), SEEN)
    hers.sends(WITHDRAW, reason=WORDS)

    sent.refresh_from_db()
    assert sent.state == "withdrawn"
    assert not KeptTyping.objects.exists()


class TestTokens:
    """Only a form of the portal's, given to the account, is taken: all else is as if it had no token."""

    def token(self, user: User, path: str = PAGE, fields: tuple[str, ...] = ("experience",)) -> str:
        return kept_typing.token_for(user, path, fields)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda _user: "",
            lambda _user: "nonsense",
            lambda _user: "a:b:c",
            lambda _user: "\0\r\nSet-Cookie: x",
            lambda _user: "x" * 100_000,
            lambda user: TestTokens().token(user)[:-1] + "!",
            lambda user: TestTokens().token(user, path="/expression-of-interest/updates/"),
            lambda user: signing.dumps({"owner": str(user.public_id)}, salt="another purpose"),
        ],
    )
    def test_none_but_a_genuine_one_of_the_page(self, user, spoil):
        make_call()
        response = Client().post(PAGE, {"typing": spoil(user), "experience": WORDS})

        assertRedirects(response, f"/accounts/login/?next={PAGE}", fetch_redirect_response=False)
        assert not KeptTyping.objects.exists()

    def test_of_nobody(self, user):
        token = self.token(User(public_id=uuid4()))

        response = Client().post(PAGE, {"typing": token, "experience": WORDS})

        assertContains(response, SEEN, status_code=409)
        assert not KeptTyping.objects.exists()

    @pytest.mark.parametrize(
        ("after", "is_kept"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0)]
    )
    def test_for_a_week(self, user, after, is_kept):
        with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as moved:
            token = self.token(user)
            moved.shift(after)
            Client().post(PAGE, {"typing": token, "experience": WORDS})

        assert KeptTyping.objects.count() == is_kept

    def test_only_the_fields_of_the_page(self, user):
        Client().post(
            PAGE,
            {"typing": self.token(user), "experience": WORDS, "state": "submitted", "owner": "1"},
        )

        assert KeptTyping.objects.get().values == {"experience": [WORDS]}

    def test_a_closed_account_keeps_nothing(self, user):
        token = self.token(user)
        User.objects.update(is_active=False)

        Client().post(PAGE, {"typing": token, "experience": WORDS})

        assert not KeptTyping.objects.exists()

    def test_nothing_personal_in_the_page_or_the_log(self, hers, user):
        shown = hers.opens(PAGE)
        hers.cookies.clear()
        with captured_log() as log:
            hers.sends(PAGE, experience=WORDS)

        assert signing.loads(hers.hidden["typing"], salt=kept_typing.SALT) == {
            "owner": str(user.public_id),
            "path": PAGE,
            "fields": ["experience", *kept_typing.TRAVELS],
        }
        assertNotContains(shown, f'value="{user.pk}"')
        assert "Ten years" not in log.text
        assert str(user.public_id) not in log.text


class TestLimits:
    def test_a_holder_of_a_token_cannot_fill_the_table(self, hers):
        hers.opens(PAGE)
        hers.cookies.clear()
        for number in range(kept_typing.MOST_ROWS):
            assert hers.sends(PAGE, experience=f"{WORDS} {number}").status_code == 302

        response = hers.sends(PAGE, experience=WORDS)

        assertContains(response, "This was not saved", status_code=409)
        assertContains(response, SEEN, status_code=409)
        assert KeptTyping.objects.count() == kept_typing.MOST_ROWS

    @pytest.mark.parametrize(("longer", "is_kept"), [(0, 1), (1, 0)])
    def test_more_than_a_page_can_hold_is_handed_back(self, hers, longer, is_kept):
        hers.opens(PAGE)
        hers.cookies.clear()
        room = kept_typing.LONGEST - sum(len(hers.hidden[name]) for name in kept_typing.TRAVELS)

        response = hers.sends(PAGE, experience="x" * (room + longer))

        assert response.status_code == (302 if is_kept else 413)
        assert KeptTyping.objects.count() == is_kept

    @pytest.mark.parametrize(("after", "is_there"), [(-1, True), (0, False)])
    def test_for_a_day(self, user, after, is_there):
        with time_machine.travel(clock.now(), tick=False) as moved:
            assert kept_typing.keep(kept_typing.Typing(str(user.public_id), PAGE, {"a": ["b"]}))
            moved.shift(kept_typing.KEPT_FOR + timedelta(seconds=after))

            assert bool(kept_typing.waiting(user, PAGE)) is is_there
            assert bool(kept_typing.paths_waiting(user)) is is_there
            tasks.forget_kept_typing()
            assert KeptTyping.objects.exists() is is_there

    def test_it_rests_encrypted(self, user):
        kept_typing.keep(kept_typing.Typing(str(user.public_id), PAGE, {"a": [WORDS]}))

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM stepchange_kepttyping")
            assert "Ten years" not in str(cursor.fetchall())


class TestFailures:
    """The server fails while it saves: the page hands back what was typed, to be sent again."""

    @pytest.mark.parametrize(
        ("error", "status"), [(OperationalError("away"), 503), (ValueError("ours"), 500)]
    )
    def test_the_page_hands_it_back_and_it_is_kept(self, hers, user, monkeypatch, error, status):
        hers.opens(PAGE)

        def fails(*_args: object, **_kwargs: object) -> None:
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(workflow, "save_page", fails)
            response = hers.sends(PAGE, experience=WORDS, later="yes")

        assertContains(response, SEEN, 2, status_code=status)
        assertContains(response, "It is not saved yet.", status_code=status)
        assertContains(hers.get(PAGE), SEEN)
        again = dict(
            re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
        )
        assert set(again) == {"csrfmiddlewaretoken", "typing", "experience", "later"} | set(
            kept_typing.TRAVELS
        )
        again["experience"] = WORDS
        assertRedirects(hers.post(PAGE, again), TASKS, fetch_redirect_response=False)
        assert PageAnswers.objects.get().answers == {"experience": WORDS}

    def test_the_database_goes_while_it_saves(self, hers, monkeypatch):
        hers.opens(PAGE)

        def away(*_args: object, **_kwargs: object) -> None:
            raise OperationalError("away")

        with monkeypatch.context() as broken:
            broken.setattr(workflow, "save_page", away)
            broken.setattr(KeptTyping.objects, "filter", away)
            response = hers.sends(PAGE, experience=WORDS)

        assertContains(response, "Try to save it again", status_code=503)
        assert not KeptTyping.objects.exists()

    def test_the_database_away_from_the_first_query_on(self, hers, monkeypatch):
        hers.opens(PAGE)

        def away(*_args: object, **_kwargs: object) -> None:
            raise OperationalError("away")

        with monkeypatch.context() as broken:
            broken.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", away)
            response = hers.sends(PAGE, experience=WORDS)

        assertContains(response, SEEN, 2, status_code=503)
        assertContains(response, "Try to save it again", status_code=503)


def test_each_page_carries_its_own_fields(hers, user):
    draft = make_draft(user=user, call=Call.objects.get())
    for slug, answers in draft.pages.values_list("page", "answers"):
        hers.opens(f"/expression-of-interest/{slug}/")
        said = signing.loads(hers.hidden["typing"], salt=kept_typing.SALT)

        assert set(said["fields"]) == {*answers, *kept_typing.TRAVELS}
        assert said["path"] == f"/expression-of-interest/{slug}/"
