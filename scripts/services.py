"""A PostgreSQL and a Redis of our own, made for one test run and thrown away after it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts import processes
from scripts.processes import Command
from scripts.terminal import Refusal

HOST = "127.0.0.1"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; Debian's package makes this user for it.
RUN_AS = "postgres" if os.geteuid() == 0 else None
# The cluster is thrown away: it need not survive a power cut, only be quick.
# Its tables hold a few rows each: compiling their queries, and sweeping them in between, buys nothing.
SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def postgresql_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, newest version first, or nothing."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest_first = sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*newest_first, *([Path(on_path).resolve()] if on_path else [])]
    return candidates[0].parent if candidates else None


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a throw-away cluster and yield its address as a DATABASE_URL."""
    programs = postgresql_programs()
    if programs is None:
        raise Refusal("PostgreSQL's server programs are not on this machine.")
    with temporary_folder("stepchange-postgresql-") as folder:
        password = secrets.token_urlsafe(24)
        (folder / "password").write_text(password)
        if RUN_AS:
            shutil.chown(folder, RUN_AS)
            shutil.chown(folder / "password", RUN_AS)
        data, port = folder / "data", free_port()
        _initialise(programs / "initdb", data, folder / "password")
        place = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": ""}
        options = [f"--{name}={value}" for name, value in (SPEED | place).items()]
        command: Command = [programs / "postgres", "-D", data, *options]
        ask: Command = [programs / "pg_isready", "--quiet", "--host", HOST, "--port", str(port)]
        with running(command, folder / "log", lambda: _succeeds(ask), user=RUN_AS):
            yield f"postgres://{SUPERUSER}:{password}@{HOST}:{port}/postgres"


@contextmanager
def redis() -> Iterator[str]:
    """Run a throw-away Redis that keeps nothing on disk, and yield its REDIS_URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise Refusal("redis-server is not on this machine.")
    with temporary_folder("stepchange-redis-") as folder:
        port = free_port()
        place: Command = ["--bind", HOST, "--port", str(port), "--dir", folder]
        with running([program, *place, "--save", ""], folder / "log", lambda: listens(port)):
            yield f"redis://{HOST}:{port}/0"


@contextmanager
def running(
    command: Command,
    log: Path,
    is_ready: Callable[[], bool],
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block lasts, entered once it is ready."""
    process = processes.start(command, environment=environment, log=log, user=user)
    try:
        _await(is_ready, process, log)
        yield process
    finally:
        processes.stop([process], first=signal.SIGINT)


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder, gone afterwards whatever happened in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _initialise(initdb: Path, data: Path, password: Path) -> None:
    switch = ["setpriv", *processes.as_user(RUN_AS), "--"] if RUN_AS else []
    access: Command = ["-U", SUPERUSER, "--pwfile", password, "--auth=scram-sha-256"]
    made = subprocess.run(
        [*switch, initdb, "-D", data, *access, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        capture_output=True,
        text=True,
        cwd="/",
    )
    if made.returncode:
        raise Refusal(f"PostgreSQL's initdb failed:\n{made.stderr}")


def _succeeds(command: Command) -> bool:
    return subprocess.run(command).returncode == 0


def listens(port: int) -> bool:
    """Say whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _await(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Refusal(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
