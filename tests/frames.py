"""Room for Python's frames, asked of the system once.

Frames lie in chunks of 16 KB, each of which is asked for, and given back, whenever a call steps over its
edge: a template's loop that happens to run there does so many thousand times a second.
"""

from collections.abc import Callable
from types import FunctionType

# Half a megabyte, which is rounded up to a whole: the other half is what the frames above it lie in.
WIDE = 70_000


def make_room(function: Callable[..., object]) -> None:
    """Let a function's frame be so wide that all that it calls finds room in the chunk made for it."""
    if isinstance(function, FunctionType):
        function.__code__ = function.__code__.replace(co_stacksize=WIDE)
