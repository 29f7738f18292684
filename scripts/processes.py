"""Starting programs so that none of them outlives us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

Command: TypeAlias = Sequence[str | Path]

_running: set[subprocess.Popen[bytes]] = set()


def start(
    command: Command,
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of a group of its own, as another user if one is named.

    The group is so that Ctrl-C reaches only us, and `stop` all of it. Where `setpriv` is there (any
    Debian), the program is told to end if we are killed outright.
    """
    setpriv = shutil.which("setpriv")
    tied = [setpriv, "--pdeathsig", "TERM", *as_user(user), "--"] if setpriv else []
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [*tied, *map(str, command)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
    finally:
        if output:
            output.close()


def as_user(name: str | None) -> list[str]:
    """Return setpriv's options that make a program run as this user."""
    return [f"--reuid={name}", f"--regid={name}", "--clear-groups"] if name else []


def run(
    command: Command, *, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> int:
    """Run a program to its end and return its exit status; interrupt it if we are."""
    process = start(command, environment=environment, log=log)
    _running.add(process)
    try:
        return process.wait()
    except BaseException:
        stop([process], first=signal.SIGINT)
        raise
    finally:
        _running.discard(process)


def interrupt_running() -> None:
    """Interrupt whatever `run` waits for in other threads, which no signal reaches."""
    stop(list(_running), first=signal.SIGINT)


def stop(
    processes: Iterable[subprocess.Popen[bytes]],
    *,
    first: signal.Signals = signal.SIGTERM,
    patience: float = 10,
) -> None:
    """Ask every program to end, wait, and end whatever is left of its group."""
    processes = list(processes)
    for process in processes:
        _signal_group(process, first)
    deadline = time.monotonic() + patience
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
