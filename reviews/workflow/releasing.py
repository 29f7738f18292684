"""What becomes of a decision: released to the volunteer, one by one or together; or looked at anew."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from participants.models import ProjectChoice
from participants.workflow import outcomes
from reviews import policies
from reviews.models import Decision, Release, Reopening
from reviews.workflow.falling import about, held
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit, require_reason

MOVES = {
    Decision.Outcome.OFFERED: outcomes.offer,
    Decision.Outcome.RESERVE: outcomes.put_on_reserve,
    Decision.Outcome.DECLINED: outcomes.decline,
}


@dataclass
class Released:
    """What became of decisions that were to be released together."""

    releases: list[Release] = field(default_factory=list)
    refused: list[tuple[Decision, str]] = field(default_factory=list)


def release(
    decision: Decision, *, by: User, reason: str = "", batch: uuid.UUID | None = None
) -> Release:
    """Release an outcome: the choice moves, and its participant is told. Raises Refused.

    `reason` is asked for when what the decision rests on has changed since.
    """
    with transaction.atomic():
        choice = held(decision.choice)
        decision.choice = choice
        permit(policies.may_release(by, decision))
        if policies.needs_reason(decision) and not reason.strip():
            raise Refused(str(policies.SINCE_CHANGED))
        made = Release.objects.create(
            decision=decision, released_by=by, batch=batch or uuid.uuid4()
        )
        record(
            "reviews.decision.released",
            decision,
            by=by,
            reason=reason.strip(),
            facts={**about(choice), "batch": str(made.batch)},
        )
        facts = {"decision": decision.record_key}
        MOVES[Decision.Outcome(decision.outcome)](choice, by=by, facts=facts)
    return made


def release_together(decisions: Iterable[Decision], *, by: User, reason: str = "") -> Released:
    """Release many outcomes, as one batch: each that can be, the others with why not."""
    done, batch = Released(), uuid.uuid4()
    for decision in decisions:
        try:
            done.releases.append(release(decision, by=by, reason=reason, batch=batch))
        except Refused as refusal:
            done.refused.append((decision, str(refusal)))
    return done


def look_at_anew(decision: Decision, *, by: User, reason: str) -> Reopening:
    """Take up a decision anew whose facts have changed, before it is released. Raises Refused.

    It stays as it is, in the record; both keys are cast anew, in the next round.
    """
    require_reason(reason)
    with transaction.atomic():
        choice = held(decision.choice)
        decision.choice = choice
        permit(policies.may_reopen(by, decision))
        made = Reopening.objects.create(decision=decision, by=by, reason=reason.strip())
        record(
            "reviews.decision.reopened",
            decision,
            by=by,
            facts=about(choice),
        )
    return made


# The shortlist ------------------------------------------------------------------------------------------
@dataclass
class Shortlisted:
    """Of choices that were to be put on the shortlist or off it: which can be, and why not the others."""

    choices: list[ProjectChoice] = field(default_factory=list)
    refused: list[tuple[ProjectChoice, str]] = field(default_factory=list)


def would_shortlist(choices: Iterable[ProjectChoice], *, by: User) -> Shortlisted:
    """Say what shortlisting these would do, and do nothing: the dry run."""
    return _each(choices, "shortlist", by)


def shortlist(choices: Iterable[ProjectChoice], *, by: User) -> Shortlisted:
    """Put choices on the shortlist: administrative, and no view of anybody's."""
    return _move_each(choices, "shortlist", by)


def take_off_shortlist(choices: Iterable[ProjectChoice], *, by: User) -> Shortlisted:
    """Take choices off the shortlist again: what undoes it."""
    return _move_each(choices, "take_off", by)


_SHORTLIST = {"shortlist": outcomes.shortlist, "take_off": outcomes.take_off_shortlist}


def _each(choices: Iterable[ProjectChoice], move: str, by: User) -> Shortlisted:
    found = Shortlisted()
    for choice in choices:
        try:
            outcomes.OUTCOME.check(choice, move, by=by)
            found.choices.append(choice)
        except Refused as refusal:
            found.refused.append((choice, str(refusal)))
    return found


def _move_each(choices: Iterable[ProjectChoice], move: str, by: User) -> Shortlisted:
    done = Shortlisted()
    for choice in choices:
        try:
            _SHORTLIST[move](choice, by=by)
            done.choices.append(choice)
        except Refused as refusal:
            done.refused.append((choice, str(refusal)))
    return done
