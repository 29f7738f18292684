"""What a participant's timeline tells of their choices: the outcomes that were released to them."""

from collections import defaultdict
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import ExpressionOfInterest, ProjectChoice
from participants.timeline import Moment, moment_at
from reviews.models import Decision, Release
from stepchange.transitions import Words

TOLD: dict[str, Words] = {
    Decision.Outcome.OFFERED: gettext_lazy("You were offered a place in %(project)s."),
    Decision.Outcome.RESERVE: gettext_lazy("You were put on the reserve list of %(project)s."),
    Decision.Outcome.DECLINED: gettext_lazy("There was no place for you in %(project)s."),
}
BEFORE = (ProjectChoice.State.PENDING, ProjectChoice.State.SHORTLISTED)


def released_to(expressions: Sequence[ExpressionOfInterest]) -> dict[int, list[Moment]]:
    """Return, by the keys of some forms, the outcomes that were released: one query, if any can be."""
    found: dict[int, list[Moment]] = defaultdict(list)
    submitted = [each.pk for each in expressions if each.submitted_at and _has_moved(each)]
    if not submitted:
        return found
    releases = Release.objects.filter(decision__choice__expression__in=submitted)
    for release in releases.select_related("decision__choice__project", "decision__letter"):
        decision = release.decision
        choice = decision.choice
        about = {"project": choice.project}
        has_letter = hasattr(decision, "letter")
        found[choice.expression_id].append(
            moment_at(
                release.released_at,
                str(TOLD[decision.outcome]) % about,
                url=reverse("reviews:letter", args=[decision.public_id]) if has_letter else "",
                link=_("Read the letter about %(project)s") % about,
            )
        )
    return found


def _has_moved(expression: ExpressionOfInterest) -> bool:
    """Say whether some choice of a form is in another state than before an outcome."""
    return any(choice.state not in BEFORE for choice in expression.choices.all())
