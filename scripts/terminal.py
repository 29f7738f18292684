"""What the commands say to the person at the terminal, and how they end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType


class Refusal(Exception):
    """The command cannot go on; the message tells a person what to do about it."""


def say(line: str = "") -> None:
    """Print at once, so that our lines keep their place among those of the programs we start."""
    print(line, flush=True)


def run_as_command(main: Callable[[], int]) -> None:
    """Run `main` as a command: a refusal is one plain message; a signal runs every clean-up."""
    signal.signal(signal.SIGTERM, _leave)
    # A shell starts what it runs in the background deaf to Ctrl-C; whoever sends it means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # unless started with nohup
        signal.signal(signal.SIGHUP, _leave)
    try:
        sys.exit(main())
    except Refusal as refusal:
        sys.exit(f"\n{refusal}")
    except KeyboardInterrupt:
        say("\nStopped.")
        sys.exit(130)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
