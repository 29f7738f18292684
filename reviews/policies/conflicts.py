"""Law 3 of one project choice: who may not judge it, computed before anything of it is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import (
    ConflictSuggestion,
    Interest,
    InterestCase,
    Person,
    ProjectChoice,
)
from participants.policies import why_conflicted
from participants.querysets import oldest_within_a_year
from reviews.models import Recusal
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Words

RECUSED = _("You stood aside from this: somebody else has to do it.")
INTEREST_IN_PROJECT = _(
    "You declared an interest in this project that has not been cleared: somebody else has to do this."
)
IN_COMMON = _(
    "The portal found something that you and they have in common, and the office has not cleared it: "
    "somebody else has to do this."
)


_known: ContextVar[dict[tuple[int, int], Words | None] | None] = ContextVar("known", default=None)


@contextmanager
def barred_once() -> Iterator[None]:
    """Let one step ask of each person and choice once, whoever asks again: nothing of it changes meanwhile.

    For the length of one page or one transaction, no longer: what bars is computed anew each time.
    """
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def why_barred(by: User, choice: ProjectChoice) -> Words | None:
    """Say why somebody may neither see nor judge a choice, in whatever role; None if nothing bars them.

    What they stood aside from themself comes first: it binds in every role. All else is computed anew.
    """
    known, asked = _known.get(), (by.pk, choice.pk)
    if known is None:
        return _why_barred(by, choice)
    if asked not in known:
        known[asked] = _why_barred(by, choice)
    return known[asked]


def _why_barred(by: User, choice: ProjectChoice) -> Words | None:
    if Recusal.objects.declared_by(by, choice).exists():
        return RECUSED
    return why_conflicted_over(by, choice)


def why_barred_from(by: User, person: Person) -> Words | None:
    """Say why somebody may neither see nor judge what is about somebody, and about no choice of theirs."""
    if Recusal.objects.declared_from(by, person).exists():
        return RECUSED
    return why_conflicted(by, person)


def why_conflicted_over(by: User, choice: ProjectChoice) -> Words | None:
    """Say what law 3 has against somebody who would judge a choice: of the volunteer, or of the project."""
    person = choice.expression.person
    for each in Person.objects.counting_as(person):
        if refusal := why_conflicted(by, each):
            return refusal
    mine = Person.objects.counting_as_holder_of(by).order_by().values("pk")
    theirs = Person.objects.counting_as(person).order_by().values("pk")
    in_common = ConflictSuggestion.objects.filter(state__in=("suggested", "accepted")).filter(
        Q(person__in=mine, other__in=theirs) | Q(person__in=theirs, other__in=mine)
    )
    if in_common.exists():
        return IN_COMMON
    return INTEREST_IN_PROJECT if _has_interest_in(by, choice) else None


def _has_interest_in(by: User, choice: ProjectChoice) -> bool:
    """Say whether an account declared an interest in the project of which not "no action" has come.

    Within the last year or newest of all, as conflicts outlive what somebody says of themself.
    """
    mine = Person.objects.counting_as_holder_of(by).order_by().values("pk")
    since = clock.start_of(oldest_within_a_year(clock.today()))
    said = Interest.objects.filter(project=choice.project_id, declaration__person__in=mine)
    counting = [
        each
        for each in said.select_related("declaration__person", "project")
        if each.declaration.signed_at >= since or _is_newest(each)
    ]
    if not counting:
        return False
    cleared = InterestCase.objects.filter(person__in=mine, state=InterestCase.State.NO_ACTION)
    keys = set(cleared.values_list("key", flat=True))
    return any(InterestCase.key_of(each) not in keys for each in counting)


def _is_newest(interest: Interest) -> bool:
    declaration = interest.declaration
    newer = declaration.person.declarations.filter(number__gt=declaration.number)
    return not newer.exists()
