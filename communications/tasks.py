"""What Celery does for the ledger."""

import structlog
from celery import shared_task

from communications import workflow

log = structlog.get_logger(__name__)


@shared_task
def sweep() -> None:
    """Send what is due, recover what a dead worker left. Any number at once do no harm."""
    _sweep(asks_the_clock=False, looks_through_all=False)


@shared_task
def look_at_the_clock() -> None:
    """Sweep, and look for what has come due by the clock as well: that can wait a minute."""
    _sweep(asks_the_clock=True, looks_through_all=False)


@shared_task
def look_through_all() -> None:
    """Sweep, and look for what only a look through all events and all forms finds."""
    _sweep(asks_the_clock=False, looks_through_all=True)


def _sweep(**asks: bool) -> None:
    if counts := workflow.sweep(**asks):
        log.info(
            "ledger.swept", **{name.replace(" ", "_"): count for name, count in counts.items()}
        )
