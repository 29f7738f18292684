"""What Celery does for the programme's structure."""

import structlog
from celery import shared_task

from workstreams import workflow

log = structlog.get_logger(__name__)


@shared_task
def close_ended() -> None:
    """Record calls whose closing instant has come."""
    if closed := workflow.close_ended_calls():
        log.info("calls.closed", count=closed)
