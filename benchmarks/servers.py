"""The portal and bare Django side by side: the same gunicorn, the same throw-away PostgreSQL.

`prepared` gives a migrated database to this process; `portal` and `bare` serve it as production
does (Dockerfile), without its proxy and its TLS.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scripts.environment import ROOT
from scripts.processes import Command
from scripts.services import free_port, listens, postgresql, redis, running

HOST = "127.0.0.1"
PROXY = "127.0.0.1"  # trusted to name the client, so that limits count as they do in production
GUNICORN = (sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "8")
PATIENCE = "30"  # seconds that a connection is kept for a client that is slow to ask again
WORKERS = 2


@contextmanager
def prepared() -> Iterator[None]:
    """Be Django in test mode on a new, migrated database, dropped afterwards.

    DATABASE_URL may name a server to make it on; a cluster is made where it is not given.
    """
    with ExitStack() as stack:
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = stack.enter_context(postgresql())
        if "REDIS_URL" not in os.environ:
            os.environ["REDIS_URL"] = stack.enter_context(redis())
        os.environ["STEPCHANGE_MODE"] = "test"
        os.environ["STEPCHANGE_VAR"] = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["TRUSTED_PROXIES"] = PROXY
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        os.environ["DJANGO_SETTINGS_MODULE"] = "stepchange.settings"
        os.environ.setdefault("SECRET_KEY", "s" * 64)
        stack.enter_context(_database())
        yield


@contextmanager
def _database() -> Iterator[None]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    before = str(connection.settings_dict["NAME"])
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    given = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = urlsplit(given)._replace(path=f"/{name}").geturl()
    try:
        call_command("collectstatic", verbosity=0, interactive=False)
        yield
    finally:
        os.environ["DATABASE_URL"] = given
        connection.close()
        connection.creation.destroy_test_db(before, verbosity=0)


@dataclass(frozen=True)
class Server:
    """A gunicorn that runs: where it listens, and its process group."""

    port: int
    group: int

    def cpu_seconds(self) -> float:
        """Return the processor time that its processes have spent, the kernel's for them included."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it may have ended meanwhile
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.group:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def portal() -> Iterator[Server]:
    """Serve the portal."""
    with _served("stepchange.wsgi", {}) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """Serve bare Django."""
    from django.db import connection

    from benchmarks.bare.urls import TYPED

    with connection.cursor() as cursor:
        cursor.execute(TYPED)
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
    with _served("django.core.wsgi:get_wsgi_application()", settings) as server:
        yield server


@contextmanager
def _served(application: str, variables: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    log = Path(os.environ["STEPCHANGE_VAR"]) / f"gunicorn-{port}.log"
    command: Command = [
        *GUNICORN,
        "--workers",
        str(WORKERS),
        "--bind",
        f"{HOST}:{port}",
        "--keep-alive",
        PATIENCE,
        "--no-control-socket",
        "--chdir",
        ROOT,
        application,
    ]
    environment = os.environ | dict(variables)
    with running(command, log, lambda: listens(port), environment=environment) as process:
        yield Server(port, process.pid)


def busy() -> str:
    """Say how busy the machine is, for whoever reads the figures."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
