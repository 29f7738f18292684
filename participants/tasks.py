"""What Celery does for participants."""

import structlog
from celery import shared_task

from participants.workflow import invitations, resets

log = structlog.get_logger(__name__)


@shared_task
def record_run_out() -> None:
    """Record invitations and requests about second factors whose time is over."""
    counts = {"invitations": invitations.record_run_out(), "resets": resets.record_run_out()}
    if any(counts.values()):
        log.info("run_out.recorded", **counts)
