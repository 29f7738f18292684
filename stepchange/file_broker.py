"""The broker of the embedded default: kombu's folder of messages, each of which appears there whole.

kombu writes a message under its own name, so a worker that looks in between reads an empty one and ends
by it: once in a while `make run` said that the worker had died.
"""

import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

from stepchange import clock


class Channel(filesystem.Channel):
    """Writes beside the queue, under a name that no worker takes, then renames."""

    def _put(self, queue: str, payload: dict[str, Any], **_named: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{round(clock.now().timestamp() * 1000)}_{uuid.uuid4()}"
        begun = folder / f"{name}.begun"
        try:
            begun.write_text(dumps(payload))
            begun.replace(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {folder}") from error


class Transport(filesystem.Transport):
    """What `filesystem://` stands for here."""

    Channel = Channel


def use() -> None:
    """Let `filesystem://` be this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
