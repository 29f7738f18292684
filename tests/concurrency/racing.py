"""Many at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(many: int, act: Callable[[int], Any]) -> list[Any]:
    """Do it in so many threads at the same moment; return what each gave, or its exception."""
    barrier = Barrier(many)

    def one(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        except Exception as error:  # what the test is about
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(one, range(many)))
