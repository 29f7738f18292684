"""Whether what was submitted and declared is still what its digest names, and the record (law 6)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from participants.models import Declaration, Snapshot
from participants.workflow.declarations import digest_of_given, interests_of
from participants.workflow.working_copy import digest_of_answers
from stepchange.encryption import Undecryptable
from stepchange.models import Event
from stepchange.querysets import record_key

AT_ONCE = 100
"""Rows in memory at a time: a snapshot holds a whole form."""
TAKEN = ("participants.expression.submitted", "participants.expression.amended")
SIGNED = ("participants.declaration.signed",)

Facts = Mapping[tuple[str, int], dict[str, Any]]


def first_that_differs() -> str:
    """Return the first snapshot or declaration that is not as it was recorded, in words; else nothing.

    Each row's digest is made again of what it holds, in its own version of the texts, and compared with
    the row's and with what the event says that recorded it. Changes nothing. Not covered: the instant of
    either row; a row that is gone; and what has no digest, extensions above all.
    """
    snapshots = Snapshot.objects.select_related("expression")
    signed = Declaration.objects.select_related("person").prefetch_related("interests__project")
    return _first(snapshots, _fault_of_snapshot) or _first(signed, _fault_of_declaration)


def _first(rows: QuerySet[Any], fault_of: Callable[[Any, Facts], str]) -> str:
    name = rows.model._meta.model_name
    keys = rows.model._default_manager.order_by("pk").values_list("pk", flat=True).iterator()
    for some in _in_batches(keys):
        try:
            batch = list(rows.filter(pk__in=some).order_by("pk"))
        except Undecryptable:
            return f"{name} {_unreadable(rows, some)} opens with none of the keys"
        facts = _facts_of(batch)
        for row in batch:
            if fault := fault_of(row, facts):
                return f"{name} {row.pk}: {fault}"
    return ""


def _in_batches(keys: Iterable[int]) -> Iterator[list[int]]:
    keys = iter(keys)
    while some := list(islice(keys, AT_ONCE)):
        yield some


def _unreadable(rows: QuerySet[Any], keys: list[int]) -> int:
    """Return which of these rows can't be decrypted; the last, when the others can."""
    for key in keys[:-1]:
        try:
            list(rows.filter(pk=key))
        except Undecryptable:
            return key
    return keys[-1]


def _facts_of(batch: list[Snapshot] | list[Declaration]) -> Facts:
    """Return what the record says of these rows, by its name for their subject and their number."""
    subjects = [each.expression if isinstance(each, Snapshot) else each for each in batch]
    events = Event.objects.of_kind(*TAKEN, *SIGNED).filter(
        subject_kind=subjects[0]._meta.label_lower,
        subject_key__in={record_key(subject) for subject in subjects},
    )
    found = events.order_by("pk").values_list("subject_key", "facts")
    return {(key, facts.get("snapshot") or facts.get("number")): facts for key, facts in found}


def _fault_of_snapshot(row: Snapshot, facts: Facts) -> str:
    if digest_of_answers(row.answers, row.shown, row.texts) != row.digest:
        return "it does not hold what its digest names"
    told = facts.get((record_key(row.expression), row.number))
    if told is None:
        return "no event recorded it"
    as_told = {"snapshot": row.number, "digest": row.digest, "texts": row.texts}
    return "" if as_told.items() <= told.items() else "the event that recorded it says otherwise"


def _fault_of_declaration(row: Declaration, facts: Facts) -> str:
    given = interests_of(row)
    if digest_of_given(given, version=row.text_version, is_nil=row.is_nil) != row.digest:
        return "it does not hold what its digest names"
    told = facts.get((record_key(row), row.number))
    if told is None:
        return "no event recorded it"
    as_told = {
        "person": record_key(row.person),
        "number": row.number,
        "is_nil": row.is_nil,
        "interests": len(given),
        "source": row.source,
        "version": row.text_version,
        "digest": row.digest,
    }
    return "" if as_told == told else "the event that recorded it says otherwise"
