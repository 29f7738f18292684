"""What is typed is kept for whom the form was given to, in bounds, and handed back if the server fails."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.db import OperationalError, connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import PageAnswers
from stepchange import clock, kept_typing, tasks
from stepchange.models import KeptTyping, User
from tests.builders import make_call
from tests.logs import captured_log
from tests.participants.kept_typing.browser import PAGE, SEEN, TASKS, WORDS

pytestmark = pytest.mark.django_db


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
