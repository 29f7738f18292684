"""How one joint decision came about, over HTTP: to be read on a screen, and on paper."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from participants.models import InterestCase
from participants.workflow import looking
from reviews import policies, workflow
from reviews.models import Decision
from reviews.policies import Happened, Part
from reviews.policies.conflicts import barred_once
from reviews.policies.desk import is_reviewer, streams_of
from reviews.views.gate import gate
from reviews.views.volunteer import LOOK
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.roles import Role, holds
from stepchange.transitions import Words

READERS = (Role.OFFICE_MANAGER, Role.CASEWORKER, Role.ETHICS_REVIEWER, Role.BOARD)

IN_WORDS: dict[Part, Words] = {
    Part.KEY: gettext_lazy("Key cast"),
    Part.KEY_ENDED: gettext_lazy("Key ended"),
    Part.SPLIT: gettext_lazy("The two sides differed"),
    Part.SPLIT_ENDED: gettext_lazy("The difference ended"),
    Part.VIEW: gettext_lazy("View of a member of the board"),
    Part.VIEW_ENDED: gettext_lazy("View of a member of the board ended"),
    Part.RECUSAL: gettext_lazy("Stood aside"),
    Part.REASSIGNMENT: gettext_lazy("Key given to another"),
    Part.QUESTION: gettext_lazy("Question to the volunteer"),
    Part.ANSWER: gettext_lazy("The volunteer answered"),
    Part.DECISION: gettext_lazy("Decided"),
    Part.RELEASE: gettext_lazy("Outcome released"),
    Part.REOPENING: gettext_lazy("Looked at anew"),
}
WITHOUT_WHY = frozenset({Part.RECUSAL})
"""Whose reasons stay in confidence: what they say of somebody is not the decision's to tell."""


@dataclass(frozen=True)
class Line:
    """One thing that happened, in words."""

    at: datetime
    what: Words
    who: str
    said: str
    why: str
    counted: bool
    is_own: bool


@require_safe
@login_required
@never_cache
def explanation(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Explain one decision to whoever reviews for the work-stream, the office and the board."""
    if not is_reviewer(request.user) and not holds(request.user, *READERS):
        raise Http404
    if turned_away := gate(request):
        return turned_away
    decision = (
        Decision.objects.select_related(
            "choice__expression__person__user",
            "choice__expression__person__organisation__merged_into",
            "choice__expression__call",
            "choice__project__work_stream",
            "snapshot",
            "declaration",
        )
        .filter(public_id=key)
        .first()
    )
    if decision is None:
        raise Http404
    with barred_once():
        if refusal := policies.may_read_explanation(request.user, decision):
            if refusal is not policies.NO_SEAT:
                workflow.record_met(request.user, decision.choice)
            raise Http404
        told = policies.explain(decision)
    choice = decision.choice
    looking.looked(choice.expression.person.current, by=request.user, what=LOOK)
    at_desk = streams_of(request.user).filter(pk=choice.project.work_stream_id).exists()
    return render(
        request,
        "reviews/explanation.html",
        {
            "decision": decision,
            "choice": choice,
            "person": choice.expression.person,
            "works_for": choice.expression.person.organisation,
            "told": told,
            "facts": facts_in_words(told.relied_on),
            "lines": [line_of(each, request.user) for each in told.happened],
            "release": getattr(decision, "release", None),
            "back_url": reverse("reviews:volunteer", args=[choice.public_id]) if at_desk else "",
        },
    )


def line_of(happened: Happened, reader: User) -> Line:
    """Return one thing that happened as its reader may know it."""
    row = happened.row
    why = "" if happened.part in WITHOUT_WHY and happened.by != reader else happened.why
    return Line(
        at=happened.at,
        what=IN_WORDS[happened.part],
        who=str(happened.by or ""),
        said=_said(happened.part, row),
        why=why,
        counted=happened.counted,
        is_own=happened.by == reader,
    )


def _said(part: Part, row: Any) -> str:
    """Return what a row says beside its reason: with the versions that it rests on."""
    match part:
        case Part.KEY:
            scales = [
                (_("fit"), row.fit),
                (_("capacity"), row.capacity),
                (_("risk"), row.risk),
            ]
            judged = ", ".join(f"{label} {value}" for label, value in scales if value)
            words = _("%(side)s, as %(place)s, round %(round)d: %(view)s") % {
                "side": row.get_side_display(),
                "place": row.get_cast_as_display().lower(),
                "round": row.round,
                "view": row.get_view_display(),
            }
            return f"{words} ({judged})" if judged else words
        case Part.VIEW:
            return f"{row.get_sector_display()}: {row.get_view_display()}"
        case Part.RECUSAL:
            return str(row.get_basis_display())
        case Part.REASSIGNMENT:
            return f"{row.get_side_display()}: {row.get_to_display()}"
        case Part.DECISION:
            told = {"outcome": row.get_outcome_display(), "basis": row.get_basis_display()}
            return _("%(outcome)s. %(basis)s.") % told
        case Part.SPLIT | Part.SPLIT_ENDED:
            return str(row.get_state_display())
    return ""


def facts_in_words(relied_on: dict[str, Any]) -> list[tuple[Words, str]]:
    """Return the facts that a decision relied on, each with its version, in words."""
    nothing = _("None")
    snapshot, declaration = relied_on.get("snapshot"), relied_on.get("declaration")
    validation, undertaking = relied_on.get("validation"), relied_on.get("undertaking")
    interests = relied_on.get("interests", [])
    found: list[tuple[Words, str]] = [
        (_("Expression of interest"), _version(snapshot) or nothing),
        (_("Declaration of interests"), _version(declaration) or nothing),
        (_("Identity"), _identity(validation) if validation else nothing),
        (
            _("Undertaking"),
            _("Accepted, version %(version)s") % undertaking if undertaking else _("Not accepted"),
        ),
        (_("Contribution"), str(relied_on.get("contribution", "")).capitalize()),
        (_("Hours a month"), str(relied_on.get("hours", ""))),
    ]
    states = dict(InterestCase.Outcome.choices)
    for number, each in enumerate(interests, start=1):
        label = _("Interest %(number)d that touches the project") % {"number": number}
        found.append((label, str(states.get(each.get("outcome"), each.get("outcome")))))
    if not interests:
        found.append((_("Interests that touch the project"), nothing))
    return found


def _version(named: dict[str, Any] | None) -> str:
    return _("Version %(number)s, digest %(digest)s") % named if named else ""


def _identity(validation: dict[str, Any]) -> str:
    if not validation.get("is_validated"):
        return _("Not validated then")
    words = {"level": validation.get("level", ""), "until": validation.get("expires_on", "")}
    return _("Validated then, level %(level)s, until %(until)s") % words
