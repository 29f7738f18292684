"""The reviews app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """Names the app in the console, and answers for what moves a project choice."""

    name = "reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        """Let keys fall with what they rest on, and let no outcome move but by a joint decision."""
        from participants import cast as demonstration
        from participants.policies import outcomes
        from participants.views import account
        from reviews import policies
        from reviews.cast import acts_of_reviewers
        from reviews.views import elsewhere
        from reviews.workflow import falling
        from stepchange.signals import recording
        from workstreams.workflow import programme

        recording.connect(falling.on_recorded, dispatch_uid="reviews.falling")
        outcomes.ASKED.append(policies.why_not_moved)
        programme.ALSO_SERVING.append(policies.standing_in_now)
        account.ELSEWHERE.append(elsewhere.of_account)
        demonstration.BESIDE.append(acts_of_reviewers)
