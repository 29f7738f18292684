"""Releasing an outcome with the letter that its participant reads, one by one or many as one batch."""

import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction

from reviews.models import Decision, Letter, Release
from reviews.policies import letters as policies
from reviews.policies.letters import LetterGiven
from reviews.workflow.falling import about
from reviews.workflow.releasing import Released, release
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit


def release_with_letter(
    decision: Decision,
    *,
    by: User,
    letter: LetterGiven,
    reason: str = "",
    batch: uuid.UUID | None = None,
) -> Release:
    """Release an outcome, and write the letter that its participant reads of it. Raises Refused.

    Both or neither. `reason` is for the record alone: asked where what was relied on has changed since.
    """
    with transaction.atomic():
        made = release(decision, by=by, reason=reason, batch=batch)
        permit(policies.why_not_written(decision, code=letter.code, words=letter.words))
        written = Letter.objects.create(
            decision=decision, code=letter.code, words=letter.words.strip(), written_by=by
        )
        facts = {**about(decision.choice), "decision": decision.record_key}
        record("reviews.letter.written", written, by=by, facts=facts)
    return made


def release_with_letters(
    decisions: Iterable[Decision], *, by: User, letters: Mapping[str, LetterGiven]
) -> Released:
    """Release many outcomes as one batch, each with the letter for its kind of outcome.

    Each that can be, the others with why not: no one of them keeps the rest waiting.
    """
    done, batch = Released(), uuid.uuid4()
    for decision in decisions:
        try:
            letter = letters[decision.outcome]
            done.releases.append(release_with_letter(decision, by=by, letter=letter, batch=batch))
        except Refused as refusal:
            done.refused.append((decision, str(refusal)))
    return done
