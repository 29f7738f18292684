import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from scripts import supervisor
from scripts.supervisor import Program, keep_running
from scripts.terminal import Refusal

FOREVER = "import time; time.sleep(600)"


def program(tmp_path, name, code):
    log = tmp_path / f"{name}.log"
    log.write_text("")
    return Program(name, [sys.executable, "-c", code], log)


def runs(pid):
    """Say whether it runs; what has ended, unnoticed by its parent, has no command line."""
    command_line = Path(f"/proc/{pid}/cmdline")
    return command_line.exists() and command_line.read_bytes() != b""


def soon(condition):
    """Wait until it holds, and say whether it ever did: a killed process takes a moment to go."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """Hear it even if the tests run in the background of a shell, which makes them deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_when(condition):
    """Press Ctrl-C, so to say, once the condition holds."""

    def wait():
        deadline = time.monotonic() + 30
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def test_ctrl_c_stops_every_program_and_what_they_started(tmp_path):
    family = "import subprocess, sys, time; " + (
        f"print(subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).pid, flush=True); "
        "time.sleep(600)"
    )
    web, worker = program(tmp_path, "web", FOREVER), program(tmp_path, "worker", family)
    seen = []

    def when_ready():
        seen.extend([web.process.pid, worker.process.pid, int(worker.log.read_text())])
        interrupt_when(lambda: True)

    keep_running(
        [web, worker],
        environment=os.environ,
        is_ready=lambda: bool(worker.log.read_text()),
        when_ready=when_ready,
    )

    assert len(seen) == 3
    assert soon(lambda: not any(map(runs, seen)))


def test_a_program_that_dies_is_started_again(tmp_path, capfd):
    web = program(tmp_path, "web", FOREVER)
    pids = []

    def when_ready():
        pids.append(web.process.pid)
        os.kill(web.process.pid, signal.SIGKILL)
        interrupt_when(lambda: web.process and web.process.pid not in pids)

    keep_running([web], environment=os.environ, is_ready=lambda: True, when_ready=when_ready)

    assert web.process.pid not in pids
    assert "The web died; starting it again in 1 s" in capfd.readouterr().out


def test_stopping_everything_at_once_is_no_death(tmp_path, capfd):
    web = program(tmp_path, "web", FOREVER)

    def when_ready():
        os.kill(web.process.pid, signal.SIGINT)
        assert soon(web.has_died)
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start()

    keep_running([web], environment=os.environ, is_ready=lambda: True, when_ready=when_ready)

    assert "died" not in capfd.readouterr().out


def test_a_program_that_keeps_dying_is_started_ever_more_slowly(tmp_path):
    web = program(tmp_path, "web", FOREVER)
    web.started = time.monotonic()

    pauses = [web.bury() for _ in range(7)]

    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_forgives_earlier_deaths(tmp_path):
    web = program(tmp_path, "web", FOREVER)
    web.deaths = 6
    web.started = time.monotonic() - supervisor.STEADY_AFTER - 1

    assert web.bury() == 1


def test_a_failing_start_stops_the_others_and_tells_the_reason(tmp_path):
    web = program(tmp_path, "web", FOREVER)
    worker = program(tmp_path, "worker", "import sys; sys.exit('no queue at all')")

    with pytest.raises(Refusal, match=r"The worker could not start\. It said:\nno queue at all"):
        keep_running(
            [web, worker],
            environment=os.environ,
            is_ready=lambda: False,
            when_ready=lambda: pytest.fail("not ready"),
        )

    assert not runs(web.process.pid)


def test_programs_that_never_become_ready_are_given_up(tmp_path):
    web = program(tmp_path, "web", "print('still thinking', flush=True); " + FOREVER)

    with pytest.raises(Refusal, match="Not ready after 1 seconds"):
        keep_running(
            [web],
            environment=os.environ,
            is_ready=lambda: False,
            when_ready=lambda: pytest.fail("not ready"),
            patience=1,
        )

    assert not runs(web.process.pid)
