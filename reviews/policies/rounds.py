"""Where the deciding about one project choice stands: its round, what it rests on, what came of it."""

from dataclasses import dataclass

from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from participants.models import Declaration, ExpressionOfInterest, ProjectChoice, Snapshot
from reviews.models import Decision, Key, Side, Split
from stepchange.events import fingerprint
from stepchange.transitions import Words

UNDECIDED_STATES = frozenset(
    {
        ProjectChoice.State.PENDING,
        ProjectChoice.State.SHORTLISTED,
        ProjectChoice.State.RESERVE,
    }
)
CHANGED = _(
    "The volunteer changed their expression of interest or their declaration since you opened this page. "
    "Look at what they say now, then recommend."
)
WITHDRAWN = _("The volunteer has withdrawn: there is nothing to decide.")
DECIDED = _("This was decided jointly.")
SPLIT = _("The two sides differ: the office mediates, or the board settles it.")


@dataclass(frozen=True)
class Versions:
    """What a key, a view or a decision rests on."""

    snapshot: Snapshot | None
    declaration: Declaration | None

    @property
    def are_complete(self) -> bool:
        """Say whether there is both: something that can be decided about."""
        return self.snapshot is not None and self.declaration is not None

    @property
    def seen(self) -> str:
        """Return what a page carries to say which versions it showed."""
        snapshot = self.snapshot.digest if self.snapshot else ""
        declared = (
            f"{self.declaration.number} {self.declaration.digest}" if self.declaration else ""
        )
        return fingerprint([snapshot, declared])

    @property
    def keys(self) -> tuple[int | None, int | None]:
        """Return what tells these versions from others."""
        return (
            self.snapshot.pk if self.snapshot else None,
            self.declaration.pk if self.declaration else None,
        )


def versions_of(choice: ProjectChoice) -> Versions:
    """Return what the volunteer says now: the newest snapshot and the newest declaration."""
    expression = choice.expression
    return Versions(
        Snapshot.objects.filter(expression=expression).order_by("-number").first(),
        Declaration.objects.filter(person=expression.person_id).order_by("-number").first(),
    )


def round_of(choice: ProjectChoice) -> int:
    """Return the round in which keys are cast now: one more than the last that ended without deciding.

    A round ends by a mediation or a void split, by a decision looked at anew, or by a released one, after
    which only a choice on the reserve list is ever decided again.
    """
    decisions = Decision.objects.filter(choice=choice)
    over = decisions.filter(Q(release__isnull=False) | Q(reopening__isnull=False))
    splits = Split.objects.filter(choice=choice, state__in=("mediated", "void"))
    last = [rows.aggregate(last=Max("round"))["last"] or 0 for rows in (over, splits)]
    return max(last) + 1


def open_split(choice: ProjectChoice) -> Split | None:
    """Return the split that waits, if the two sides differ."""
    return Split.objects.open().filter(choice=choice).first()


def held_decision(choice: ProjectChoice) -> Decision | None:
    """Return the decision that was made and has yet to be released, if there is one."""
    return Decision.objects.held().filter(choice=choice).order_by("-round").first()


def joint_decision(choice: ProjectChoice) -> Decision | None:
    """Return the joint decision that a choice's state rests on (laws 1 and 2): the last one released.

    None of a choice about which nothing was released, whatever state it is in: whoever is asked for a
    membership that rests on a joint decision says no then.
    """
    return Decision.objects.released().filter(choice=choice).order_by("-round").first()


def cast_keys(choice: ProjectChoice, number: int) -> dict[str, Key]:
    """Return the keys that stand in a round, by their side."""
    keys = Key.objects.cast().of_round(choice, number).select_related("caster", "term", "stand_in")
    return {key.side: key for key in keys}


def why_not_reviewed(choice: ProjectChoice) -> Words | None:
    """Say why no key can be cast on a choice now, whoever would; None if it waits for keys."""
    expression = choice.expression
    if (
        expression.state != ExpressionOfInterest.State.SUBMITTED
        or choice.state == ProjectChoice.State.WITHDRAWN
    ):
        return WITHDRAWN
    if choice.state not in UNDECIDED_STATES or held_decision(choice):
        return DECIDED
    return SPLIT if open_split(choice) else None


def other(side: str) -> Side:
    """Return the other side."""
    return Side.POLICE if side == Side.BUSINESS else Side.BUSINESS


def what_changed(decision: Decision) -> list[Words]:
    """Say what changed since of that on which a decision rests; empty when nothing did.

    Computed, and flagged to both sides and the office: a decision is never undone by itself.
    """
    choice = decision.choice
    snapshot, declaration = versions_of(choice).keys
    changed: list[Words] = []
    if snapshot != decision.snapshot_id:
        changed.append(_("The volunteer amended their expression of interest since."))
    if declaration != decision.declaration_id:
        changed.append(_("The volunteer declared their interests anew since."))
    return changed
