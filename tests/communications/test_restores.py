"""After a backup is restored nothing goes out a second time unasked (law 5)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from communications import journal, workflow
from communications.models import Email, Generation
from scripts.processes import Command
from scripts.services import postgresql_programs
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.communications.cast import make_participant, put, submit
from tests.communications.sink import Sink
from tests.logs import captured_log
from tests.office import make_holder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("referees_not_written_to")]

COLUMNS = ("state", "claimed_at", "sent_at", "attempts", "handed", "address", "heading", "why")


def as_it_was(email: Email) -> dict[str, object]:
    return {column: getattr(email, column) for column in COLUMNS}


def go_back_to(before: dict[int, dict[str, object]]) -> None:
    """Put the ledger's rows back as a backup would, without those it did not have."""
    Email.objects.exclude(pk__in=before).delete()
    for pk, values in before.items():
        Email.objects.filter(pk=pk).update(**values)


def backup() -> dict[int, dict[str, object]]:
    return {email.pk: as_it_was(email) for email in Email.objects.all()}


def states() -> list[str]:
    return sorted(Email.objects.values_list("state", flat=True))


@pytest.mark.parametrize("state", ["not derived", "queued", "claimed", "delayed"])
def test_what_was_sent_after_the_backup_waits_for_a_person(sink: Sink, state: str):
    submit(make_participant())
    workflow.sweep()  # one before, so that the backup is not of an empty ledger
    submit(make_participant())
    if state != "not derived":
        workflow.derive()
        put(Email.objects.latest("id"), state, claimed_at=clock.now(), due_at=clock.now())
    then = backup()
    Email.objects.filter(state__in=["claimed", "delayed"]).update(state="queued")
    workflow.sweep()
    assert len(sink.letters) == 2
    go_back_to(then)
    with captured_log() as log:
        for minutes in (0, 10, 120):
            with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
                workflow.sweep()
    assert (states(), len(sink.letters)) == (["held", "sent"], 2)
    assert len(log.events("ledger.restore_noticed")) == 1
    held = Email.objects.get(state="held")
    assert held.why == "The mail server was given this before the backup was restored."
    generation = Generation.objects.latest("number")
    assert (generation.state, generation.held_emails, generation.known_handed) == ("held", 1, 1)
    event = Event.objects.get(kind="communications.generation.began")
    assert event.facts == {"number": 2, "emails": 1, "handed_over": 1}


def test_what_was_not_sent_is_held_too_and_told_apart(sink: Sink):
    submit(make_participant())
    workflow.derive()
    then = backup()
    workflow.sweep()
    go_back_to(then)
    submit(make_participant())
    workflow.sweep()
    assert sorted(Email.objects.filter(state="held").values_list("why", flat=True)) == [
        "A backup was restored: it may have been sent since the backup was made.",
        "The mail server was given this before the backup was restored.",
    ]


def test_a_row_that_was_being_sent_in_the_backup_is_uncertain(sink: Sink):
    submit(make_participant())
    workflow.derive()
    (email,) = workflow.claim_due(1)
    put(email, "sending", handed=1)
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        workflow.sweep()
    assert (states(), sink.letters) == (["uncertain"], [])


def test_what_happens_after_the_restore_is_sent(sink: Sink):
    submit(make_participant())
    workflow.derive()
    then = backup()
    workflow.sweep()
    go_back_to(then)
    workflow.sweep()
    submit(make_participant())
    workflow.sweep()
    assert (states(), len(sink.letters)) == (["held", "sent"], 2)


@pytest.mark.parametrize(
    ("notice", "minutes", "state"),
    [
        ("account:login_code", 1, "sent"),  # somebody waits for it at the screen
        ("account:login_code", 20, "suppressed"),  # stale
        ("account:unknown_account", 20, "suppressed"),
        ("account:password_changed", 20, "held"),
    ],
)
def test_security_mail_is_sent_while_somebody_waits_and_dropped_when_stale(
    sink: Sink, notice: str, minutes: int, state: str
):
    submit(make_participant())
    workflow.derive()
    then = backup()
    workflow.sweep()
    go_back_to(then)
    with time_machine.travel(clock.now() - timedelta(minutes=minutes)):
        code = workflow.queue(
            notice,
            address="a@users.example",
            recipient_key="address:1",
            occurrence="1",
            payload={"code": "ABCD-EFGH"},
        )
    workflow.sweep()
    code.refresh_from_db()
    assert (code.state, bool(code.payload)) == (state, state == "held")


def test_a_database_without_its_journal_sends_nothing_unasked(sink: Sink):
    """A copy for rehearsals, or one on a new machine: who knows what the other one sent."""
    submit(make_participant())
    workflow.sweep()
    submit(make_participant())
    for path in Path(settings.LEDGER_JOURNAL).glob(f"{workflow.generation().public_id}*"):
        path.unlink()
    workflow.sweep()
    assert (states(), len(sink.letters)) == (["held", "sent"], 1)


def test_a_database_that_never_sent_begins_without_a_question(sink: Sink):
    submit(make_participant())
    assert not Generation.objects.exists()
    workflow.sweep()
    assert (states(), Generation.objects.get().state) == (["sent"], "running")


def test_a_journal_that_cannot_be_written_delays_and_sends_nothing(sink: Sink, monkeypatch):
    def full(*_args):
        raise OSError("No space left on device")

    submit(make_participant())
    with monkeypatch.context() as patch:
        patch.setattr(journal, "note", full)
        workflow.sweep()
    assert (states(), sink.letters) == (["delayed"], [])
    assert Email.objects.get().why == "The ledger's journal can't be written."
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        workflow.sweep()
    assert (states(), len(sink.letters)) == (["sent"], 1)


def test_a_worker_that_died_between_the_row_and_the_journal_is_no_restore(sink: Sink):
    submit(make_participant())
    workflow.derive()
    (email,) = workflow.claim_due(1)
    put(email, "sending", handed=1)  # begun, and not a line of it in the journal
    submit(make_participant())
    workflow.sweep()
    assert states() == ["sending", "sent"]
    assert Generation.objects.count() == 1


def test_resending_is_no_restore(sink: Sink):
    submit(make_participant())
    sink.at_dot = "451 Later"
    workflow.sweep()
    put(Email.objects.get(), "uncertain")
    sink.behave()
    officer = make_holder(Role.COMMUNICATIONS_OFFICER)
    workflow.resend(Email.objects.get(), by=officer, reason="It never came.")
    workflow.sweep()
    assert (states(), Email.objects.get().handed, Generation.objects.count()) == (["sent"], 2, 1)


# What a person decides ----------------------------------------------------------------------------
@pytest.fixture
def held(sink: Sink) -> Generation:
    """Hold two emails after a restore: one that went out before, one that did not."""
    submit(make_participant())
    workflow.derive()
    then = backup()
    workflow.sweep()
    sink.letters.clear()
    go_back_to(then)
    submit(make_participant())
    workflow.sweep()
    return Generation.objects.latest("number")


def test_a_person_releases_all_that_is_held(sink: Sink, held: Generation):
    officer = make_holder(Role.COMMUNICATIONS_OFFICER)
    assert workflow.release(held, by=officer, reason="The backup was an hour old.") == 2
    workflow.sweep()
    assert (states(), len(sink.letters)) == (["sent", "sent"], 2)
    assert Event.objects.get(kind="communications.generation.released").facts["emails"] == 2
    with pytest.raises(Refused):
        workflow.release(held, by=officer, reason="Again.")


def test_a_person_settles_the_rows_one_by_one(sink: Sink, held: Generation):
    officer = make_holder(Role.OFFICE_MANAGER)
    went = Email.objects.get(why__startswith="The mail server was given")
    workflow.confirm_sent(went, by=officer, reason="The journal names it.")
    waits = Email.objects.get(state="held")
    workflow.let_go(waits, by=officer, reason="The journal does not name it.")
    workflow.sweep()
    assert (states(), len(sink.letters)) == (["sent", "sent"], 1)


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AUDITOR, None])
def test_nobody_else_decides(held: Generation, role: Role | None):
    by: Any = make_holder(role) if role else None
    email = Email.objects.filter(state="held").latest("id")
    for decide in (
        lambda: workflow.release(held, by=by, reason="Because"),
        lambda: workflow.let_go(email, by=by, reason="Because"),
        lambda: workflow.confirm_sent(email, by=by, reason="Because"),
    ):
        with pytest.raises(Refused):
            decide()
    assert states() == ["held", "held"]


def test_a_release_from_the_command_line_names_who_and_why(sink: Sink, held: Generation, capsys):
    officer = make_holder(Role.OFFICE_MANAGER)
    call_command("release_mail", by=officer.email, reason="The backup was an hour old.")
    assert "2 emails go out" in capsys.readouterr().out
    workflow.sweep()
    assert states() == ["sent", "sent"]
    assert Event.objects.get(kind="communications.generation.released").actor == officer
    call_command("release_mail", by=officer.email, reason="Again.")
    assert "Nothing is held" in capsys.readouterr().out


# The journal --------------------------------------------------------------------------------------
def test_the_journal_keeps_the_newest_lines_when_it_is_full(settings, tmp_path, monkeypatch):
    settings.LEDGER_JOURNAL = tmp_path / "ledger"
    monkeypatch.setattr(journal, "LONGEST", 1000)
    generation = uuid4()
    assert journal.newest(generation) is None
    with pytest.raises(FileNotFoundError):
        journal.note(generation, uuid4(), 1)
    journal.begin(generation)
    assert journal.newest(generation) == {}
    emails = [uuid4() for _ in range(60)]
    for email in emails:
        journal.note(generation, email, 1)
        assert journal.newest(generation)[email] == 1
    assert set(emails[-20:]) <= set(journal.everything(generation))
    assert sum(path.stat().st_size for path in (tmp_path / "ledger").iterdir()) < 2200


def test_a_line_cut_short_by_a_power_cut_says_nothing(settings, tmp_path):
    settings.LEDGER_JOURNAL = tmp_path
    generation, email = uuid4(), uuid4()
    (tmp_path / f"{generation}.journal").write_text(f"{email} 2\n{email} 1\n{str(uuid4())[:20]}")
    assert journal.newest(generation) == journal.everything(generation) == {email: 2}


# A real dump, a real restore ----------------------------------------------------------------------
def _sqlite_copy(folder: Path) -> Callable[[], None]:
    path, kept = Path(connection.settings_dict["NAME"]), folder / "backup.sqlite3"
    connection.close()
    shutil.copy(path, kept)

    def restore() -> None:
        connection.close()
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        shutil.copy(kept, path)

    return restore


def _postgresql_dump(folder: Path) -> Callable[[], None]:
    given, kept = connection.settings_dict, folder / "backup.dump"
    programs = postgresql_programs()
    assert programs
    environment = os.environ | {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": given["NAME"],
    }
    connection.close()
    dump: Command = [programs / "pg_dump", "--format=custom", "--file", kept]
    subprocess.run(dump, env=environment, check=True)

    def restore() -> None:
        connection.close()
        options = ("--clean", "--if-exists", "--exit-on-error", "--dbname", given["NAME"])
        command: Command = [programs / "pg_restore", *options, kept]
        subprocess.run(command, env=environment, check=True)

    return restore


@pytest.mark.django_db(transaction=True)
def test_a_real_backup_is_noticed_when_it_is_restored(sink: Sink, tmp_path: Path):
    copy = _sqlite_copy if connection.vendor == "sqlite" else _postgresql_dump
    submit(make_participant())
    workflow.sweep()
    submit(make_participant())
    workflow.derive()
    restore = copy(tmp_path)
    workflow.sweep()
    assert (states(), len(sink.letters)) == (["sent", "sent"], 2)
    restore()
    assert states() == ["queued", "sent"]
    for _ in range(2):
        workflow.sweep()
    assert (states(), len(sink.letters)) == (["held", "sent"], 2)
