"""Ethics reviews: opened by what is counted, settled by an ethics reviewer, so that nothing waits long."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from reviews.models import EthicsReview, Membership, Offer
from reviews.policies import fairness as policies
from reviews.workflow.offering import renew
from stepchange import clock
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.transitions import Refused, Table, Transition

ETHICS = Table(
    "reviews.ethics_review",
    Transition(
        name="clear",
        event="cleared",
        sources=("open",),
        target="cleared",
        label=gettext_lazy("Clear it"),
        policy=policies.may_settle_review,
        asks_reason=True,
    ),
    Transition(
        name="clear_with_conditions",
        event="cleared_with_conditions",
        sources=("open",),
        target="conditions",
        label=gettext_lazy("Clear it with conditions"),
        policy=policies.may_settle_review,
        asks_reason=True,
    ),
    Transition(
        name="not_clear",
        event="not_cleared",
        sources=("open",),
        target="not cleared",
        label=gettext_lazy("Do not clear it"),
        policy=policies.may_settle_review,
        asks_reason=True,
    ),
    model="reviews.EthicsReview",
)


def open_where_over(
    project: Project, groups: Mapping[int, int] | None = None
) -> list[EthicsReview]:
    """Open a review for each group that is over a threshold in a project, unless one is open or settled it.

    In a transaction, with the project locked: one is opened once.
    """
    register = policies.groups_now() if groups is None else groups
    opened = []
    for over in policies.over_thresholds(project, register):
        newest = policies.review_of(project, over.group, register)
        if not policies.needs_review(over, newest):
            continue
        review = EthicsReview.objects.create(
            project=project,
            organisation_id=over.group,
            why=[each.value for each in over.why],
            seats=over.seats,
            figures=over.figures,
        )
        record(
            "reviews.ethics_review.opened",
            review,
            by=None,
            facts={"project": project.code, "reasons": review.why, **over.figures},
        )
        opened.append(review)
    return opened


def look_over_all() -> int:
    """Open what is to be opened in any project that has members; return how many were."""
    register = policies.groups_now()
    held = Membership.objects.live().values("project")
    found = 0
    for project in Project.objects.filter(pk__in=held).order_by("pk"):
        with transaction.atomic():
            Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            found += len(open_where_over(project, register))
    return found


def clear(review: EthicsReview, *, reason: str, by: User) -> Event:
    """Record that nothing speaks against the group's part; what waited goes on. Raises Refused."""
    with transaction.atomic():
        event = ETHICS.move(review, "clear", by=by, reason=reason, **_settled(review, reason, by))
        _let_go_on(review)
    return event


def clear_with_conditions(review: EthicsReview, *, conditions: str, reason: str, by: User) -> Event:
    """Record the conditions on which the group may take part; what waited goes on. Raises Refused."""
    if not conditions.strip():
        raise Refused(_("Say on which conditions."))
    said = _settled(review, reason, by)
    said["values"] |= {"conditions": conditions}
    with transaction.atomic():
        event = ETHICS.move(review, "clear_with_conditions", by=by, reason=reason, **said)
        _let_go_on(review)
    return event


def not_clear(review: EthicsReview, *, reason: str, by: User) -> Event:
    """Record that the group's part is too large: no more of it join while that is so. Raises Refused."""
    return ETHICS.move(review, "not_clear", by=by, reason=reason, **_settled(review, reason, by))


def _settled(review: EthicsReview, reason: str, by: User) -> dict[str, dict[str, object]]:
    return {
        "values": {"reason": reason, "settled_by": by, "settled_at": clock.now()},
        "facts": {"project": review.project.code, "reasons": review.why},
    }


def _let_go_on(review: EthicsReview) -> None:
    """Give the offers that it held their time anew."""
    register = policies.groups_now()
    group = register.get(review.organisation_id)
    standing = Offer.objects.standing().filter(choice__project=review.project_id)
    for offer in standing.select_related("choice__expression__person"):
        organisation = offer.choice.expression.person.organisation_id
        if organisation is not None and register.get(organisation) == group:
            renew(offer)
