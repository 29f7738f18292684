"""The record's chain: whatever is done to it behind our back is named, and erasing is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import TestCase as PlainTestCase
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from stepchange import audit, events, guards
from stepchange.models import Event, Seal, Unsealed, User
from stepchange.querysets import AppendOnly
from tests.builders import make_user
from tests.guards import lifted

# What a commit does next: seal, then anchor.
committing = partial(PlainTestCase.captureOnCommitCallbacks, execute=True)


def record_some(count: int) -> list[Event]:
    """Record `count` events about one account, with a reason each."""
    user = make_user()
    return [
        events.record(
            "test.thing.done", user, by=user, reason=f"Because {number}", facts={"n": number}
        )
        for number in range(1, count + 1)
    ]


def write(count: int = 5) -> list[Event]:
    """Record `count` events and seal them."""
    with committing():
        return record_some(count)


def forge(event: Event, **values: Any) -> None:
    """Change an event's columns as somebody who owns the database could."""
    with lifted():
        change(event, **values)


def change(event: Event, **values: Any) -> None:
    """Change an event past its queryset, which refuses, as a careless colleague could."""
    QuerySet(Event).filter(pk=event.pk).update(**values)


def drop(*written: Event) -> None:
    """Drop events with their seals."""
    keys = [event.pk for event in written]
    with lifted(), connection.cursor() as cursor:
        for key in keys:
            cursor.execute("DELETE FROM stepchange_seal WHERE event_id = %s", [key])
            cursor.execute("DELETE FROM stepchange_event WHERE id = %s", [key])


def verified(*arguments: str) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.django_db
class TestWhole:
    def test_an_untouched_chain_verifies(self):
        write(5)

        assert audit.verify() == audit.Verdict(sealed=5, anchored=5)
        assert verified() == (
            "sealed: 5, of these erased: 0\n"
            "anchored up to: 5\n"
            "not yet sealed: 0\n"
            "The record is whole.\n"
        )

    def test_what_waits_is_named_and_is_no_fault(self):
        write(2)
        waiting = events.record("test.thing.done", make_user(), by=None)

        assert f"not yet sealed: 1 (events {waiting.pk})" in verified()

    def test_an_empty_record_verifies(self):
        assert audit.verify() == audit.Verdict()

    def test_several_batches_make_one_chain(self, monkeypatch):
        monkeypatch.setattr(audit, "BATCH", 3)
        write(10)

        assert audit.verify().sealed == 10
        assert Unsealed.objects.count() == 0

    def test_one_call_does_not_seal_for_ever(self, monkeypatch):
        monkeypatch.setattr(audit, "BATCH", 1)
        monkeypatch.setattr(audit, "ROUNDS", 4)
        record_some(10)

        assert (audit.seal(), audit.seal(), audit.seal()) == (4, 4, 2)


@pytest.mark.django_db
class TestBroken:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("facts", {"n": 4}),
            ("kind", "test.thing.undone"),
            ("subject_kind", "stepchange.other"),
            ("subject_key", "another"),
            ("actor_id", None),
            ("at", datetime(2018, 5, 1, tzinfo=UTC)),
            ("personal_digest", "0" * 64),
            ("digest", "0" * 64),
        ],
    )
    def test_an_altered_column_is_named(self, column, value):
        third = write(5)[2]
        forge(third, **{column: value})

        assert audit.verify().broken == f"event {third.pk} (seal 3): it was altered"

    @pytest.mark.parametrize("values", [{"personal": {"reason": "Becauze 3"}}, {"salt": "f" * 32}])
    def test_altered_words_are_named(self, values):
        third = write(5)[2]
        forge(third, **values)

        assert audit.verify().broken == (
            f"event {third.pk} (seal 3): its personal words were altered"
        )

    def test_a_time_moved_by_a_microsecond_is_named(self):
        third = write(5)[2]
        forge(third, at=third.at + timedelta(microseconds=1))

        assert audit.verify().broken == f"event {third.pk} (seal 3): it was altered"

    def test_an_event_given_to_another_actor_is_named(self):
        third = write(5)[2]
        forge(third, actor_id=make_user().pk)

        assert audit.verify().broken == f"event {third.pk} (seal 3): it was altered"

    def test_a_row_dropped_from_the_middle_is_named(self):
        drop(write(5)[2])

        assert audit.verify().broken == "seal 3 is missing"

    def test_rows_dropped_from_the_end_are_named_by_the_anchor(self):
        drop(*write(5)[3:])

        verdict = audit.verify()

        assert verdict.broken == "seal 4 is missing: seals up to 5 were anchored"
        assert verdict.sealed == 3

    def test_a_seal_dropped_from_the_end_is_named_by_the_anchor(self):
        last = write(5)[-1]
        with lifted(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM stepchange_seal WHERE event_id = %s", [last.pk])

        assert audit.verify().broken == "seal 5 is missing: seals up to 5 were anchored"

    def test_two_events_swapped_are_named(self):
        written = write(5)
        spare = events.record("test.thing.done", make_user(), by=None)
        with lifted(), connection.cursor() as cursor:
            for sequence, key in ((2, spare.pk), (3, written[1].pk), (2, written[2].pk)):
                cursor.execute(
                    "UPDATE stepchange_seal SET event_id = %s WHERE sequence = %s", [key, sequence]
                )

        assert audit.verify().broken == "seal 2 does not follow from the one before it"

    def test_an_altered_link_is_named(self):
        write(5)
        with lifted(), connection.cursor() as cursor:
            cursor.execute("UPDATE stepchange_seal SET link = %s WHERE sequence = 3", ["0" * 64])

        assert audit.verify().broken == "seal 3 does not follow from the one before it"

    def test_a_chain_rewritten_consistently_is_named_by_the_anchor(self):
        written = write(5)
        rewrite_from(written[2], written)

        assert audit.verify().broken == "seal 5 is not the one that was anchored"

    def test_without_the_anchor_a_consistent_rewrite_would_pass(self, tmp_path):
        written = write(5)
        rewrite_from(written[2], written)

        assert audit.verify(tmp_path / "no-anchor").broken == ""

    def test_an_unsealed_event_that_was_altered_is_named(self):
        event = events.record("test.thing.done", make_user(), by=None, facts={"n": 1})
        forge(event, facts={"n": 2})

        assert audit.verify().broken == f"event {event.pk} (not yet sealed): it was altered"

    def test_the_command_fails_and_names_the_row(self):
        third = write(5)[2]
        forge(third, facts={"n": 9})

        with pytest.raises(CommandError) as refusal:
            verified()

        assert str(refusal.value) == f"BROKEN: event {third.pk} (seal 3): it was altered."
        assert refusal.value.returncode == 1


def rewrite_from(event: Event, written: list[Event]) -> None:
    """Alter an event and make every digest and link after it fit, as a careful forger would."""
    event.facts = {"n": 99}
    event.digest = audit.event_digest(event)
    forge(event, facts={"n": 99}, digest=event.digest)
    previous = audit.GENESIS
    with lifted(), connection.cursor() as cursor:
        for sequence, row in enumerate(written, start=1):
            previous = audit.link(sequence, previous, row.digest)
            cursor.execute(
                "UPDATE stepchange_seal SET link = %s WHERE sequence = %s", [previous, sequence]
            )


@pytest.mark.django_db
class TestAnchor:
    def test_each_sealing_appends_the_head(self):
        write(2)
        write(2)

        assert list(audit.anchors(audit.anchor_path())) == [
            (sequence, Seal.objects.get(sequence=sequence).link) for sequence in (2, 4)
        ]

    def test_a_copy_kept_elsewhere_is_compared_with(self, tmp_path):
        write(5)
        copy = tmp_path / "copy"
        copy.write_text(f"5 {'0' * 64}\n")

        with pytest.raises(CommandError, match="seal 5 is not the one that was anchored"):
            verified("--anchor", str(copy))

    def test_a_copy_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(CommandError, match="There is no anchor at"):
            verified("--anchor", str(tmp_path / "nowhere"))

    @pytest.mark.parametrize(
        "line", ["five", f"-5 {'0' * 64}", "5 abc", "", "\x00\xff", "² " + "0" * 64]
    )
    def test_an_unreadable_line_is_named(self, line):
        write(1)
        with audit.anchor_path().open("a") as file:
            file.write(f"{line}\n")

        assert audit.verify().broken == "line 2 of the anchor can't be read"

    def test_a_chain_without_an_anchor_is_said_to_prove_less(self):
        write(1)
        audit.anchor_path().unlink()

        assert "Nothing is anchored" in verified()

    def test_an_anchor_that_can_not_be_written_costs_no_event(self, settings, tmp_path):
        (tmp_path / "file").write_text("")
        settings.AUDIT_ANCHOR = tmp_path / "file" / "anchor"
        with pytest.raises(OSError, match="file"):
            write(2)

        assert audit.verify(tmp_path / "none").sealed == 2


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


@pytest.mark.django_db
class TestGuards:
    def test_they_stand(self):
        assert guards.missing_guards() == []

    def test_the_command_names_one_that_is_missing(self):
        write(1)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("DROP TRIGGER seal_never_deleted ON stepchange_seal")
            else:
                cursor.execute("DROP TRIGGER seal_never_deleted")

        with pytest.raises(CommandError, match=r"no seal_never_deleted\.$"):
            verified()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE stepchange_event SET kind = 'test.thing.undone'",
            "UPDATE stepchange_event SET facts = '{}'",
            "UPDATE stepchange_event SET personal = '{}', salt = ''",
            "UPDATE stepchange_event SET erased_at = at",
            "UPDATE stepchange_event SET erased_at = at, salt = ''",
            "UPDATE stepchange_event SET erased_at = at, salt = '', personal = '{\"a\": 1}'",
            "UPDATE stepchange_event SET erased_at = at, salt = '', personal = '{}', kind = 'x'",
            "UPDATE stepchange_event SET erased_at = at, salt = '', personal = '{}', at = NULL",
            "UPDATE stepchange_event SET erased_at = at, salt = '', personal = '{}', id = id + 90",
            "UPDATE stepchange_seal SET link = link",
            "DELETE FROM stepchange_seal",
            "DELETE FROM stepchange_event",
        ],
    )
    def test_the_database_itself_refuses(self, statement):
        write(2)

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)

    @pytest.mark.postgresql
    @pytest.mark.parametrize("table", ["stepchange_event", "stepchange_seal"])
    def test_the_database_refuses_to_truncate(self, table):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(f"TRUNCATE {table} CASCADE")

    def test_an_event_is_erased_once(self):
        first = write(1)[0]
        events.erase(Event.objects.about_or_by(first.actor), first.actor, by=None)

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change(first, salt="", personal={}, erased_at=first.at + timedelta(days=1))

    def test_the_models_refuse_before_the_database_does(self):
        event = write(1)[0]
        for attempt in (
            event.save,
            event.delete,
            Event.objects.all().delete,
            Seal.objects.get().save,
            Seal.objects.get().delete,
        ):
            with pytest.raises(AppendOnly):
                attempt()
        with pytest.raises(AppendOnly):
            Event.objects.update(kind="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            Seal.objects.all().delete()


@pytest.mark.django_db
class TestRecord:
    def test_it_stands_or_falls_with_the_change(self):
        user = make_user()

        def change_and_fail() -> None:
            with transaction.atomic():
                events.record("test.thing.done", user, by=None)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            change_and_fail()

        assert (Event.objects.count(), Unsealed.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        "value", [1.0, 1e16, -0.0, float("nan"), "a\0b", "\ud800", {"a": [0.5]}]
    )
    def test_it_refuses_what_the_databases_keep_differently(self, value):
        with pytest.raises(ValueError, match="The record keeps"), transaction.atomic():
            events.record("test.thing.done", make_user(), by=None, facts={"value": value})
        with pytest.raises(ValueError, match="The record keeps"), transaction.atomic():
            events.record("test.thing.done", make_user(), by=None, personal={"value": value})

    def test_a_salt_is_never_used_twice(self):
        written = write(50)

        assert len({event.salt for event in written}) == 50
        assert len({event.digest for event in written}) == 50

    def test_fields_can_not_be_shifted_into_each_other(self):
        one, two = Event(kind="a\nb", subject_kind="c"), Event(kind="a", subject_kind="b\nc")
        two.at = one.at

        assert audit.event_digest(one) != audit.event_digest(two)


@pytest.mark.django_db(transaction=True)
class TestCommitted:
    def test_an_event_is_sealed_right_after_the_commit(self):
        with transaction.atomic():
            events.record("test.thing.done", make_user(), by=None)
            assert Seal.objects.count() == 0

        assert (Seal.objects.count(), Unsealed.objects.count()) == (1, 0)

    def test_it_needs_the_transaction_of_the_change(self):
        with pytest.raises(transaction.TransactionManagementError):
            events.record("test.thing.done", make_user(), by=None)

    def test_sealing_inside_a_transaction_is_refused(self):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            audit.seal()

    def test_what_a_dying_process_left_is_swept_up(self, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(audit, "seal", lambda: 1 / 0)
            with transaction.atomic():
                events.record("test.thing.done", make_user(), by=None)
        assert Unsealed.objects.count() == 1

        from stepchange.tasks import seal_record

        seal_record()

        assert (Unsealed.objects.count(), audit.verify().sealed) == (0, 1)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
mappings = st.dictionaries(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    json_values,
    max_size=4,
)


class TestAnyWords(TestCase):
    @examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(mappings, mappings), min_size=1, max_size=4))
    def test_whatever_is_recorded_verifies_as_it_comes_back(self, said):
        user = make_user()
        for facts, personal in said:
            events.record("test.thing.done", user, by=user, facts=facts, personal=personal)
        audit.seal()
        verdict = audit.verify()

        assert (verdict.broken, verdict.sealed) == ("", len(said))

        events.erase(Event.objects.about_or_by(user), user, by=None)
        audit.seal()
        verdict = audit.verify()

        held = sum(bool(personal) for _facts, personal in said)
        assert (verdict.broken, verdict.erased) == ("", held)

    @examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(2, 6), st.data())
    def test_any_one_dropped_row_is_named(self, count, data):
        audit.anchor_path().unlink(missing_ok=True)
        written = write(count)
        gone = data.draw(st.integers(1, count))
        drop(written[gone - 1])

        assert audit.verify().broken.startswith(f"seal {gone} is missing")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
class TestConcurrentWriters:
    WRITERS, EACH = 8, 25

    def run_all(self, *workers) -> None:
        """Run each worker in a thread of its own, with a connection of its own."""
        failures: list[BaseException] = []

        def guarded(worker) -> None:
            try:
                worker()
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=guarded, args=[worker]) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert failures == []

    def test_they_keep_one_unbroken_chain(self):
        user = make_user()
        rolled_back = [0] * self.WRITERS

        def writer(number: int):
            def write_each() -> None:
                for turn in range(self.EACH):
                    try:
                        with transaction.atomic():
                            events.record(
                                "test.thing.done", user, by=user, facts={"w": number, "t": turn}
                            )
                            if (number + turn) % 10 == 0:
                                time.sleep(0.05)
                            if (number + turn) % 5 == 0:
                                rolled_back[number] += 1
                                raise InterruptedError
                    except InterruptedError:
                        pass

            return write_each

        self.run_all(*map(writer, range(self.WRITERS)))

        expected = self.WRITERS * self.EACH - sum(rolled_back)
        assert 0 < sum(rolled_back) < expected
        # No sweep has run: whoever held the pen took in what was committed meanwhile.
        assert audit.verify() == audit.Verdict(sealed=expected, anchored=expected)
        assert Event.objects.count() == expected

    def test_nobody_waits_for_the_slowest(self):
        user = make_user()
        slow_began, others_done = threading.Event(), threading.Event()
        order: list[str] = []

        def slowest() -> None:
            with transaction.atomic():
                events.record("test.thing.done", user, by=user, facts={"who": "slowest"})
                slow_began.set()
                # It ends only once all the others have: had one to wait for it, none would.
                assert others_done.wait(timeout=60)
            order.append("slowest")

        def quick() -> None:
            assert slow_began.wait(timeout=60)
            for turn in range(self.EACH):
                with transaction.atomic():
                    events.record("test.thing.done", user, by=user, facts={"turn": turn})
            order.append("quick")
            if order.count("quick") == self.WRITERS - 1:
                others_done.set()

        self.run_all(slowest, *[quick] * (self.WRITERS - 1))

        assert order == ["quick"] * (self.WRITERS - 1) + ["slowest"]
        total = (self.WRITERS - 1) * self.EACH + 1
        assert audit.verify() == audit.Verdict(sealed=total, anchored=total)
        assert Seal.objects.get(event__facts__who="slowest").sequence == total

    def test_no_writer_waits_for_a_sealer_that_is_stuck(self):
        user = make_user()
        pen_taken, written = threading.Event(), threading.Event()

        def stuck_sealer() -> None:
            with transaction.atomic():
                assert audit._take_pen()
                pen_taken.set()
                assert written.wait(timeout=60)

        def writer() -> None:
            assert pen_taken.wait(timeout=60)
            with transaction.atomic():
                events.record("test.thing.done", user, by=user)
            written.set()

        self.run_all(stuck_sealer, writer)

        assert (Unsealed.objects.count(), audit.seal()) == (1, 1)

    def test_what_is_committed_while_another_seals_is_taken_in_by_that_other(self, monkeypatch):
        user, written = make_user(), threading.Event()
        link: Callable[..., str] = audit.link

        def write() -> None:
            with transaction.atomic():
                events.record("test.thing.done", user, by=user, facts={"who": "late"})
            connection.close()

        def link_while_another_writes(*arguments: Any) -> str:
            if not written.is_set():
                written.set()
                late = threading.Thread(target=write)
                late.start()
                late.join(timeout=60)
            return link(*arguments)

        monkeypatch.setattr(audit, "link", link_while_another_writes)
        with transaction.atomic():
            events.record("test.thing.done", user, by=user, facts={"who": "first"})

        assert Unsealed.objects.count() == 0
        assert Seal.objects.get(event__facts__who="late").sequence == 2
