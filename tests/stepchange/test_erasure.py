"""Erasing personal words leaves the chain whole, and nothing else may take them out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stepchange import audit, events
from stepchange.models import Event, Unsealed, User
from tests.builders import make_user
from tests.stepchange.chain import change, committing, forge, write


@pytest.mark.django_db
class TestErasure:
    def erase_all(self, user: User) -> Event:
        with committing():
            erasure = events.erase(
                Event.objects.about_or_by(user), user, by=None, reason="They asked"
            )
        assert erasure is not None
        return erasure

    def test_the_words_go_and_the_chain_stays_whole(self):
        written = write(3)
        self.erase_all(written[0].actor)

        verdict = audit.verify()

        assert (verdict.broken, verdict.sealed, verdict.erased) == ("", 4, 3)
        for event in Event.objects.filter(kind="test.thing.done"):
            assert (event.personal, event.salt, event.reason) == ({}, "", "")
            assert event.facts != {}

    def test_the_erasure_is_in_the_record_with_what_it_erased(self):
        written = write(3)
        erasure = self.erase_all(written[0].actor)

        assert erasure.kind == "stepchange.record.erased"
        assert erasure.facts == {"erased": [event.digest for event in written]}
        assert erasure.subject_key == str(written[0].actor.public_id)
        assert set(
            Event.objects.filter(kind="test.thing.done").values_list("erased_at", flat=True)
        ) == {erasure.at}

    def test_only_that_person_is_erased(self):
        mine, theirs = write(2), write(2)
        self.erase_all(mine[0].actor)

        assert [event.reason for event in Event.objects.about(theirs[0].actor)] == [
            "Because 1",
            "Because 2",
        ]

    def test_the_erasure_can_be_erased_in_its_turn(self):
        user = write(2)[0].actor
        first = self.erase_all(user)
        second = self.erase_all(user)

        assert second.facts == {"erased": [first.digest]}
        assert audit.verify().broken == ""

    def test_nothing_to_erase_writes_nothing(self):
        user = make_user()
        events.record("test.thing.done", user, by=user)

        assert events.erase(Event.objects.about_or_by(user), user, by=None) is None
        assert Event.objects.count() == 1

    def test_rows_blanked_without_an_erasure_are_named(self):
        third = write(5)[2]
        change(third, salt="", personal={}, erased_at=third.at)

        assert audit.verify().broken == (
            f"event {third.pk} (seal 3): it was erased without a record of the erasure"
        )

    def test_a_moved_time_of_erasure_is_named(self):
        first = write(1)[0]
        erasure = self.erase_all(first.actor)
        forge(first, erased_at=erasure.at + timedelta(days=1))

        assert "without a record of the erasure" in audit.verify().broken

    def test_words_under_an_erased_row_are_named(self):
        first = write(1)[0]
        self.erase_all(first.actor)
        forge(first, personal={"reason": "Something else"})

        assert audit.verify().broken == (
            f"event {first.pk} (seal 1): it says that it was erased, and holds words"
        )

    def test_words_that_come_back_are_named(self):
        first = write(1)[0]
        salt = first.salt
        self.erase_all(first.actor)
        forge(first, personal={"reason": "Because 1"}, salt=salt, erased_at=None)

        assert audit.verify().broken == (
            f"event {first.pk} (seal 1): it was erased, and its words are back"
        )

    def test_an_event_can_be_erased_before_it_is_sealed(self):
        user = make_user()
        events.record("test.thing.done", user, by=user, reason="Because")
        events.erase(Event.objects.about_or_by(user), user, by=None)
        assert audit.verify().broken == ""

        audit.seal()

        assert (audit.verify().broken, audit.verify().erased) == ("", 1)

    def test_an_erasure_that_fails_erases_nothing(self, monkeypatch):
        user = write(2)[0].actor
        monkeypatch.setattr(Unsealed.objects, "create", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            events.erase(Event.objects.about_or_by(user), user, by=None)

        assert Event.objects.filter(erased_at__isnull=False).count() == 0
