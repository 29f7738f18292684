import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from scripts import services
from scripts.terminal import Refusal

WAITS = """
import time
from scripts import services, terminal

def main():
    with services.redis() as address:
        print(address, flush=True)
        time.sleep(600)

terminal.run_as_command(main)
"""


def listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) == 0


def test_postgresql_serves_while_the_block_lasts_and_not_a_moment_longer():
    with services.postgresql() as address, psycopg2.connect(address) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)

    assert not listens(address)


def test_postgresql_asks_for_its_password():
    with services.postgresql() as address:
        parts = urlsplit(address)
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            psycopg2.connect(address.replace(parts.password, "guessed"))


def test_redis_serves_while_the_block_lasts_and_not_a_moment_longer():
    with services.redis() as address:
        assert redis.from_url(address).ping()

    assert not listens(address)


def test_a_server_that_does_not_start_says_why(tmp_path):
    program = [sys.executable, "-c", "import sys; sys.exit('the disk is full')"]

    with (
        pytest.raises(Refusal, match="the disk is full"),
        services.running(program, tmp_path / "log", is_ready=lambda: False),
    ):
        pytest.fail("it did start")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_the_test_command_ends(number, tmp_path):
    command = subprocess.Popen(
        [sys.executable, "-c", WAITS],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    address = command.stdout.readline().strip()
    assert listens(address)

    os.kill(command.pid, number)
    command.wait(20)

    deadline = time.monotonic() + 10
    while listens(address) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(address)
