"""What the ledger is not: a task for each mail that sends, then marks, late-acknowledged and retried.

The control of `test_faults`: in the same harness it loses and it doubles.
"""

from typing import Any

from celery import Celery
from django.apps import apps
from django.core.mail import send_mail
from kombu import Queue

app = Celery("naive", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue("naive")]
app.conf.task_default_queue = "naive"
app.conf.beat_schedule = {}


@app.task(
    name="naive.send",
    bind=True,
    acks_late=True,
    autoretry_for=(Exception,),
    default_retry_delay=0,
    max_retries=None,
)
def send(_task: Any, pk: int) -> None:
    """Send one row's mail and mark it."""
    rows = apps.get_model("communications", "Email")._base_manager
    email = rows.get(pk=pk)
    if email.state != "sent":
        send_mail(email.heading, email.heading, None, [email.address])
        rows.filter(pk=pk).update(state="sent")
