"""What comes of a declared interest: assessed, then no action, a mitigation with an owner, or exclusion.

A case begins with the declaration that says it first, and goes on with each that says it again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import Declaration, Interest, InterestCase, InterestExclusion
from projects.models import Project
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, permit, require_reason
from workstreams.models import WorkStream

OPENED = "participants.interest.declared"
DECIDED = ("no action", "managed", "excluded")

INTEREST_CASE = Table(
    "participants.interest",
    Transition(
        name="assess",
        event="assessed",
        sources=("declared",),
        target="assessed",
        label=gettext_lazy("Assess it"),
        policy=policies.may_deal_with,
        asks_reason=True,
    ),
    Transition(
        name="take_no_action",
        event="no_action",
        sources=("assessed",),
        target="no action",
        label=gettext_lazy("No action is needed"),
        policy=policies.may_take_no_action,
        asks_reason=True,
    ),
    Transition(
        name="manage",
        event="managed",
        sources=("assessed",),
        target="managed",
        label=gettext_lazy("Manage it"),
        policy=policies.may_act_on,
    ),
    Transition(
        name="exclude",
        event="excluded",
        sources=("assessed",),
        target="excluded",
        label=gettext_lazy("Exclude from projects"),
        policy=policies.may_act_on,
        asks_reason=True,
    ),
    Transition(
        name="prove",
        event="proved",
        sources=("managed",),
        target="managed",
        label=gettext_lazy("Record that it is done"),
        policy=policies.may_prove,
    ),
    Transition(
        name="move_check",
        event="check_moved",
        sources=("managed",),
        target="managed",
        label=gettext_lazy("Change the owner or the day"),
        policy=policies.may_move_check,
        asks_reason=True,
    ),
    Transition(
        name="reassess",
        event="reassessed",
        sources=("assessed", *DECIDED),
        target="assessed",
        label=gettext_lazy("Assess it again"),
        policy=policies.may_deal_with,
        asks_reason=True,
    ),
    model="participants.InterestCase",
)


def carry_over(declaration: Declaration, interests: Sequence[Interest], *, by: User) -> None:
    """Open a case for each interest that was not said in these words before; lead the others on.

    Called by whoever writes the declaration, in its transaction, with the person locked. Writes
    `participants.interest.declared` for each that is new.
    """
    if not interests:
        return
    known = {
        InterestCase.key_of(case.interest): case
        for case in InterestCase.objects.filter(person=declaration.person).select_related(
            "interest__project", "interest__declaration__person"
        )
    }
    for interest in interests:
        key = InterestCase.key_of(interest)
        if case := known.get(key):
            InterestCase.objects.filter(pk=case.pk).update(interest=interest, key=key)
            continue
        known[key] = opened = InterestCase.objects.create(
            person=declaration.person,
            key=key,
            interest=interest,
            first_interest=interest,
            opened_at=declaration.signed_at,
        )
        facts = {"person": declaration.person.record_key, "declaration": declaration.digest}
        record(OPENED, opened, by=by, facts=facts)


def assess(case: InterestCase, *, nature: str, reason: str, by: User) -> None:
    """Say of which nature it is, and why, of the version that is declared now. Raises Refused."""
    said = _assessed(case, nature, reason, by)
    INTEREST_CASE.move(case, "assess", by=by, reason=reason, expected=_as_read(case), **said)


def reassess(case: InterestCase, *, nature: str, reason: str, by: User) -> None:
    """Assess it anew, whatever has come of it: that ends, and is in the record. Raises Refused."""
    said = _assessed(case, nature, reason, by)
    with transaction.atomic():
        INTEREST_CASE.move(case, "reassess", by=by, reason=reason, expected=_as_read(case), **said)
        case.exclusions.all().delete()


def _assessed(case: InterestCase, nature: str, reason: str, by: User) -> dict[str, dict[str, Any]]:
    """Return what an assessment writes into the record and the row: nothing has come of it yet."""
    if nature not in InterestCase.Nature.values:
        raise Refused(_("Choose of which nature it is."))
    version = case.interest.declaration.digest
    return {
        "facts": {"person": case.person.record_key, "nature": nature, "declaration": version},
        "values": {
            "nature": nature,
            "reason": reason,
            "relied_on": version,
            "assessed_by": by,
            "assessed_at": clock.now(),
            "mitigation": "",
            "owner": None,
            "check_on": None,
            "proof": "",
            "proved_at": None,
            "proved_by": None,
            "excluded_stream": None,
        },
    }


def take_no_action(case: InterestCase, *, reason: str, by: User) -> None:
    """Decide that nothing has to be done, with the reason. Raises Refused."""
    INTEREST_CASE.move(
        case,
        "take_no_action",
        by=by,
        reason=reason,
        facts=_facts(case),
        values={"reason": reason},
        expected=_as_read(case),
    )


def manage(case: InterestCase, *, mitigation: str, owner: User, check_on: date, by: User) -> None:
    """Say what is to be done about it, who answers for that, and by when it is checked.

    The person reads what is to be done, and the record keeps it as the reason. Raises Refused.
    """
    if not mitigation.strip():
        raise Refused(_("Say what is to be done about it."))
    _permit_check(case, owner, check_on)
    INTEREST_CASE.move(
        case,
        "manage",
        by=by,
        reason=mitigation,
        facts={**_facts(case), "owner": owner.record_key, "check_on": check_on},
        values={"mitigation": mitigation, "owner": owner, "check_on": check_on},
        expected=_as_read(case),
    )


def move_check(case: InterestCase, *, owner: User, check_on: date, reason: str, by: User) -> None:
    """Let somebody else answer for what is to be done, or check it by another day. Raises Refused."""
    _permit_check(case, owner, check_on)
    if (owner, check_on) == (case.owner, case.check_on):
        raise Refused(_("Neither the owner nor the day is another."))
    INTEREST_CASE.move(
        case,
        "move_check",
        by=by,
        reason=reason,
        facts={
            **_facts(case),
            "owner": owner.record_key,
            "check_on": check_on,
            "owner_before": case.owner.record_key if case.owner else "",
            "check_on_before": case.check_on,
        },
        values={"owner": owner, "check_on": check_on},
        expected={**_as_read(case), "proved_at": None, "check_on": case.check_on},
    )


def prove(case: InterestCase, *, proof: str, by: User) -> None:
    """Record what shows that it is done; the record keeps it as the reason.

    Raises Refused, also for whoever answers for it: done and shown to be done are said by two.
    """
    require_reason(proof)
    INTEREST_CASE.move(
        case,
        "prove",
        by=by,
        reason=proof,
        facts=_facts(case),
        values={"proof": proof, "proved_at": clock.now(), "proved_by": by},
        expected={**_as_read(case), "proved_at": None},
    )


def exclude(
    case: InterestCase,
    *,
    projects: Sequence[Project] = (),
    work_stream: WorkStream | None = None,
    reason: str,
    by: User,
) -> None:
    """Keep the person out of these projects, or of all of a work-stream, those to come included.

    Raises Refused when none is named.
    """
    named = sorted(
        {project.pk: project for project in projects}.values(), key=lambda each: each.code
    )
    if not named and work_stream is None:
        raise Refused(_("Choose the projects, or a work-stream, that this keeps them out of."))
    with transaction.atomic():
        INTEREST_CASE.move(
            case,
            "exclude",
            by=by,
            reason=reason,
            facts={
                **_facts(case),
                "projects": [project.code for project in named],
                "work_stream": work_stream.slug if work_stream else "",
            },
            values={"reason": reason, "excluded_stream": work_stream},
            expected=_as_read(case),
        )
        InterestExclusion.objects.bulk_create(
            InterestExclusion(case=case, project=project) for project in named
        )


def _permit_check(case: InterestCase, owner: User, check_on: date) -> None:
    permit(policies.why_not_owner(owner, case))
    permit(policies.why_not_check_on(check_on))


def _facts(case: InterestCase) -> dict[str, str]:
    """Return what each step's event says: whose it is, and the version that was assessed."""
    return {"person": case.person.record_key, "declaration": case.relied_on}


def _as_read(case: InterestCase) -> dict[str, object]:
    """Return what must not have changed since the case was read: a declaration signed since leads it on."""
    return {"interest": case.interest_id, "assessed_at": case.assessed_at}
