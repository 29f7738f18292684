"""What Celery does for participants."""

import structlog
from celery import shared_task

from participants.workflow import (
    invitations,
    likeness,
    referees,
    resets,
    suggestions,
    validation,
)

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
def forget_referees() -> None:
    """Remove the details of referees whose word counts no more."""
    if count := referees.forget_old():
        log.info("referees.forgotten", count=count)


@shared_task
def open_missing_validations() -> None:
    """Open the validations of submitted forms that have none."""
    if count := validation.open_missing():
        log.info("validations.opened", count=count)


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


@shared_task
def compare_people() -> None:
    """Find who is likely one person with whom, among those whose details changed."""
    if count := likeness.compare_due():
        log.info("people.compared", count=count)
