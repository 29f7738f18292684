"""Keeping a few programs running: started, watched, restarted when they die, stopped."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts import processes
from scripts.processes import Command
from scripts.terminal import Refusal, say

LONGEST_PAUSE = 30.0  # seconds between two restarts of a program that keeps dying
A_MOMENT = 0.5  # seconds by which a signal to everything may reach a program before it reaches us
STEADY_AFTER = 60.0  # seconds of running after which earlier deaths are forgiven


@dataclass
class Program:
    """One program to keep running, and how it has fared."""

    name: str
    command: Command
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it now."""
        self.process = processes.start(self.command, environment=environment, log=self.log)
        self.started = time.monotonic()

    def has_died(self) -> bool:
        """Say whether it ran and runs no longer."""
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> float:
        """Note its death and return the seconds to wait before the next start: 1, 2, 4 ... 30."""
        lived = time.monotonic() - self.started
        self.deaths = 1 if lived > STEADY_AFTER else self.deaths + 1
        pause = min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)
        self.not_before = time.monotonic() + pause
        self.process = None
        return pause

    def last_words(self, lines: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def keep_running(
    programs: Sequence[Program],
    *,
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
    when_ready: Callable[[], None],
    patience: float = 90.0,
) -> None:
    """Start every program and watch over them until Ctrl-C; stop them all, whatever happens.

    Raises Refusal if one of them dies, or none answers, before the whole is ready.
    """
    try:
        for program in programs:
            program.start(environment)
        _await_ready(programs, is_ready, patience)
        with suppress(KeyboardInterrupt):
            when_ready()
            while True:
                for program in programs:
                    _revive(program, environment)
                time.sleep(0.5)
    finally:
        processes.stop(program.process for program in programs if program.process)


def _await_ready(
    programs: Sequence[Program], is_ready: Callable[[], bool], patience: float
) -> None:
    deadline = time.monotonic() + patience
    while not is_ready():
        for program in programs:
            if program.has_died():
                raise Refusal(
                    f"The {program.name} could not start. It said:\n{program.last_words()}"
                )
        if time.monotonic() > deadline:
            first = programs[0]
            raise Refusal(
                f"Not ready after {patience:.0f} seconds. {first.log} ends:\n{first.last_words()}"
            )
        time.sleep(0.2)


def _revive(program: Program, environment: Mapping[str, str]) -> None:
    if program.has_died():
        time.sleep(A_MOMENT)  # if all is being stopped, this is where we hear of it: nothing died
        pause = program.bury()
        say(f"The {program.name} died; starting it again in {pause:.0f} s (see {program.log}).")
    elif program.process is None and time.monotonic() >= program.not_before:
        program.start(environment)
