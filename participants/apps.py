"""The participants app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipantsConfig(AppConfig):
    """Names the app in the console."""

    name = "participants"
    verbose_name = _("Participants")
