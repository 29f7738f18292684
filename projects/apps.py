"""The projects app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    """Names the app in the console."""

    name = "projects"
    verbose_name = _("Projects")
