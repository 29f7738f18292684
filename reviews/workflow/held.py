"""Whether keys, views and decisions are still what their digests name, and the record (law 6)."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from reviews import policies
from reviews.models import Decision, Key, SettlementView
from stepchange.encryption import Undecryptable
from stepchange.models import Event

RECORDED: dict[type[Any], tuple[str, Callable[[Any], str]]] = {
    Key: ("reviews.key.cast", policies.digest_of_key),
    SettlementView: ("reviews.settlement_view.given", policies.digest_of_view),
    Decision: ("reviews.decision.made", policies.digest_of_decision),
}
AT_ONCE = 200


def first_that_differs() -> str:
    """Return the first key, view or decision that is not as it was recorded, in words; else nothing.

    Each digest is made again of what the row holds, and compared with the row's and with that of the event
    that recorded it. Changes nothing. Not covered: a row that is gone.
    """
    return next((fault for model in RECORDED for fault in _faults(model)), "")


def _faults(model: type[Any]) -> Iterator[str]:
    kind, digest_of = RECORDED[model]
    last = 0
    while batch := _batch(model._default_manager.all(), last):
        last = batch[-1]
        keys = {
            str(public_id): pk
            for pk, public_id in model._default_manager.filter(pk__in=batch).values_list(
                "pk", "public_id"
            )
        }
        told = Event.objects.of_kind(kind).filter(subject_key__in=keys)
        # The facts as a whole: SQLite gives one that looks like a number back as one.
        facts = dict(told.values_list("subject_key", "facts"))
        for key, pk in sorted(keys.items(), key=lambda each: each[1]):
            name = f"{model._meta.model_name} {pk}"
            try:
                row = model._default_manager.get(pk=pk)
                made_again = digest_of(row)
            except Undecryptable:
                yield f"{name} opens with none of the keys"
                continue
            if made_again != row.digest:
                yield f"{name}: it does not hold what its digest names"
            elif key not in facts:
                yield f"{name}: no event recorded it"
            elif facts[key]["digest"] != row.digest:
                yield f"{name}: the event that recorded it says otherwise"


def _batch(rows: QuerySet[Any], after: int) -> list[int]:
    keys = rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return list(keys[:AT_ONCE])
