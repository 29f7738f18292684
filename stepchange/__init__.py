"""The platform every app stands on: settings, the user, events and the audit record, transitions."""

from stepchange.celery import app as celery_app

__all__ = ["celery_app"]
