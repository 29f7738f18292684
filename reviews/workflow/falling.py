"""What falls when something it rests on changes: keys, views and splits that nothing was decided by yet.

Called where a snapshot is taken, a declaration signed, something withdrawn (`on_recorded`, in the same
transaction) or a recusal declared; and before each key is cast, because a conflict comes about by no event.
A decision that was made is never undone by it: what changed is computed and flagged.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from participants.models import Declaration, ProjectChoice
from reviews import policies
from reviews.models import Decision, Key, SettlementView, Split, VoidBecause
from stepchange import clock
from stepchange.models import Event, User
from stepchange.transitions import Table, Transition

Rows = TypeVar("Rows", bound=QuerySet[Any])

KEY = Table(
    "reviews.key",
    Transition(
        name="replace",
        event="replaced",
        sources=("cast",),
        target="replaced",
        label=gettext_lazy("Replace"),
        policy=policies.may_replace,
    ),
    Transition(
        name="void",
        event="voided",
        sources=("cast",),
        target="void",
        label=gettext_lazy("Void"),
        policy=policies.may_void,
    ),
    model="reviews.Key",
)
VIEW = Table(
    "reviews.settlement_view",
    Transition(
        name="replace",
        event="replaced",
        sources=("cast",),
        target="replaced",
        label=gettext_lazy("Replace"),
        policy=policies.may_replace_view,
    ),
    Transition(
        name="void",
        event="voided",
        sources=("cast",),
        target="void",
        label=gettext_lazy("Void"),
        policy=policies.may_void,
    ),
    model="reviews.SettlementView",
)
SPLIT = Table(
    "reviews.split",
    Transition(
        name="mediate",
        event="mediated",
        sources=("open",),
        target="mediated",
        label=gettext_lazy("Record the mediation"),
        policy=policies.may_mediate,
    ),
    Transition(
        name="settle",
        event="settled",
        sources=("open",),
        target="settled",
        label=gettext_lazy("Settle"),
        policy=policies.may_settle,
    ),
    Transition(
        name="void",
        event="voided",
        sources=("open",),
        target="void",
        label=gettext_lazy("Void"),
        policy=policies.may_void,
    ),
    model="reviews.Split",
)

ANEW = {
    "participants.declaration.signed": VoidBecause.REDECLARED,
    "participants.expression.amended": VoidBecause.AMENDED,
    "participants.choice.withdrawn": VoidBecause.WITHDRAWN,
    "participants.choice.withdrawn_alone": VoidBecause.WITHDRAWN,
}
"""What makes keys fall, by the kind of event that says so.

Of a whole form withdrawn each choice tells, once it is withdrawn itself: whoever held a key before the
choice could wait for somebody who holds the choice and waits for the key.
"""


def on_recorded(event: Event, **_kwargs: object) -> None:
    """Take in that a volunteer said something anew or withdrew, in the same transaction."""
    because = ANEW.get(event.kind)
    if because is None:
        return
    choices = ProjectChoice.objects.all()
    match event.subject_kind:
        case "participants.declaration":
            signed = Declaration.objects.get(public_id=event.subject_key)
            touched = choices.filter(expression__person=signed.person_id)
        case "participants.expressionofinterest":
            touched = choices.filter(expression__reference=event.subject_key)
        case _:
            touched = choices.filter(public_id=event.subject_key)
    _let_fall(touched.values_list("pk", flat=True), because, by=event.actor)


def _let_fall(choices: Iterable[int], because: VoidBecause, *, by: User | None) -> None:
    """Void what waits on these choices: undecided keys, open splits with the views on them.

    Whoever holds one is deciding, and is not waited for, lest each wait for the other: they decide by what
    they saw, or find by themselves that it has changed (`record_fallen`).
    """
    touched = list(choices)
    keys = Key.objects.cast().filter(choice__in=touched)
    for key in undecided(list(free(keys))):
        void_key(key, because, by=by)
    for split in free(Split.objects.open().filter(choice__in=touched)):
        void_split(split, because, by=by)


def free(rows: Rows) -> Rows:
    """Return those of some rows that nobody else holds, held until the transaction ends."""
    return rows.order_by("pk").select_for_update(of=("self",), skip_locked=True)


def undecided(keys: list[Key]) -> list[Key]:
    """Return those of which nothing was made: asked anew, after whoever held them is done."""
    made: set[tuple[int, int]] = set()
    choices = {key.choice_id for key in keys}
    for rows in (
        Decision.objects.filter(choice__in=choices),
        Split.objects.filter(choice__in=choices),
    ):
        made |= set(rows.values_list("choice_id", "round"))
    return [key for key in keys if (key.choice_id, key.round) not in made]


def void_key(key: Key, because: VoidBecause, *, by: User | None) -> None:
    """Record that a key counts no more; nothing of what it says."""
    KEY.move(
        key,
        "void",
        by=by,
        values={"ended_at": clock.now(), "void_because": because},
        facts={**about(key.choice), "in_round": key.round, "side": key.side, "because": because},
    )


def void_split(split: Split, because: VoidBecause, *, by: User | None) -> None:
    """Record that a split and the views on it are void: both keys are cast anew."""
    for view in split.views.filter(state="cast"):
        void_view(view, by=by)
    SPLIT.move(
        split,
        "void",
        by=by,
        values={"ended_at": clock.now(), "ended_by": by, "void_because": because},
        facts={**about(split.choice), "in_round": split.round, "because": because},
    )


def void_view(view: SettlementView, *, by: User | None) -> None:
    """Record that a board member's view counts no more; nothing of what it says."""
    VIEW.move(
        view,
        "void",
        by=by,
        values={"ended_at": clock.now()},
        facts={"split": view.split.record_key},
    )


def record_fallen(choice: ProjectChoice) -> None:
    """Record what fell of a choice, whatever comes of the step that it is asked for."""
    with transaction.atomic(), policies.barred_once():
        settle_fallen(held(choice))


def settle_fallen(choice: ProjectChoice) -> None:
    """Record what fell of a choice that is held: versions, withdrawals, and who is barred since.

    The portal's own doing: whoever is just casting did not make the other's key fall.
    """
    standing = Key.objects.cast().filter(choice=choice).order_by("pk")
    keys = list(standing.select_for_update(of=("self",)))
    versions = policies.versions_of(choice).keys
    for key in undecided(keys):
        if because := policies.why_fallen(key, choice, versions):
            void_key(key, because, by=None)
    split = Split.objects.open().filter(choice=choice).select_for_update().first()
    if split is None:
        return
    for key in (split.business_key, split.police_key):
        if because := policies.why_fallen(key, choice, versions):
            void_split(split, because, by=None)
            return
    for view in split.views.filter(state="cast"):
        if policies.why_fallen(view, choice, versions):
            void_view(view, by=None)


def about(choice: ProjectChoice) -> dict[str, str]:
    """Return how the record names a choice in the facts of what was done about it."""
    return {"choice": choice.record_key}


def held(choice: ProjectChoice) -> ProjectChoice:
    """Return a choice as it is now, held until the transaction ends: one at a time decides about it."""
    return (
        ProjectChoice.objects.select_for_update(of=("self",), no_key=True)
        .select_related("expression__person", "expression__call", "project__work_stream")
        .get(pk=choice.pk)
    )
