"""The workstreams app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkstreamsConfig(AppConfig):
    """Names the app in the console."""

    name = "workstreams"
    verbose_name = _("Work-streams")
