"""Events: recorded with their change or not at all, and guarded by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction

from stepchange import audit, events, guards
from stepchange.models import Event, Seal, Unsealed
from stepchange.querysets import AppendOnly
from tests.builders import make_user
from tests.stepchange.chain import change, verified, write


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
