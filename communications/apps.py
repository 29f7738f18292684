"""The communications app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunicationsConfig(AppConfig):
    """Names the app in the console."""

    name = "communications"
    verbose_name = _("Communications")
