"""What is typed of an interest outlasts the session, and each step leads back to itself (law 10)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants import workflow
from participants.models import DraftDeclaration
from participants.workflow.declarations import InterestGiven
from stepchange.models import KeptTyping, User
from tests.builders import make_user

pytestmark = pytest.mark.django_db
DECLARE = "/declarations/declare/"
INTERESTS, ADD, CHECK = f"{DECLARE}interests/", f"{DECLARE}interests/add/", f"{DECLARE}check/"
WORDS = "Guard Co, of which <b>I</b> am a director; naïve عربي"
SEEN = "Guard Co, of which &lt;b&gt;I&lt;/b&gt; am a director; naïve عربي"
TYPED = {"kind": "directorship", "party": WORDS, "gain": "Orders", "since": "", "project": ""}


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def hers(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def hidden(client: Client, path: str) -> dict[str, str]:
    """Return the hidden fields of a page's form that keeps its sender's typing."""
    main = client.get(path).content.decode().split("<main", 1)[-1]
    form = next((part for part in main.split("<form")[1:] if 'name="typing"' in part), "")
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def begun(user: User) -> DraftDeclaration:
    given = InterestGiven(kind="other", party="An old friend", gain="Company")
    return workflow.declarations.keep_interest(workflow.person_of(user), given)


@pytest.mark.parametrize("which", ["add", "change"])
def test_an_interest_typed_is_kept_over_the_end_of_the_session(hers, user, which):
    draft = begun(user)
    path = ADD if which == "add" else f"{INTERESTS}{draft.interests[0]['key']}/"
    fields = hidden(hers, path)
    hers.logout()
    hers.post(path, {**fields, **TYPED})
    assert KeptTyping.objects.get().owner == user
    hers.force_login(user)

    again = hers.get(path)
    assertContains(again, "Not saved yet")
    assertContains(again, SEEN)
    assertRedirects(hers.post(path, {**hidden(hers, path), **TYPED}), INTERESTS)

    assert not KeptTyping.objects.exists()
    held = [each["party"] for each in DraftDeclaration.objects.get().interests]
    assert held == (["An old friend", WORDS] if which == "add" else [WORDS])


def test_what_was_typed_of_an_interest_removed_meanwhile_is_shown_and_added(hers, user):
    key = begun(user).interests[0]["key"]
    path = f"{INTERESTS}{key}/"
    fields = hidden(hers, path)
    hers.logout()
    hers.post(path, {**fields, **TYPED})
    workflow.declarations.remove_interest(workflow.person_of(user), key=key)
    hers.force_login(user)

    assertContains(hers.get(path), SEEN)
    hers.post(path, {**hidden(hers, path), **TYPED})

    assert [each["party"] for each in DraftDeclaration.objects.get().interests] == [WORDS]


def test_nobody_else_sees_it(hers, user):
    fields = hidden(hers, ADD)
    other = Client()
    other.force_login(make_user())
    hers.logout()
    hers.post(ADD, {**fields, **TYPED})

    assertNotContains(other.get(ADD), SEEN)


@pytest.mark.parametrize("step", [DECLARE, CHECK, "remove", "/account/undertaking/"])
def test_whoever_was_signed_out_is_led_back_to_the_step(hers, user, step):
    draft = begun(user)
    path = f"{INTERESTS}{draft.interests[0]['key']}/remove/" if step == "remove" else step
    fields = hidden(hers, path)
    assert "typing" in fields
    hers.logout()

    response = hers.post(path, {**fields, "anything": "no", "signed": "on", "accepted": "on"})

    assert response["Location"].endswith(f"next={path}")
    assert not KeptTyping.objects.exists()
