"""What Celery does for participants."""

import structlog
from celery import shared_task

from participants.workflow import invitations, resets, suggestions

log = structlog.get_logger(__name__)


@shared_task
def record_run_out() -> None:
    """Record invitations and requests about second factors whose time is over."""
    counts = {"invitations": invitations.record_run_out(), "resets": resets.record_run_out()}
    if any(counts.values()):
        log.info("run_out.recorded", **counts)


@shared_task
def suggest_conflicts() -> None:
    """Compare what was declared, submitted or appointed since the last time."""
    if count := suggestions.compare_queued():
        log.info("conflicts.suggested", count=count)


@shared_task
def suggest_conflicts_among_all() -> None:
    """Compare everybody, for what was missed and for what changed in the register."""
    if count := suggestions.compare_everybody():
        log.info("conflicts.suggested_among_all", count=count)
