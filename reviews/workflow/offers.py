"""Answering an offer, letting it lapse, offering the next of the reserve: a place goes to one person."""

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import ProjectChoice
from participants.workflow.offered import (
    accept_offer,
    lapse_offer,
    offer_from_reserve,
    turn_down_offer,
)
from projects.models import Project
from reviews.models import Membership, Offer, ReservePlace
from reviews.policies import offers as policies
from reviews.workflow import ethics, membership
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit, require_reason


def accept(choice: ProjectChoice, *, by: User) -> Membership:
    """Accept an offer: the membership is active in the same transaction.

    Locks the project, so that of several who accept its last place exactly one gets it. Opens an ethics
    review where this passes a threshold. Raises Refused, with the reason, where law 1 is not met, the
    offer has lapsed, no place is free, or an ethics review holds it.
    """
    with transaction.atomic():
        locked = _locked(choice)
        permit(policies.may_accept(by, locked))
        accept_offer(locked, by=by)
        begun = membership.begin(locked, by=by)
        ethics.open_where_over(locked.project)
    choice.refresh_from_db(fields=["state"])
    return begun


def turn_down(choice: ProjectChoice, *, by: User, reason: str = "") -> None:
    """Turn an offer down; its place is free for the next. Raises Refused."""
    with transaction.atomic():
        locked = _locked(choice)
        permit(policies.may_answer(by, locked))
        turn_down_offer(locked, by=by, reason=reason)
    choice.refresh_from_db(fields=["state"])


def record_lapsed() -> int:
    """Record that offers have lapsed: each to the end of its reserve list. Return how many did."""
    found = 0
    for offer in Offer.objects.run_out_by(clock.today()).select_related("choice").order_by("pk"):
        with transaction.atomic():
            locked = _locked(offer.choice)
            if policies.may_lapse(locked) is None:
                lapse_offer(locked, by=None)
                found += 1
    return found


def offer_next(choice: ProjectChoice, *, by: User, reason: str = "") -> None:
    """Offer a place to somebody in reserve: the next, or, with the reason, another. Raises Refused."""
    with transaction.atomic():
        locked = _locked(choice)
        permit(policies.may_offer_next(by, locked))
        if policies.next_in_reserve(locked.project) != locked and not reason.strip():
            raise Refused(
                _("Somebody else is next on the reserve list: say why they are passed over.")
            )
        offer_from_reserve(locked, by=by, reason=reason)
    choice.refresh_from_db(fields=["state"])


def move_in_reserve(choice: ProjectChoice, *, to: int, by: User, reason: str) -> None:
    """Put somebody at another place of the reserve list, from 1, with the reason. Raises Refused."""
    with transaction.atomic():
        locked = _locked(choice)
        permit(policies.may_order_reserve(by, locked))
        require_reason(reason)
        listed = policies.reserve_of(locked.project)
        if locked not in listed:
            raise Refused(_("They are not on the reserve list."))
        if not 1 <= to <= len(listed):
            raise Refused(_("Choose a place from 1 to %(number)d.") % {"number": len(listed)})
        before = listed.index(locked) + 1
        listed.remove(locked)
        listed.insert(to - 1, locked)
        for position, each in enumerate(listed, start=1):
            ReservePlace.objects.filter(choice=each).update(position=position)
        record(
            "reviews.reserve.moved",
            locked,
            by=by,
            reason=reason,
            facts={"before": before, "after": to},
        )


def offer_place(place: ReservePlace, *, by: User, reason: str = "") -> None:
    """Offer a place to whoever stands at one of the reserve list. Raises Refused."""
    offer_next(place.choice, by=by, reason=reason)


def move_place(place: ReservePlace, *, to: int, by: User, reason: str) -> None:
    """Move whoever stands at a place of the reserve list. Raises Refused."""
    move_in_reserve(place.choice, to=to, by=by, reason=reason)


def _locked(choice: ProjectChoice) -> ProjectChoice:
    """Lock a choice's project and the choice, in this order, and return it as it is now."""
    Project.objects.select_for_update(no_key=True).get(pk=choice.project_id)
    rows = ProjectChoice.objects.select_for_update(of=("self",)).select_related(
        "project", "expression__person__user", "expression__person__organisation__merged_into"
    )
    return rows.get(pk=choice.pk)
