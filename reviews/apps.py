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
        from participants import cast as demonstration
        from participants import querysets as people
        from participants import timeline as participants_timeline
        from participants.policies import outcomes
        from participants.views import account, trust
        from reviews import policies, timeline
        from reviews.cast import acts_of_reviewers
        from reviews.cast_outcomes import acts_of_outcomes
        from reviews.models import Recusal
        from reviews.views import elsewhere
        from reviews.workflow import falling, membership, offering
        from stepchange.signals import recording
        from workstreams.workflow import programme

        recording.connect(falling.on_recorded, dispatch_uid="reviews.falling")
        outcomes.ASKED.append(policies.why_not_moved)
        people.ALSO_WITHHELD.append(Recusal.objects.people_of)
        programme.ALSO_SERVING.append(policies.standing_in_now)
        recording.connect(offering.keep_in_step, dispatch_uid="reviews.offers")
        recording.connect(membership.choice_moved, dispatch_uid="reviews.withdrawals")
        recording.connect(membership.facts_changed, dispatch_uid="reviews.law_1")
        # What a participant and whoever reviews find on their account page.
        participants_timeline.ELSEWHERE.append(timeline.released_to)
        account.ELSEWHERE.append(elsewhere.of_account)
        trust.ALSO.update(elsewhere.FACTS)
        demonstration.BESIDE += (acts_of_reviewers, acts_of_outcomes)
