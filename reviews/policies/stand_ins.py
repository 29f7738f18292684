"""Whom the board may name to stand in for a side, and for how long."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from participants.models import Person
from participants.policies.people import is_one_with
from reviews.models import Side, StandIn
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Organisation, Sector, Term

SECTOR_OF = {Side.BUSINESS: Sector.PRIVATE, Side.POLICE: Sector.POLICE}


def of_the_board(by: User | None) -> Words | None:
    """Permit members of the programme board."""
    if by is None or not holds(by, Role.BOARD):
        return _("Only a member of the programme board can do this.")
    return None


def may_name(by: User | None, side: str, holder: User, organisation: Organisation) -> Words | None:
    """Permit a board member to name somebody else, who works or sits for an organisation of that side."""
    if refusal := of_the_board(by):
        return refusal
    if is_one_with(by, holder.pk):
        return _("Nobody names themself: ask another member of the board.")
    if not holder.is_active:
        return _("This account is not in use: name somebody who can sign in.")
    if organisation.sector != SECTOR_OF[Side(side)]:
        return _("They stand in for this side: name somebody of an organisation of that sector.")
    if organisation.current.pk not in organisations_of(holder):
        return _("They do not work for this organisation, as the register has it: ask the office.")
    return None


def organisations_of(user: User) -> set[int]:
    """Return for whom somebody works or sits now, as the entries count, by their keys."""
    people = Person.objects.filter(user=user, organisation__isnull=False)
    works = [each.organisation for each in people.select_related("organisation__merged_into")]
    terms = Term.objects.on(clock.today()).filter(holder=user)
    sits = [each.organisation for each in terms.select_related("organisation__merged_into")]
    return {each.current.pk for each in (*works, *sits) if each is not None}


def why_not_days(starts_on: date, ends_on: date) -> Words | None:
    """Say why somebody can't stand in on these days; None if they can."""
    if ends_on < starts_on:
        return _("It ends after it starts.")
    if ends_on < clock.today():
        return _("That day is over: choose today or a day to come.")
    return None


def may_end_stand_in(by: User | None, stand_in: StandIn) -> Words | None:
    """Permit board members, while it runs or has yet to begin."""
    if stand_in.ends_on < clock.today():
        return _("This is over.")
    return of_the_board(by)


def standing_in_now() -> set[int]:
    """Return the accounts that stand in or will, by their keys: they too act behind a second factor."""
    return set(StandIn.objects.not_over().values_list("holder_id", flat=True))
