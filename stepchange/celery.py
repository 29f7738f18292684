"""The Celery application; tasks live in each app's `tasks` module."""

import os
from typing import Any

import structlog
from celery import Celery, signals

from stepchange import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepchange.settings")

file_broker.use()
app = Celery("stepchange")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = structlog.get_logger(__name__)


@signals.task_failure.connect
def log_failure(sender: Any, task_id: str, exception: BaseException, **_: Any) -> None:
    """Log which task failed and where; Celery's own line would repeat the error's words."""
    log.error("task.failed", task=sender.name, id=task_id, exc_info=exception)
