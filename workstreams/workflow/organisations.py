"""The register of organisations: proposed, published, refused, merged and parted again."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from stepchange import locks
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Table, Transition, permit
from workstreams import policies
from workstreams.identifiers import lock_of
from workstreams.models import Organisation
from workstreams.names import name_key

_State = Organisation.State
COUNTS_MOST = (_State.PUBLISHED, _State.MERGED, _State.PROPOSED, _State.REFUSED)
"""Of entries of one name, which is meant: what counts as a published one before what may never be."""

ORGANISATION = Table(
    "workstreams.organisation",
    Transition(
        name="publish",
        event="published",
        sources=("proposed",),
        target="published",
        label=gettext_lazy("Publish"),
        policy=policies.runs_the_office,
    ),
    Transition(
        name="refuse",
        event="refused",
        sources=("proposed",),
        target="refused",
        label=gettext_lazy("Refuse"),
        policy=policies.runs_the_office,
        asks_reason=True,
    ),
    Transition(
        name="merge",
        event="merged",
        sources=("proposed", "published"),
        target="merged",
        label=gettext_lazy("Merge into another"),
        policy=policies.may_merge,
        asks_reason=True,
    ),
    Transition(
        name="unmerge_to_proposed",
        event="unmerged",
        sources=("merged",),
        target="proposed",
        label=gettext_lazy("Undo the merge"),
        policy=policies.was_proposed,
        asks_reason=True,
    ),
    Transition(
        name="unmerge_to_published",
        event="unmerged",
        sources=("merged",),
        target="published",
        label=gettext_lazy("Undo the merge"),
        policy=policies.was_published,
        asks_reason=True,
    ),
    model="workstreams.Organisation",
)


def publish_organisation(organisation: Organisation, *, by: User | None) -> None:
    """Let an organisation be suggested to those who type its name. Raises Refused."""
    ORGANISATION.move(organisation, "publish", by=by)


def refuse_organisation(organisation: Organisation, *, by: User | None, reason: str) -> None:
    """Keep an organisation out of the register, with the reason. Raises Refused."""
    ORGANISATION.move(organisation, "refuse", by=by, reason=reason)


def merge_organisation(
    organisation: Organisation, *, into: Organisation, by: User | None, reason: str
) -> None:
    """Let an entry count as another from now on. Raises Refused.

    Nothing that refers to it is written anew: people and terms keep pointing to it, and `current`
    leads to the other. Merges never chain: neither is merged, or has been merged into.
    """
    with transaction.atomic():
        both = {organisation.pk, into.pk}
        held = Organisation.objects.select_for_update(of=("self",)).order_by("pk")
        rows = {row.pk: row for row in held.filter(pk__in=both)}
        into = rows[into.pk]
        ORGANISATION.check(organisation, "merge", by=by, reason=reason)
        permit(policies.may_merge_into(organisation, into))
        ORGANISATION.move(
            organisation,
            "merge",
            by=by,
            reason=reason,
            facts={"into": into.record_key},
            values={"merged_into": into, "state_before_merge": organisation.state},
        )


def unmerge_organisation(organisation: Organisation, *, by: User | None, reason: str) -> None:
    """Undo a merge: the entry is again what it was, for everybody who named it. Raises Refused."""
    into = organisation.merged_into
    facts = {"out_of": into.record_key if into else ""}
    values = {"merged_into": None, "state_before_merge": ""}
    with transaction.atomic():
        if organisation.identifier:  # nobody gives its number to another meanwhile
            locks.hold(lock_of(organisation.identifier_kind, organisation.identifier))
        if organisation.state_before_merge == Organisation.State.PUBLISHED:
            ORGANISATION.move(
                organisation,
                "unmerge_to_published",
                by=by,
                reason=reason,
                facts=facts,
                values=values,
            )
        else:
            ORGANISATION.move(
                organisation,
                "unmerge_to_proposed",
                by=by,
                reason=reason,
                facts=facts,
                values=values,
            )


def propose_organisation(
    name: str, unit: str, sector: str, *, by: User | None, parent: str = ""
) -> Organisation:
    """Return the organisation of that name, unit and sector, proposed when the register has none.

    A parent that is named becomes the group of what is proposed, found or proposed in the same way.
    """
    if found := _known(name, unit, sector):
        return found
    try:
        with transaction.atomic():
            same = name_key(parent) == name_key(name)
            group = propose_organisation(parent, "", sector, by=by) if parent and not same else None
            proposed = Organisation.objects.create(
                name=name, unit=unit, sector=sector, group=group and group.current
            )
            record("workstreams.organisation.proposed", proposed, by=by)
            return proposed
    except IntegrityError:  # a colleague who submits at the same moment was faster
        return Organisation.objects.get(name=name, unit=unit, sector=sector)


def _known(name: str, unit: str, sector: str) -> Organisation | None:
    """Return the entry of that name and unit, however they are written: the one that counts most.

    A refused one only when there is no other: two who work there still count as colleagues (law 3),
    and the office is not asked again what it has decided.
    """
    of_sector = Organisation.objects.in_sector(sector)
    exactly = of_sector.filter(name__iexact=name, unit__iexact=unit)
    named = {row.pk: row for row in [*of_sector.called(name, unit), *exactly]}
    same_unit = [row for row in named.values() if name_key(row.unit) == name_key(unit)]
    return min(same_unit, key=lambda row: (COUNTS_MOST.index(row.state), row.pk), default=None)
