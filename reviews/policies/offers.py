"""Who may answer an offer, when one has lapsed, and who is offered next from the reserve."""

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.policies import is_own, is_self
from projects.models import Project
from reviews.models import Membership, Offer, ReservePlace
from reviews.policies.conflicts import why_barred
from reviews.policies.fairness import held_for_ethics
from reviews.policies.holders import sides_of
from reviews.policies.joint import decision_bar
from reviews.policies.membership import law_1_bars
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from stepchange.uk_time import uk_long_date

LAPSED = _(
    "The last day to take it up is over, so the offer has lapsed: you are on the reserve list."
)
NOT_OFFERED = _("There is no offer to answer any more.")
NO_PLACE = _(
    "All places in this project are taken: the last one was taken before yours. You stay on the list, and "
    "the office writes to you if one becomes free."
)
MEMBER_ALREADY = _("You are a member of this project already.")


# Places -------------------------------------------------------------------------------------------
def places_free(project: Project) -> int | None:
    """Return how many places nobody holds, a suspended member included; None where there is no limit."""
    if project.places is None:
        return None
    return max(0, project.places - Membership.objects.live().filter(project=project).count())


def places_to_offer(project: Project) -> int | None:
    """Return how many places are neither held nor offered to somebody; None where there is no limit."""
    free = places_free(project)
    if free is None:
        return None
    offered = Offer.objects.in_time_on(clock.today()).filter(choice__project=project).count()
    return max(0, free - offered)


# Offers -------------------------------------------------------------------------------------------
def offer_of(choice: ProjectChoice) -> Offer | None:
    """Return the newest offer that was made of a choice, whatever became of it."""
    return Offer.objects.filter(choice=choice).order_by("-number").first()


def has_lapsed(choice: ProjectChoice) -> bool:
    """Say whether an offered choice's last day is over: by the clock, recorded or not.

    Not while an ethics review holds it: what somebody may not answer does not lapse on them.
    """
    offer = offer_of(choice)
    if choice.state != choice.State.OFFERED or offer is None or not offer.has_run_out:
        return False
    return held_for_ethics(choice) is None


def may_answer(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the participant, while the offer stands and its last day is not over."""
    if not is_own(by, choice.expression):
        return _("Only the participant can answer an offer.")
    if choice.state != choice.State.OFFERED or offer_of(choice) is None:
        return NOT_OFFERED
    return LAPSED if has_lapsed(choice) else None


def may_accept(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit an answer in time, where law 1 is met, a place is free and no ethics review holds it."""
    if refusal := may_answer(by, choice):
        return refusal
    if bars := law_1_bars(choice):
        return next(iter(bars.values()))
    if refusal := held_for_ethics(choice):
        return refusal
    member = Membership.objects.live().of_person(choice.expression.person)
    if member.filter(project=choice.project).exists():
        return MEMBER_ALREADY
    return NO_PLACE if places_free(choice.project) == 0 else None


def may_lapse(choice: ProjectChoice) -> Words | None:
    """Permit after the last day, unless an ethics review holds it."""
    return None if has_lapsed(choice) else _("It can still be taken up.")


# The reserve list ---------------------------------------------------------------------------------
def reserve_of(project: Project) -> list[ProjectChoice]:
    """Return who is in reserve for a project, the next to be offered first."""
    placed = ReservePlace.objects.of_project(project).select_related(
        "choice__expression__person__user", "choice__project"
    )
    return [place.choice for place in placed]


def next_in_reserve(project: Project) -> ProjectChoice | None:
    """Return who is to be offered next from a project's reserve list; None where it is empty."""
    return next(iter(reserve_of(project)), None)


def may_offer_next(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the office's managers and those who sit for the work-stream, where a joint decision stands.

    The decision was joint already: one of them is enough. Nobody for themself, or for whom law 3
    withholds; only while a place is neither held nor offered.
    """
    if (
        by is None
        or not by.is_active
        or not (_runs_office(by) or sides_of(by, choice.project.work_stream))
    ):
        return _("Only an office manager or a co-chair of the work-stream can do this.")
    if refusal := why_barred(by, choice):
        return refusal
    if choice.state != choice.State.RESERVE:
        return _("They are not on the reserve list.")
    if refusal := decision_bar(choice):
        return refusal
    if places_to_offer(choice.project) == 0:
        return _("No place is free: each is held, or offered to somebody.")
    return held_for_ethics(choice)


def may_order_reserve(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the office's managers, for whom law 3 does not withhold."""
    if by is None or not _runs_office(by):
        return _("Only an office manager can do this.")
    if is_self(by, choice.expression.person):
        return _("Nobody does this for themself: somebody else has to.")
    return why_barred(by, choice)


def _runs_office(by: User) -> bool:
    return by.is_superuser or holds(by, Role.OFFICE_MANAGER)


def take_up_words(offer: Offer) -> str:
    """Return the last day to take an offer up in words: "Friday 25 May 2018"."""
    return uk_long_date(offer.take_up_by)
