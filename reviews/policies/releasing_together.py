"""Which outcomes can be released together: the same as one by one, asked of all at once."""

from django.db.models import Exists, F, OuterRef, Q, Subquery

from participants.models import Declaration, Extension, Snapshot
from reviews.policies.rounds import UNDECIDED_STATES
from reviews.querysets import DecisionQuerySet
from stepchange import clock

AT_MOST = 200
"""How many are released together at most: each is a letter, an email and a row of its own."""


def with_what_changed(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """Read along whether what a decision rests on has changed since, as `is_changed`."""
    form = Snapshot.objects.filter(expression=OuterRef("choice__expression")).order_by("-number")
    person = OuterRef("choice__expression__person")
    declared = Declaration.objects.filter(person=person).order_by("-number")
    read = decisions.annotate(
        newest_snapshot=Subquery(form.values("pk")[:1]),
        newest_declaration=Subquery(declared.values("pk")[:1]),
    )
    changed = ~Q(newest_snapshot=F("snapshot_id")) | ~Q(newest_declaration=F("declaration_id"))
    return read.annotate(is_changed=changed)


def releasable(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """Return those that can be released now: held, undecided before, and the call closed for the person.

    Or a rolling call. Each is asked again, by itself, when it is released.
    """
    now = clock.now()
    longer = Extension.objects.filter(
        person=OuterRef("choice__expression__person"),
        call=OuterRef("choice__expression__call"),
        until__gt=now,
    )
    closed = Q(choice__expression__call__closes_at__lte=now) & ~Exists(longer)
    return decisions.held().filter(
        Q(choice__expression__call__is_rolling=True) | closed,
        choice__state__in=UNDECIDED_STATES,
        choice__expression__state="submitted",
    )
