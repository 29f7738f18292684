"""What Celery does for the ledger."""

import structlog
from celery import shared_task

from communications import workflow

log = structlog.get_logger(__name__)


@shared_task
def sweep() -> None:
    """Send what is due, recover what a dead worker left. Any number at once do no harm."""
    if counts := workflow.sweep():
        log.info("ledger.swept", **counts)
