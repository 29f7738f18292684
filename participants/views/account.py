"""The participant's account over HTTP: where each thing stands, and their choices."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from participants import policies, workflow
from participants.models import EnteredForm, ExpressionOfInterest, Person, ProjectChoice, Snapshot
from participants.querysets import with_extensions
from participants.timeline import Known, timeline, told_elsewhere
from participants.validation_words import InShort, in_short
from participants.views.looked import few_looks
from participants.views.trust import Facts, trust_of
from stepchange.models import Event
from stepchange.requests import SignedInRequest
from stepchange.transitions import Words


@dataclass(frozen=True)
class Elsewhere:
    """What a higher app has for somebody on a page of its own, and whether it waits for them."""

    words: Words
    link: Words
    url: str
    is_due: bool = False


ELSEWHERE: list[Callable[[Facts], Iterable[Elsewhere]]] = []
"""What higher apps add to the account page, of the facts that they ask along; each adds itself."""


@require_safe
@login_required
@never_cache
def account(request: SignedInRequest) -> HttpResponse:
    """Show where each of the participant's forms stands."""
    validation = in_short(request.user)
    known = validation.identity.validation
    person = with_extensions(known.person) if known else Person.objects.of(request.user)
    expressions = [*_expressions(request, person, validation)] if person else []
    may_start = False
    if not any(each["is_open"] and each["expression"].is_live for each in expressions):
        call = policies.call_for(person, request.received_at)
        may_start = policies.may_start(person, call, request.received_at) is None
    rows = [each[kind] for each in expressions for kind in ("expression", "entered") if each[kind]]
    own = [*rows, person] if person else rows
    trust = trust_of(request.user)
    return render(
        request,
        "participants/account.html",
        {
            "person": person,
            "expressions": expressions,
            "entered_waiting": EnteredForm.objects.offered_to(request.user),
            "may_start": may_start,
            "trust": trust,
            "looks": few_looks(request.user, own),
            "validation": validation,
            "elsewhere": [each for tell in ELSEWHERE for each in tell(trust)],
        },
    )


def _expressions(
    request: SignedInRequest, person: Person, validation: InShort
) -> Iterator[dict[str, Any]]:
    """Yield each of the participant's forms with what there is to tell of it, newest first."""
    mine = list(
        ExpressionOfInterest.objects.of(request.user)
        .select_related("call", "entered")
        .defer("entered__answers")
        .with_last_saving()
        .prefetch_related(
            Prefetch("snapshots", Snapshot.objects.defer("shown")),
            Prefetch("choices", ProjectChoice.objects.select_related("project").defer("reason")),
        )
    )
    happened, elsewhere = _happened(mine), told_elsewhere(mine)
    for expression in mine:
        expression.person = person
        closes_at = policies.closes_for(expression.call, person)
        is_open = policies.is_open_for(expression.call, person, request.received_at)
        snapshots = list(expression.snapshots.all())
        saved_at: datetime | None = vars(expression)["saved_at"]
        whole = happened.get(expression.record_key)
        entered: EnteredForm | None = getattr(expression, "entered", None)
        taken_over = happened.get(entered.record_key) if entered else None
        yield {
            "expression": expression,
            "entered": entered,
            "is_open": is_open,
            "closes_at": closes_at,
            "version": snapshots[-1].number if snapshots else 0,
            "received_at": snapshots[-1].taken_at if snapshots else None,
            "choices": [choice for choice in expression.choices.all() if choice.is_live],
            "has_changes": workflow.has_unsubmitted_changes(
                request.user,
                expression,
                newest=snapshots[-1] if snapshots else None,
                saved_at=saved_at,
            ),
            "moments": timeline(
                Known(
                    expression=expression,
                    snapshots=snapshots,
                    saved_at=saved_at,
                    taken_over=(taken_over[1], entered.reference)
                    if taken_over and entered
                    else None,
                    withdrawn_at=whole[1] if whole else None,
                    choices_withdrawn=[
                        (gone[1], str(choice.project))
                        for choice in expression.choices.all()
                        if (gone := happened.get(choice.record_key))
                        and (whole is None or gone < whole)
                    ],
                    extensions=[
                        extension
                        for extension in person.given_extensions
                        if extension.call_id == expression.call_id
                    ],
                    identity=validation.identity,
                    closes_at=closes_at,
                    instant=request.received_at,
                    elsewhere=elsewhere.get(expression.pk, ()),
                )
            ),
        }


def _happened(mine: list[ExpressionOfInterest]) -> dict[str, tuple[int, datetime]]:
    """Return when these and their choices were withdrawn, and the entered ones taken over, by record key.

    With its place in the record, where a choice that goes with its form comes after the form.
    """
    told = [each.record_key for each in mine if not each.is_live]
    told += [each.entered.record_key for each in mine if hasattr(each, "entered")]
    told += [
        choice.record_key for each in mine for choice in each.choices.all() if not choice.is_live
    ]
    if not told:
        return {}
    left = workflow.CHOICE
    kinds = (
        workflow.EXPRESSION.kind("withdraw"),
        left.kind("withdraw"),
        left.kind("withdraw_alone"),
        workflow.entered.ENTERED.kind("confirm"),
    )
    about = [
        model._meta.label_lower for model in (ExpressionOfInterest, ProjectChoice, EnteredForm)
    ]
    events = Event.objects.filter(subject_kind__in=about, subject_key__in=told, kind__in=kinds)
    return {key: (place, at) for key, place, at in events.values_list("subject_key", "id", "at")}


@require_POST
@login_required
@never_cache
def consent(request: SignedInRequest) -> HttpResponse:
    """Give or take back the consent to campaign mail."""
    agreed = request.POST.get("agreed") == "yes"
    workflow.agree_to_campaigns(workflow.person_of(request.user), agreed=agreed, by=request.user)
    messages.success(
        request,
        _("We will email you about future calls.")
        if agreed
        else _("We will not email you about future calls."),
    )
    return redirect("participants:account")
