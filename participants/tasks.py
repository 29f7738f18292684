"""What Celery does for participants."""

import structlog
from celery import shared_task

from participants.workflow import invitations, referees, resets, validation

log = structlog.get_logger(__name__)


@shared_task
def record_run_out() -> None:
    """Record what has run out: invitations, requests about second factors and to referees, validations."""
    counts = {
        "invitations": invitations.record_run_out(),
        "resets": resets.record_run_out(),
        "referees": referees.record_run_out(),
        "validations": validation.record_run_out(),
        "changed": validation.record_changed(),
    }
    if any(counts.values()):
        log.info("run_out.recorded", **counts)


@shared_task
def open_missing_validations() -> None:
    """Open the validations of submitted forms that have none."""
    if count := validation.open_missing():
        log.info("validations.opened", count=count)
