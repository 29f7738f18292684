"""Who may change the programme's structure, and when."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Call, Organisation, Term


def runs_the_office(by: User | None, _subject: object = None) -> Words | None:
    """Permit office managers, and the portal itself (a load, a sweep)."""
    if by is None or (by.is_active and (by.is_superuser or holds(by, Role.OFFICE_MANAGER))):
        return None
    return _("Only an office manager can do this.")


def may_publish(by: User | None, call: Call) -> Words | None:
    """Permit when no other call is published: one is open at a time."""
    other = Call.objects.filter(state=Call.State.PUBLISHED).exclude(pk=call.pk).first()
    if other:
        return _("“%(call)s” is published: close it first.") % {"call": other}
    return runs_the_office(by)


def may_close(by: User | None, call: Call) -> Words | None:
    """Permit once the closing instant has come; to close sooner, re-date the call, which is recorded."""
    if clock.now() < call.closes_at:
        return _("The closing time has not come. To close sooner, change the closing time first.")
    return runs_the_office(by)


def may_redate(by: User | None, call: Call) -> Words | None:
    """Permit until the call has ended, whether or not the sweep has marked that yet (law 4).

    The portal itself may, after the closing instant: the demonstration puts 2018's call around today.
    """
    if call.state not in {Call.State.DRAFT, Call.State.PUBLISHED}:
        return _("A closed call keeps its dates.")
    if by is not None and call.state == Call.State.PUBLISHED and call.closes_at <= clock.now():
        return _("The closing time has come, and a closed call keeps its dates: add another call.")
    return runs_the_office(by)


def may_end(by: User | None, term: Term) -> Words | None:
    """Permit while the term runs or has yet to begin: what is over stays as it was."""
    if term.is_over:
        return _("This term is over.")
    return runs_the_office(by)


def may_appoint(by: User | None, holder: User, organisation: Organisation) -> Words | None:
    """Permit for an account in use and a published organisation: a seat rests on both (law 3)."""
    if not holder.is_active:
        return _("This account is not in use: appoint somebody who can sign in.")
    if organisation.state != Organisation.State.PUBLISHED:
        return _("Publish the organisation in the register first.")
    return runs_the_office(by)


def may_merge(by: User | None, organisation: Organisation) -> Words | None:
    """Permit what nothing was merged into: merges never chain, so that each can be undone alone."""
    if organisation.merged.exists():
        return _("Others were merged into this one: undo those merges first.")
    return runs_the_office(by)


def may_merge_into(organisation: Organisation, into: Organisation) -> Words | None:
    """Permit a published entry of the same sector as the one to stay."""
    if organisation.pk == into.pk:
        return _("Choose another organisation: this is the one to be merged.")
    if into.state != Organisation.State.PUBLISHED:
        return _("Merge into a published organisation: publish that one first.")
    if into.sector != organisation.sector:
        return _("Merge only within a sector: change the sector of one of them first.")
    if _belongs_to_itself(into, _merged(organisation, into)):
        return _("This is the group of the other: change that first.")
    return None


def may_belong_to(organisation: Organisation, group: Organisation) -> Words | None:
    """Permit a group that does not belong, in the end and as things count now, to this organisation."""
    if organisation.pk and _belongs_to_itself(organisation, _grouped(organisation, group)):
        return _("That group belongs to this organisation already.")
    return None


Above = Callable[[Organisation], "Organisation | None"]
"""What an entry belongs to: as it would be after a change that is asked about."""


def _belongs_to_itself(start: Organisation, above: Above) -> bool:
    """Say whether the groups above an entry lead back to it: none did before the change."""
    at, seen = above(start), {start.pk}
    while at is not None:
        if at.pk in seen:
            return True
        seen.add(at.pk)
        at = above(at)
    return False


def _merged(one: Organisation, into: Organisation) -> Above:
    def above(entry: Organisation) -> Organisation | None:
        group = entry.current_group
        return into if group is not None and group.pk == one.pk else group

    return above


def _grouped(one: Organisation, group: Organisation) -> Above:
    return lambda entry: group.current if entry.pk == one.pk else entry.current_group


def _parted(one: Organisation) -> Above:
    def above(entry: Organisation) -> Organisation | None:
        return one if entry.group_id == one.pk else entry.current_group

    return above


def may_edit(organisation: Organisation) -> Words | None:
    """Permit unless it is merged: undone, a merge gives back exactly what it was (`unmerge_*`)."""
    if organisation.state == Organisation.State.MERGED:
        return _("It is merged into %(other)s: undo the merge first, then change it.") % {
            "other": organisation.current
        }
    return None


def was_proposed(by: User | None, organisation: Organisation) -> Words | None:
    """Permit where the entry was proposed when it was merged."""
    return _was(Organisation.State.PROPOSED, by, organisation)


def was_published(by: User | None, organisation: Organisation) -> Words | None:
    """Permit where the entry was published when it was merged."""
    return _was(Organisation.State.PUBLISHED, by, organisation)


def _was(state: str, by: User | None, organisation: Organisation) -> Words | None:
    if organisation.state_before_merge != state:
        return _("A merge is undone to what it was before.")
    return may_unmerge(by, organisation)


def may_unmerge(by: User | None, organisation: Organisation) -> Words | None:
    """Permit unless another was given its number meanwhile, or its groups would lead back to it."""
    if organisation.identifier:
        holder = Organisation.objects.identified_by(
            organisation.identifier_kind, organisation.identifier, organisation.unit
        ).first()
        if holder:
            return _("%(other)s has its number now (%(number)s): take it away there first.") % {
                "other": holder,
                "number": organisation.known_as,
            }
    if _belongs_to_itself(organisation, _parted(organisation)):
        return _("On its own again its group would belong to it: change the groups above it first.")
    return runs_the_office(by)
