"""`make run` for real: the demonstration started in a folder of its own, used, hurt and stopped."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import run
from scripts.environment import ROOT
from scripts.services import free_port
from scripts.terminal import Refusal

PATIENCE = 120


@dataclass
class Command:
    """One `make run` under way."""

    process: subprocess.Popen[str]
    output: Path
    port: int

    def await_line(self, words: str) -> None:
        """Wait until the command has printed these words."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def get(self, path: str) -> http.client.HTTPResponse:
        """Ask the portal for a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse()


@pytest.fixture
def make_run(tmp_path):
    """Start `make run` with a `var` of its own; whatever a test leaves of it is killed."""
    started = []

    def start(port):
        output = tmp_path / f"output-{len(started)}"
        environment = os.environ | {"PORT": str(port), "STEPCHANGE_VAR": str(tmp_path / "var")}
        for name in ("DATABASE_URL", "REDIS_URL", "STATIC_ROOT"):
            environment.pop(name, None)
        process = subprocess.Popen(
            ["make", "--no-print-directory", "run"],
            cwd=ROOT,
            env=environment,
            stdout=output.open("w"),
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return Command(process, output, port)

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def of_this_demonstration(tmp_path):
    """Return the processes, of any parent, that run with this test's `var`, by their command."""
    marker = f"STEPCHANGE_VAR={tmp_path / 'var'}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = command
        except OSError:
            continue  # gone meanwhile
    return {pid: command for pid, command in found.items() if command}


def left_after_a_moment(tmp_path):
    """Return what still runs of it once what was killed has had time to go."""
    deadline = time.monotonic() + 10
    while of_this_demonstration(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    return of_this_demonstration(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_heals_and_leaves_nothing_behind(make_run, tmp_path, number):
    command = make_run(free_port())
    command.await_line("Ctrl-C stops the portal.")
    assert f"http://127.0.0.1:{command.port}/" in command.output.read_text()
    assert command.get("/health/ready").status == 200
    # The web server itself leaves a long address to the portal: 10 KB of search text.
    assert command.get(f"/projects/?words={'a' * 10_240}").status == 200

    (worker,) = [pid for pid, line in of_this_demonstration(tmp_path).items() if " worker " in line]
    os.kill(worker, signal.SIGKILL)
    command.await_line("The worker died; starting it again")

    os.killpg(command.process.pid, number)  # as a terminal does
    command.process.wait(60)

    assert left_after_a_moment(tmp_path) == {}
    assert "Traceback" not in command.output.read_text()


def test_a_taken_port_is_told_in_plain_words(make_run):
    with socket.create_server(("127.0.0.1", free_port())) as other:
        command = make_run(other.getsockname()[1])
        assert command.process.wait(PATIENCE) != 0

    said = command.output.read_text()
    assert f"Port {command.port} is taken by another program." in said
    assert f"make run PORT={command.port + 1}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(Refusal, match="give a number from 1 to 65535"):
        run.chosen_port({"PORT": port})


def test_the_port_is_8000_unless_another_is_named():
    assert run.chosen_port({}) == 8000
    assert run.chosen_port({"PORT": "8115"}) == 8115


def test_two_demonstrations_of_one_folder_are_one_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VAR", tmp_path / "var")

    with (
        run.only_one_here(),
        pytest.raises(Refusal, match="already runs from this folder"),
        run.only_one_here(),
    ):
        pytest.fail("both run")
