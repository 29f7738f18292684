"""What Celery does for reviewing."""

import structlog
from celery import shared_task

from reviews.workflow import ethics, membership, offers

log = structlog.get_logger(__name__)


@shared_task
def record_lapsed_and_changed() -> None:
    """Record what the clock and the facts changed: offers lapsed, memberships suspended, resumed, ended."""
    counts = {"lapsed": offers.record_lapsed(), "memberships": membership.record_changed()}
    if any(counts.values()):
        log.info("memberships.recorded", **counts)


@shared_task
def open_ethics_reviews() -> None:
    """Open the ethics reviews that what was declared or merged since calls for."""
    if count := ethics.look_over_all():
        log.info("ethics_reviews.opened", count=count)
