"""What Celery does for the platform."""

import structlog
from celery import shared_task
from django.core.management import call_command

from stepchange import audit, kept_typing

log = structlog.get_logger(__name__)


@shared_task
def seal_record() -> None:
    """Take into the chain what a dying process left unsealed."""
    if sealed := audit.seal():
        log.info("audit.swept", count=sealed)


@shared_task
def clear_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


@shared_task
def forget_kept_typing() -> None:
    """Delete what was typed, could not be saved, and was not come back for within a day."""
    if count := kept_typing.sweep():
        log.info("typing.forgotten", count=count)
