"""The embedded broker shows a worker no message that is not whole."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kombu import Connection

from stepchange import celery_app, file_broker

MESSAGES, LONG = 200, "a word and another " * 20_000


def read_whole(folder: Path) -> int:
    """Read every message as soon as it is seen, until all were; return how many were whole."""
    seen: set[Path] = set()
    while len(seen) < MESSAGES:
        for path in set(folder.glob("*.msg")) - seen:
            json.loads(path.read_text())
            seen.add(path)
    return len(seen)


def test_a_message_is_there_whole_or_not_at_all(tmp_path):
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    options["control_folder"] = str(tmp_path / "control")
    (tmp_path / "control").mkdir()
    with (
        Connection("filesystem://", transport_options=options) as connection,
        ThreadPoolExecutor() as pool,
    ):
        worker = pool.submit(read_whole, tmp_path)
        queue = connection.SimpleQueue("bells")
        for _message in range(MESSAGES):
            queue.put(LONG)
            assert not worker.done(), worker.exception()
        assert worker.result(60) == MESSAGES
        assert queue.get(timeout=5).payload == LONG


def test_celery_uses_it():
    with celery_app.connection_for_write("filesystem://") as connection:
        assert isinstance(connection.transport, file_broker.Transport)
