"""Moves between stored states: a table of data, read by the buttons and by the enforcement alike.

Each app's `workflow` holds its tables and one plain function for each move. A move compares and sets
the state, and writes its event, in one transaction; a move that is not in the table is impossible.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from stepchange.events import record
from stepchange.models import Event, User

Words = str | Promise
Policy = Callable[[User | None, Any], "Words | None"]
"""Given who asks and the thing: None permits; words say why not, and what would allow it."""


class Refused(Exception):
    """The move can't be made now; the message says why and what would allow it."""


class Overtaken(Refused):
    """Somebody else moved it first."""


def anyone(_by: User | None, _subject: models.Model) -> None:
    """Permit everybody: whoever reaches the function may make the move.

    Said aloud in a table, never a default: a row that names no policy must not be open to all.
    """


def permit(refusal: Words | None) -> None:
    """Raise Refused with a policy's words, if it refused."""
    if refusal:
        raise Refused(str(refusal))


def require_reason(reason: str) -> None:
    """Raise Refused unless a reason is given."""
    if not reason.strip():
        raise Refused(_("Say why: the reason is kept in the record."))


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One row of a table: the move's name, and the name of the event that it writes."""

    name: str
    event: str
    sources: tuple[str, ...]
    target: str
    label: Words
    policy: Policy
    asks_reason: bool = False


@dataclass(frozen=True)
class Offer:
    """A transition as it looks to one person now: possible, or refused with the reason."""

    transition: Transition
    refusal: Words | None

    @property
    def possible(self) -> bool:
        """Say whether the move would be made."""
        return self.refusal is None


class Table:
    """The states of one model and the only moves between them."""

    def __init__(
        self, subject: str, *transitions: Transition, model: str, field: str = "state"
    ) -> None:
        """Take the name of the events (`app.thing`), the rows, names unique, and the model's label."""
        self.subject = subject
        self.model = model
        self.field = field
        self.transitions = {transition.name: transition for transition in transitions}
        if len(self.transitions) != len(transitions):
            raise ValueError(f"Two transitions of {subject} share a name.")

    def __iter__(self) -> Iterator[Transition]:
        return iter(self.transitions.values())

    def kind(self, name: str) -> str:
        """Return the kind of event that a transition writes."""
        return f"{self.subject}.{self.transitions[name].event}"

    def offers(self, subject: models.Model, by: User | None) -> list[Offer]:
        """Return the moves out of the present state, each with why it is refused, if it is."""
        state = getattr(subject, self.field)
        return [
            Offer(transition, transition.policy(by, subject))
            for transition in self
            if state in transition.sources
        ]

    def check(self, subject: models.Model, name: str, *, by: User | None, reason: str = "") -> None:
        """Raise Refused unless the move can be made."""
        self._own(type(subject))
        transition = self.transitions[name]
        state = getattr(subject, self.field)
        if state not in transition.sources:
            raise Refused(
                _("“%(move)s” is not possible: it is %(state)s.")
                % {"move": transition.label, "state": _state_in_words(subject, self.field)}
            )
        permit(transition.policy(by, subject))
        if transition.asks_reason:
            require_reason(reason)

    def move(
        self,
        subject: models.Model,
        name: str,
        *,
        by: User | None,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
    ) -> Event:
        """Make the move: set the state (and `values`) if nobody moved it first, and record it.

        `expected` names what else must still be as it was read. Raises Refused, or Overtaken when the
        row changed since. In one transaction.
        """
        self.check(subject, name, by=by, reason=reason)
        source, target = getattr(subject, self.field), self.transitions[name].target
        return change(
            subject,
            self.kind(name),
            expected={**(expected or {}), self.field: source},
            values={**(values or {}), self.field: target},
            by=by,
            reason=reason,
            facts={"from": source, "to": target, **(facts or {})},
        )

    def advance(self, rows: models.QuerySet[Any], name: str, **values: Any) -> int:
        """Make a mechanical move, unrecorded, of all these rows that it leads from; return how many.

        For what the portal does with its own rows many times over, where the row tells all there is
        (a letter on its way). No person decides such a move, so there is nobody's policy to ask.
        """
        self._own(rows.model)
        transition = self.transitions[name]
        movable = rows.filter(**{f"{self.field}__in": transition.sources})
        return movable.update(**values, **{self.field: transition.target})

    def _own(self, model: type[models.Model]) -> None:
        """Raise TypeError for a row of another model: its states have a table of their own."""
        if model._meta.label != self.model:
            raise TypeError(f"{self.subject} moves {self.model}, not {model._meta.label}.")


def change(
    subject: models.Model,
    kind: str,
    *,
    expected: Mapping[str, Any],
    values: Mapping[str, Any],
    by: User | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    about: models.Model | None = None,
) -> Event:
    """Set `values` if the row still holds what is `expected`, and record it, in one transaction.

    The event is about the row, or `about` another that the row belongs to. Raises Overtaken, with
    nothing changed, when somebody was faster.
    """
    with transaction.atomic():
        rows = type(subject)._base_manager.filter(pk=subject.pk, **expected)
        if not rows.update(**values):
            raise Overtaken(_("Somebody changed this a moment ago. Look at it again first."))
        event = record(kind, about or subject, by=by, reason=reason, facts=facts)
    for attribute, value in values.items():
        setattr(subject, attribute, value)
    return event


def _state_in_words(subject: models.Model, field: str) -> str:
    display = getattr(subject, f"get_{field}_display", None)
    return str(display() if display else getattr(subject, field)).lower()
