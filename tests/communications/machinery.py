"""Real worker processes on a real broker, that can be killed, stopped and robbed of their queue."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from celery import Celery
from django.conf import settings
from django.db import connection

from scripts import processes, services
from tests.communications.sink import Sink, running_sink

BROKERS = ("files", "redis")

STARTING = 180
"""Seconds for workers to start: on a busy machine, a first time, Python compiles all that they import."""


@dataclass
class Machinery:
    """A mail server, a broker and, while they run, workers of one Celery application."""

    sink: Sink
    folder: Path
    redis_url: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that works on the test's database and mail server."""
        return os.environ | {
            "STEPCHANGE_MODE": "test",
            "STEPCHANGE_VAR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "stepchange.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "EMAIL_TIMEOUT": "1",
        }

    def application(self, name: str = "rings", **changed: object) -> Celery:
        """Return an application of this process that speaks to the broker."""
        app = Celery(name, set_as_current=False)
        app.config_from_object("django.conf:settings", namespace="CELERY")
        queue = str(self.folder / "broker" / "queue")
        control = str(self.folder / "broker" / "control")
        folders = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": control}
        app.conf.update(
            broker_url=self.redis_url or "filesystem://",
            broker_transport_options={} if self.redis_url else folders,
            **changed,
        )
        return app

    def start(self, count: int = 1, app: str = "stepchange") -> None:
        """Start workers, and wait until they are ready."""
        logs = []
        for number in range(len(self.workers), len(self.workers) + count):
            log = self.folder / f"worker-{number}-{time.monotonic_ns()}.log"
            options = ("--pool", "threads", "--concurrency", "2", "--loglevel", "INFO")
            name = ("--hostname", f"worker{number}@test", "--without-gossip", "--without-mingle")
            command = [sys.executable, "-m", "celery", "--app", app, "worker", *options, *name]
            self.workers.append(processes.start(command, environment=self.environment, log=log))
            logs.append(log)
        try:
            wait_until(lambda: all(map(_says_ready, logs)), STARTING)
        except AssertionError as late:
            said = "\n".join(f"{log.name}:\n{log.read_text()}" for log in logs if log.exists())
            raise AssertionError(
                f"A worker is not ready after {STARTING} seconds.\n{said}"
            ) from late

    def kill(self) -> None:
        """Kill every worker outright, as the kernel does."""
        for worker in self.workers:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)
        self.workers.clear()

    def stop(self) -> None:
        """Ask every worker to end."""
        processes.stop(self.workers, first=signal.SIGTERM, patience=10)
        self.workers.clear()

    def pause(self, *, on: bool) -> None:
        """Stop the workers in the middle of whatever they do but a write to SQLite, or let them go on.

        A process that stands still keeps the one lock that everybody's writes wait for.
        """
        while True:
            for worker in self.workers:
                os.killpg(worker.pid, signal.SIGSTOP if on else signal.SIGCONT)
            if not on or _may_be_written():
                return
            self.pause(on=False)
            time.sleep(0.05)

    def empty_the_broker(self) -> None:
        """Throw away all that it holds."""
        if self.redis_url:
            redis.Redis.from_url(self.redis_url).flushall()
            return
        for path in (self.folder / "broker" / "queue").iterdir():
            path.unlink(missing_ok=True)


def _may_be_written() -> bool:
    if connection.vendor != "sqlite":
        return True
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def _says_ready(log: Path) -> bool:
    return log.exists() and " ready." in log.read_text()


@contextmanager
def machinery(broker: str, folder: Path) -> Iterator[Machinery]:
    """Yield a mail server and a broker; whatever workers were started end with the block."""
    with ExitStack() as stack:
        sink = stack.enter_context(running_sink())
        url = stack.enter_context(services.redis()) if broker == "redis" else ""
        for name in ("queue", "control"):
            (folder / "broker" / name).mkdir(parents=True, exist_ok=True)
        made = Machinery(sink, folder, url)
        try:
            yield made
        finally:
            made.pause(on=False)
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)


def database_url() -> str:
    """Return the address of the test's database, for other processes."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**given)


def wait_until(true: Callable[[], object], seconds: float) -> float:
    """Wait for something to be so, and return for how long; fails when it takes longer."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began
