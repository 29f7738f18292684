"""The reviews app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """Names the app in the console, and answers and listens for what moves a project choice."""

    name = "reviews"
    verbose_name = _("Reviews")

    def ready(self) -> None:
        """Let keys fall with what they rest on, and no outcome move but by a joint decision.

        And let an offer, a place in reserve and a membership follow the choice, and law 1's facts.
        """
        from participants import timeline as participants_timeline
        from participants.policies import outcomes
        from participants.views import account
        from reviews import policies, timeline
        from reviews.views import board_link
        from reviews.workflow import falling, membership, offering
        from stepchange.signals import recording
        from workstreams.workflow import programme

        recording.connect(falling.on_recorded, dispatch_uid="reviews.falling")
        outcomes.ASKED.append(policies.why_not_moved)
        programme.ALSO_SERVING.append(policies.standing_in_now)
        recording.connect(offering.keep_in_step, dispatch_uid="reviews.offers")
        recording.connect(membership.choice_moved, dispatch_uid="reviews.withdrawals")
        recording.connect(membership.facts_changed, dispatch_uid="reviews.law_1")
        # What a participant and a member of the board find on their account page.
        participants_timeline.ELSEWHERE.append(timeline.released_to)
        account.ELSEWHERE.append(board_link.of_account)
