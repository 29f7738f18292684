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


@shared_task
def settle_co_chairs() -> None:
    """Take accounts whose last term is over out of the co-chairs' group."""
    if settled := workflow.settle_co_chairs():
        log.info("co_chairs.settled", count=settled)
