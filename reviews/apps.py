"""The reviews app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """Names the app in the console."""

    name = "reviews"
    verbose_name = _("Reviews")
