"""The reviews app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """Names the app in the console, and listens for what a membership or an offer follows from."""

    name = "reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        """Let an offer, a place in reserve and a membership follow the choice and law 1's facts."""
        from reviews.workflow import membership, offering
        from stepchange.signals import recording

        recording.connect(offering.keep_in_step, dispatch_uid="reviews.offers")
        recording.connect(membership.choice_moved, dispatch_uid="reviews.withdrawals")
        recording.connect(membership.facts_changed, dispatch_uid="reviews.law_1")
