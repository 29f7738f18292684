"""What Celery does for participants."""

import structlog
from celery import shared_task

from participants.workflow import invitations, likeness, resets

log = structlog.get_logger(__name__)


@shared_task
def record_run_out() -> None:
    """Record invitations and requests about second factors whose time is over."""
    counts = {"invitations": invitations.record_run_out(), "resets": resets.record_run_out()}
    if any(counts.values()):
        log.info("run_out.recorded", **counts)


@shared_task
def compare_people() -> None:
    """Find who is likely one person with whom, among those whose details changed."""
    if count := likeness.compare_due():
        log.info("people.compared", count=count)
