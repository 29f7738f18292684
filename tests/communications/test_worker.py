"""Real worker processes, real kills, real brokers: nothing lost, nothing twice, at most later (law 5)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from celery import Celery
from django.conf import settings

from communications import doorbell, workflow
from communications.models import Email
from participants import workflow as expressions
from participants.models import ExpressionOfInterest
from scripts import processes
from scripts.services import free_port
from stepchange import clock
from tests.builders import make_call, make_draft, make_project
from tests.communications.cast import write_to_the_office
from tests.communications.machinery import database_url, wait_until
from tests.communications.sink import SILENCE, Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> None:
    """Ring for real here."""
    monkeypatch.setattr(doorbell, "_broken_until", None)


@pytest.fixture
def environment(sink: Sink) -> dict[str, str]:
    """Return the environment of a process that works on the test's database and mail server."""
    return os.environ | {
        "STEPCHANGE_MODE": "test",
        "STEPCHANGE_VAR": str(settings.VAR),
        "DJANGO_SETTINGS_MODULE": "stepchange.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
    }


@contextmanager
def program(
    environment: dict[str, str], log: Path, *command: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = processes.start([sys.executable, *command], environment=environment, log=log)
    try:
        yield process
    finally:
        processes.stop([process], first=signal.SIGTERM, patience=10)


@contextmanager
def worker(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = tmp_path / "worker.log"
    options = ("worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO")
    with program(environment, log, "-m", "celery", "--app", "stepchange", *options) as process:
        wait_until(lambda: " ready." in log.read_text(), 60)
        yield process


def states() -> list[str]:
    return sorted(Email.objects.values_list("state", flat=True))


def test_what_nobody_rang_for_is_found_by_the_scheduled_sweep(
    sink: Sink, environment: dict[str, str], tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(doorbell, "ring", lambda: None)
    schedule = ("beat", "--schedule", str(tmp_path / "schedule"), "--pidfile=")
    write_to_the_office(1)
    with (
        worker(environment, tmp_path),
        program(
            environment, tmp_path / "beat.log", "-m", "celery", "--app", "stepchange", *schedule
        ),
    ):
        wait_until(lambda: states() == ["sent"], 30)
    assert len(sink.letters) == 1


def killed_while(
    happened: Callable[[], object], environment: dict[str, str], tmp_path: Path
) -> None:
    """Run `send_due` and kill it outright at the moment that something has happened."""
    with program(environment, tmp_path / "log", "manage.py", "send_due") as process:
        wait_until(happened, 30)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_killed_between_claim_and_sending_it_is_sent_once_by_the_next(
    sink: Sink, environment: dict[str, str], tmp_path: Path
):
    write_to_the_office(1)
    sink.at_greeting = SILENCE
    killed_while(lambda: sink.connections, environment, tmp_path)
    assert states() == ["claimed"]
    sink.behave()
    with time_machine.travel(clock.now() + workflow.CLAIM_LASTS + timedelta(seconds=1)):
        workflow.sweep()
        workflow.sweep()
    assert (states(), len(sink.letters)) == (["sent"], 1)


def test_killed_while_the_server_has_it_it_waits_for_a_person(
    sink: Sink, environment: dict[str, str], tmp_path: Path
):
    write_to_the_office(1)
    sink.at_dot = SILENCE
    killed_while(lambda: sink.letters, environment, tmp_path)
    assert states() == ["sending"]
    sink.behave()
    for minutes in (6, 12, 60):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            workflow.sweep()
    assert (states(), len(sink.letters)) == (["uncertain"], 1)


def test_a_worker_killed_in_the_middle_of_many_loses_none_and_doubles_none(
    sink: Sink, environment: dict[str, str], tmp_path: Path
):
    write_to_the_office(60)
    killed_while(lambda: len(sink.letters) > 10, environment, tmp_path)
    for minutes in (2, 10):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            workflow.sweep()
    counts = {state: states().count(state) for state in set(states())}
    assert set(counts) <= {"sent", "uncertain"}
    assert counts.get("uncertain", 0) <= 1
    assert sum(counts.values()) == 60
    sent = [letter["Message-ID"] for letter in sink.letters]
    assert len(sent) == len(set(sent))
    assert 60 - counts.get("uncertain", 0) <= len(sent) <= 60


def test_send_due_says_what_it_did(sink: Sink, environment: dict[str, str]):
    write_to_the_office(1)
    said = [
        subprocess.run(
            [sys.executable, "manage.py", "send_due"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["derived: 1, sent: 1", "Nothing was due."]


def send(draft: ExpressionOfInterest) -> None:
    assert draft.person.user
    expressions.submit(draft, by=draft.person.user, received_at=clock.now())


@contextmanager
def dead_redis(_tmp_path: Path) -> Iterator[Celery]:
    yield _app(broker_url=f"redis://127.0.0.1:{free_port()}/0", broker_transport_options={})


@contextmanager
def silent_redis(_tmp_path: Path) -> Iterator[Celery]:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it is never accepted from
        port = silent.getsockname()[1]
        yield _app(broker_url=f"redis://127.0.0.1:{port}/0", broker_transport_options={})


@contextmanager
def unwritable_folder(tmp_path: Path) -> Iterator[Celery]:
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "queue")
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
    yield _app(broker_url="filesystem://", broker_transport_options=options)


def _app(**changed: object) -> Celery:
    app = Celery("broken", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(changed)
    return app


@pytest.mark.usefixtures("referees_not_written_to")
@pytest.mark.parametrize("broker", [dead_redis, silent_redis, unwritable_folder])
def test_a_broker_that_is_down_only_delays_the_receipt(
    sink: Sink,
    monkeypatch,
    tmp_path: Path,
    broker: Callable[[Path], AbstractContextManager[Celery]],
):
    call, project = make_call(), make_project()
    drafts = [make_draft(project, call=call) for _ in range(11)]
    waits: list[
        float
    ] = []  # of the rings alone: how long a submission takes is the machine's affair

    def ring_by_the_stopwatch(ring: Callable[[], None] = doorbell.ring) -> None:
        began = time.monotonic()
        ring()
        waits.append(time.monotonic() - began)

    with broker(tmp_path) as app:
        monkeypatch.setattr(doorbell, "celery_app", app)
        monkeypatch.setattr(doorbell, "ring", ring_by_the_stopwatch)
        for draft in drafts:
            send(draft)
    assert len(waits) >= len(drafts)
    assert waits[0] < 5  # however busy the machine is
    assert sum(waits[1:]) < 1  # the bell is known to be broken by now
    assert doorbell._broken_until is not None
    assert not sink.letters
    assert workflow.sweep() == {"derived": 11, "sent": 11}
    assert len(sink.letters) == 11
