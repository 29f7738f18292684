"""`make run`: the whole portal on this machine, as the demonstration, from a clean clone."""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts import environment
from scripts.environment import ROOT
from scripts.processes import Command
from scripts.supervisor import Program, keep_running
from scripts.terminal import Refusal, run_as_command, say
from scripts.welcome import welcome

HOST = "127.0.0.1"
VAR = Path(os.environ.get("STEPCHANGE_VAR") or ROOT / "var")


def main() -> int:
    """Prepare everything, run it until Ctrl-C, and leave nothing running."""
    port = chosen_port(os.environ)
    refuse_if_taken(port)
    with only_one_here():
        python = environment.ensure(environment.RUNTIME)
        settings = demonstration(os.environ, port)
        say("Preparing the database and the static files ...")
        quiet = {"LOG_LEVEL": "WARNING"} | settings
        if subprocess.run([python, "-m", "scripts.prepare"], env=quiet).returncode:
            raise Refusal("The portal could not be prepared; the reason is above.")
        say("Starting the web server, the worker and the scheduler ...")
        keep_running(
            programs(python, port),
            environment=settings,
            is_ready=lambda: is_ready(port),
            when_ready=lambda: say(welcome(f"http://{HOST}:{port}/")),
        )
    say("\nStopped.")
    return 0


def chosen_port(given: Mapping[str, str]) -> int:
    """Return the port named by PORT, or 8000."""
    value = given.get("PORT") or "8000"
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise Refusal(
            f"PORT is {value!r}: give a number from 1 to 65535, for example make run PORT=8001."
        )
    return int(value)


def refuse_if_taken(port: int) -> None:
    """Raise Refusal if another program already listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Refusal(
                f"Port {port} needs more rights than you have: make run PORT=8000."
            ) from None
        except OSError:
            raise Refusal(
                f"Port {port} is taken by another program. Stop it, or choose another port:\n"
                f"  make run PORT={port + 1 if port < 65535 else 8000}"
            ) from None


@contextmanager
def only_one_here() -> Iterator[None]:
    """Hold this folder's demonstration: two would share one database and one queue."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                "The portal already runs from this folder. Stop that one first (Ctrl-C)."
            ) from None
        yield


def demonstration(given: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the environment that the portal's programs run in."""
    return dict(given) | {
        "STEPCHANGE_MODE": "demonstration",
        "DJANGO_SETTINGS_MODULE": "stepchange.settings",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def programs(python: Path, port: int) -> list[Program]:
    """Return the three programs of the portal, each with a fresh log."""
    celery: Command = [python, "-m", "celery", "--app", "stepchange", "--quiet"]
    gunicorn: Command = [python, "-m", "gunicorn", "stepchange.wsgi", "--no-control-socket"]
    commands: dict[str, Command] = {
        # Long addresses are for the portal to answer, with a page in its look.
        "web server": [
            *gunicorn,
            *("--bind", f"{HOST}:{port}", "--threads", "8", "--limit-request-line", "0"),
        ],
        "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "4"],
        "scheduler": [*celery, "beat", "--schedule", VAR / "beat-schedule", "--pidfile="],
    }
    logs = VAR / "log"
    logs.mkdir(exist_ok=True)
    made = [
        Program(name, command, logs / f"{name.split()[0]}.log")
        for name, command in commands.items()
    ]
    for program in made:
        program.log.write_text("")
    return made


def is_ready(port: int) -> bool:
    """Say whether the portal says that it is ready."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    run_as_command(main)
