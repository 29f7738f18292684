"""What Celery does for the platform."""

import structlog
from celery import shared_task
from django.core.cache import caches
from django.core.management import call_command

from stepchange import audit, kept_typing, sessions
from stepchange.cache import SharedCache

log = structlog.get_logger(__name__)


@shared_task
def seal_record() -> None:
    """Take into the chain what a dying process left unsealed."""
    if sealed := audit.seal():
        log.info("audit.swept", count=sealed)


@shared_task
def clear_sessions() -> None:
    """Delete sessions that have ended, and what was kept of where they were."""
    call_command("clearsessions")
    sessions.forget_ended()


@shared_task
def forget_kept_typing() -> None:
    """Delete what was typed, could not be saved, and was not come back for within a day."""
    if count := kept_typing.sweep():
        log.info("typing.forgotten", count=count)


@shared_task
def clear_cache() -> None:
    """Delete what has expired from the embedded default's cache; Redis does so by itself."""
    kept = caches["default"]
    if isinstance(kept, SharedCache):
        kept.drop_expired()
