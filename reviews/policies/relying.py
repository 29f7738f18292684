"""What else stood of a volunteer when it was decided about them: opaque keys, states and versions."""

from typing import Any

from participants.models import ProjectChoice, Undertaking
from participants.policies import identity_of, undertaking_now
from participants.policies.interest_cases import declared_by
from reviews.models import Decision, Key, SettlementView
from reviews.policies.rounds import Versions
from stepchange.events import fingerprint


def relied_on(choice: ProjectChoice, versions: Versions) -> dict[str, Any]:
    """Return what a decision about a choice rests on now, beside its keys: nothing personal."""
    person = choice.expression.person
    identity = identity_of(person)
    version, digest = undertaking_now()
    accepted = Undertaking.objects.of_words(version, digest).filter(person=person).first()
    snapshot, declaration = versions.snapshot, versions.declaration
    return {
        "snapshot": {"number": snapshot.number, "digest": snapshot.digest} if snapshot else None,
        "declaration": {"number": declaration.number, "digest": declaration.digest}
        if declaration
        else None,
        "validation": {
            "key": identity.validation.record_key,
            "state": identity.validation.state,
            "is_validated": identity.is_validated,
            "level": str(identity.level or ""),
            "expires_on": str(identity.expires_on or ""),
        }
        if identity.validation
        else None,
        "undertaking": {"key": accepted.record_key, "version": version, "digest": digest}
        if accepted
        else None,
        "interests": [
            {
                "case": each.case.record_key,
                "outcome": str(each.case.outcome.value),
                "declaration": each.case.relied_on,
            }
            for each in declared_by(person).interests
            if each.case and each.touches(choice.project)
        ],
        "contribution": choice.contribution,
        "hours": choice.hours,
    }


# Digests: what the record holds of words that rest elsewhere ------------------------------------------
def digest_of_key(key: Key) -> str:
    """Return what names all that a key says; without its salt it tells none of it."""
    return fingerprint(
        {
            "salt": key.salt,
            "view": key.view,
            "reason": key.reason,
            "notes": key.notes,
            "scales": [key.fit, key.capacity, key.risk],
            "snapshot": key.snapshot_id,
            "declaration": key.declaration_id,
        }
    )


def digest_of_view(view: SettlementView) -> str:
    """Return what names all that a board member's view says; without its salt it tells none of it."""
    return fingerprint(
        {
            "salt": view.salt,
            "view": view.view,
            "reason": view.reason,
            "sector": view.sector,
            "snapshot": view.snapshot_id,
            "declaration": view.declaration_id,
        }
    )


def digest_of_decision(decision: Decision) -> str:
    """Return what names a decision: its outcome, by whose words, resting on what.

    Salted by those of its keys or views, so that the record does not tell an outcome that is held.
    """
    made_by = [
        decision.business_key,
        decision.police_key,
        decision.one_view,
        decision.other_view,
    ]
    return fingerprint(
        {
            "salts": [each.salt for each in made_by if each],
            "digests": [each.digest for each in made_by if each],
            "outcome": decision.outcome,
            "basis": decision.basis,
            "round": decision.round,
            "relied_on": decision.relied_on,
        }
    )
