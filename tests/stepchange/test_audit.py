"""The record's chain: whatever is done to it behind our back is named, and erasing is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from stepchange import audit, events
from stepchange.models import Event, Seal, Unsealed
from tests.builders import make_user
from tests.guards import lifted
from tests.stepchange.chain import drop, forge, record_some, verified, write


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
