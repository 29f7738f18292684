"""Who may mediate a split, and settle it: the office in words, two of the board by their views (law 2)."""

from django.utils.translation import gettext_lazy as _

from participants.models import Person
from participants.policies import may_see_people
from participants.policies.people import is_one_with
from reviews.models import Key, SettlementView, Split
from reviews.policies.conflicts import why_barred
from reviews.policies.rounds import WITHDRAWN
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Term

ENDED = _("This split has ended.")
NO_SECTOR = _(
    "The register does not say for which organisation you work: without it nobody knows your sector. "
    "Ask the office."
)
SECTOR_TAKEN = _(
    "Somebody of your sector has given a view already: the two who settle are of different sectors."
)
CAST_A_KEY = _("You turned a key on this: it is settled by people who did not.")


def may_mediate(by: User | None, split: Split) -> Words | None:
    """Permit office managers who are not barred, while it is open."""
    if by is None or not holds(by, Role.OFFICE_MANAGER):
        return _("Only an office manager can do this.")
    if split.state != Split.State.OPEN:
        return ENDED
    return why_barred(by, split.choice) or may_see_people(by) or _why_moot(split)


def _why_moot(split: Split) -> Words | None:
    state = split.choice.state, split.choice.expression.state
    return WITHDRAWN if "withdrawn" in state else None


def sector_of(user: User) -> str:
    """Return the sector for which somebody settles: that of whom they work for, or sit for; "" for none."""
    person = Person.objects.filter(user=user).select_related("organisation__merged_into").first()
    if person is not None and person.organisation is not None:
        return str(person.organisation.current.sector)
    terms = Term.objects.on(clock.today()).filter(holder=user)
    term = terms.select_related("organisation__merged_into").order_by("pk").first()
    return str(term.organisation.current.sector) if term else ""


def may_view_split(by: User | None, split: Split) -> Words | None:
    """Permit board members who are not barred: what the page asks before it shows anything."""
    if by is None or not holds(by, Role.BOARD):
        return _("Only a member of the programme board can do this.")
    return why_barred(by, split.choice) or may_see_people(by)


def may_settle(by: User | None, split: Split) -> Words | None:
    """Permit a board member who is not barred, turned no key on it, and is of a sector not yet heard.

    A view of their own may be replaced while the split is open.
    """
    refusal = may_view_split(by, split)
    if by is None or refusal:
        return refusal
    if split.state != Split.State.OPEN:
        return ENDED
    if refusal := _why_moot(split):
        return refusal
    casters = Key.objects.filter(choice=split.choice_id).values_list("caster_id", flat=True)
    if any(is_one_with(by, caster) for caster in set(casters)):
        return CAST_A_KEY
    sector = sector_of(by)
    if not sector:
        return NO_SECTOR
    standing = list(SettlementView.objects.cast().filter(split=split))
    if any(is_one_with(by, each.member_id) and each.member_id != by.pk for each in standing):
        return CAST_A_KEY
    others = [each for each in standing if each.member_id != by.pk]
    if any(each.sector == sector for each in others):
        return SECTOR_TAKEN
    return None


def may_replace_view(by: User | None, view: SettlementView) -> Words | None:
    """Permit who gave it."""
    own = by is not None and view.member_id == by.pk
    return None if own else _("Only whoever gave this view can replace it.")
