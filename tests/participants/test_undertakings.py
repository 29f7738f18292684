"""The undertaking: accepted once a version, by oneself, and never changed."""

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from participants import policies, texts, workflow
from participants.models import Undertaking
from stepchange.models import Event
from stepchange.querysets import AppendOnly
from stepchange.transitions import Refused
from tests.builders import make_user
from tests.reading import read

pytestmark = pytest.mark.django_db

PAGE = "/account/undertaking/"
# What has been accepted can't be reworded: other words are another version, and a line here.
WORDS = {"2026-11-23": "b0a0117b1fece913"}


@pytest.fixture
def user():
    return make_user("iris@users.example")


@pytest.fixture
def client(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_version_never_changes_its_words():
    version, digest = policies.undertaking_now()

    assert WORDS[version] == digest


def test_it_is_accepted_once_with_version_and_time(user):
    person = workflow.person_of(user)
    first = workflow.undertakings.accept(person, by=user)
    second = workflow.undertakings.accept(person, by=user)

    assert first.pk == second.pk
    assert (first.version, first.digest) == policies.undertaking_now()
    (event,) = Event.objects.of_kind("participants.undertaking.accepted")
    assert event.facts["version"] == first.version


def test_nobody_accepts_it_for_somebody_else(user):
    with pytest.raises(Refused):
        workflow.undertakings.accept(workflow.person_of(user), by=make_user())


@pytest.mark.parametrize("change", [{"version": "2099-01"}, {"tick": "Other words"}])
def test_new_words_supersede_it_by_themselves(user, monkeypatch, change):
    workflow.undertakings.accept(workflow.person_of(user), by=user)
    assert policies.standing_of(user).has_undertaken
    new = texts.Statement(
        **{
            name: getattr(texts.UNDERTAKING, name)
            for name in ("version", "words", "tick", "missing")
        }
        | change
    )
    monkeypatch.setattr(policies.trust, "UNDERTAKING", new)

    assert not policies.standing_of(user).has_undertaken
    workflow.undertakings.accept(workflow.person_of(user), by=user)
    assert policies.standing_of(user).has_undertaken
    assert Undertaking.objects.count() == 2


def test_an_acceptance_is_neither_changed_nor_deleted(user):
    accepted = workflow.undertakings.accept(workflow.person_of(user), by=user)

    with pytest.raises(AppendOnly):
        accepted.save()
    with pytest.raises(AppendOnly):
        Undertaking.objects.all().delete()


def test_the_page_asks_for_the_tick_then_says_when_it_was_accepted(client, user):
    assert not read(client.get(PAGE)).says("You accepted it")
    refused = client.post(PAGE, {"by": "1", "version": "1"})
    assert read(refused).title.startswith("Error: ")
    assert read(refused).says("Tick to say that you will keep the work in confidence")
    assert not Undertaking.objects.exists()

    assertRedirects(client.post(PAGE, {"accepted": "on"}), PAGE)
    page = read(client.get(PAGE))
    assert page.says("You accepted it at")
    assert page.says(f"Version {texts.UNDERTAKING.version}")
    assert not any(field.get("name") == "accepted" for field in page.fields)


def test_looking_makes_nothing_and_costs_little(client, user, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(PAGE)

    assert not hasattr(user, "person")
    assert not Undertaking.objects.exists()
