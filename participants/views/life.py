"""What was submitted, over HTTP: the confirmation, its versions, going back to it, withdrawing."""

from http import HTTPStatus
from itertools import pairwise
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import policies, workflow
from participants.comparison import ChangedSection, compare
from participants.copies import next_steps
from participants.forms.trust import WithdrawalForm
from participants.models import ExpressionOfInterest, Extension, ProjectChoice, Snapshot
from participants.views.visit import JUST_SUBMITTED, Visit
from stepchange import kept_typing
from stepchange.requests import SignedInRequest


@require_safe
@login_required
@never_cache
def submitted(request: SignedInRequest, reference: str = "") -> HttpResponse:
    """Confirm what was submitted: a page to bookmark, print and come back to."""
    expression = _submitted(request, reference)
    if expression is None:
        return _not_sent(request, reference)
    person = expression.person
    versions = list(expression.snapshots.order_by("-number"))
    newest = versions[0]
    copy = None
    if expression.state == ExpressionOfInterest.State.SUBMITTED:
        journey = workflow.journey_of(request.user, expression)
        copy = workflow.WorkingCopy(expression, journey, newest)
    return render(
        request,
        "participants/submitted.html",
        {
            "expression": expression,
            "call": expression.call,
            "closes_at": policies.closes_for(expression.call, person),
            "is_open": policies.is_open_for(expression.call, person, request.received_at),
            "copy": copy,
            "newest": newest,
            "just_submitted": _just_submitted(request, expression),
            "following": next_steps(expression.call),
            "versions": versions,
            "withdrawn_from": _withdrawn_from(expression, newest),
            "interests": next(
                (section for section in newest.shown if section["page"] == "interests"), None
            ),
            "answers": newest.shown,
        },
    )


def _just_submitted(request: SignedInRequest, expression: ExpressionOfInterest) -> bool:
    """Say once that this browser submitted it a moment ago; later visits are told neutrally."""
    if request.session.get(JUST_SUBMITTED) != expression.reference:
        return False
    del request.session[JUST_SUBMITTED]
    return expression.state == ExpressionOfInterest.State.SUBMITTED


def _withdrawn_from(expression: ExpressionOfInterest, newest: Snapshot) -> list[ProjectChoice]:
    """Return the choices that the newest snapshot names, of a live form, and that are withdrawn since."""
    if expression.state != ExpressionOfInterest.State.SUBMITTED:
        return []
    named = newest.answers.get("contributions", {})
    choices = list(expression.choices.select_related("project").defer("reason"))
    live = {choice.project_id for choice in choices if choice.is_live}
    gone = {choice.project_id: choice for choice in choices if choice.project_id not in live}
    return [choice for choice in gone.values() if f"contribution_{choice.project.code}" in named]


@require_safe
@login_required
@never_cache
def versions(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show each version that was submitted, and what it changed."""
    expression = _submitted(request, reference)
    if expression is None:
        return _not_sent(request, reference)
    taken = list(expression.snapshots.defer("answers").order_by("number"))
    told: list[tuple[Snapshot, list[ChangedSection]]] = [(taken[0], [])]
    told += [(after, compare(before.shown, after.shown)) for before, after in pairwise(taken)]
    return render(
        request,
        "participants/versions.html",
        {
            "expression": expression,
            "versions": reversed(told),
            "back_url": _page_of(expression),
        },
    )


def _submitted(request: SignedInRequest, reference: str = "") -> ExpressionOfInterest | None:
    """Return the account's form of that reference, or its newest: submitted, withdrawn since or not.

    None where the account has submitted none, or that one not yet. Raises Http404 for a reference that
    is not the account's.
    """
    mine = ExpressionOfInterest.objects.of(request.user)
    if reference:
        mine = mine.filter(reference=reference.upper())
    extensions = Prefetch("person__extensions", Extension.objects.select_related("call"))
    sent = mine.filter(submitted_at__isnull=False).select_related("call", "person")
    expression = sent.prefetch_related(extensions).order_by("-submitted_at").first()
    if expression is None and reference and not mine.exists():
        raise Http404
    return expression


def _not_sent(request: SignedInRequest, reference: str = "") -> HttpResponse:
    """Say that it has not been sent, and lead to where it can be: its tasks, or else the account."""
    visit = Visit(request)
    draft = None if visit.is_submitted else visit.expression
    if draft and reference.upper() in {"", draft.reference} and visit.is_open:
        messages.warning(
            request,
            _(
                "%(reference)s has not been sent yet. Complete every task, then check your answers "
                "and submit it."
            )
            % {"reference": draft.reference},
        )
        return redirect("participants:tasks")
    if reference or draft:
        named = reference.upper() or (draft.reference if draft else "")
        words = _("%(reference)s was not sent before the call closed.") % {"reference": named}
    else:
        words = _("You have not submitted an expression of interest.")
    messages.warning(request, words)
    return redirect("participants:account")


def _page_of(expression: ExpressionOfInterest) -> str:
    return reverse("participants:submitted-one", args=[expression.reference])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def discard(request: SignedInRequest) -> HttpResponse:
    """Ask whether to go back to what was submitted, and go back on POST."""
    visit = Visit(request)
    if visit.expression is None or visit.copy is None:
        return redirect("participants:submitted")
    page = _page_of(visit.expression)
    if not visit.copy.has_changes:
        return redirect(page)
    overtaken = False
    if request.method == "POST":
        try:
            workflow.discard_changes(
                visit.expression, by=request.user, checked=request.POST.get("checked", "")
            )
        except workflow.CheckedOther:
            overtaken = True
            visit = Visit(request)
        else:
            messages.success(request, _("Your changes are discarded."))
            return redirect(page)
    return render(
        request,
        "participants/discard.html",
        {**visit.context, "overtaken": overtaken, "back_url": reverse("participants:tasks")},
        status=HTTPStatus.CONFLICT if overtaken else HTTPStatus.OK,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def withdraw(request: SignedInRequest, reference: str = "") -> HttpResponse:
    """Ask whether to withdraw the whole form that the address names, and withdraw on POST.

    An address that names none leads to the newest: of several live forms none is withdrawn unnamed.
    """
    expression = _submitted(request, reference)
    if expression is None:
        return _not_sent(request, reference)
    if not reference:
        return redirect("participants:withdraw-one", expression.reference)
    if request.method != "POST" and expression.state == ExpressionOfInterest.State.WITHDRAWN:
        return redirect(_page_of(expression))
    kept = kept_typing.waiting(request.user, request.path)
    form = WithdrawalForm(
        request.POST if request.method == "POST" else None, initial=kept.texts if kept else None
    )
    if request.method == "POST" and form.is_valid():
        workflow.withdraw(expression, by=request.user, reason=form.cleaned_data["reason"])
        kept_typing.saved(request)
        messages.success(
            request,
            _("Expression of interest %(reference)s was withdrawn.")
            % {"reference": expression.reference},
        )
        return redirect("participants:account")
    person, call = expression.person, expression.call
    return render(
        request,
        "participants/withdraw.html",
        {
            "form": form,
            "expression": expression,
            "choices": expression.choices.live().select_related("project"),
            "is_open": policies.is_open_for(call, person, request.received_at),
            "closes_at": policies.closes_for(call, person),
            "kept": None if form.is_bound else kept,
            "back_url": _page_of(expression),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def withdraw_choice(request: SignedInRequest, choice: UUID) -> HttpResponse:
    """Ask whether to withdraw from one project, and withdraw on POST.

    The last one is the whole form: whoever asks for that is asked about the form.
    """
    chosen = get_object_or_404(
        ProjectChoice.objects.select_related("project", "expression__person"),
        public_id=choice,
        expression__person__user=request.user,
    )
    expression = chosen.expression
    back = _page_of(expression)
    if not chosen.is_live:
        return redirect(back)
    if not expression.choices.live().exclude(pk=chosen.pk).exists():
        messages.warning(
            request,
            _(
                "%(project)s is the only project left, so to withdraw from it is to withdraw the whole "
                "expression of interest. You can do that here."
            )
            % {"project": chosen.project},
        )
        return redirect("participants:withdraw-one", expression.reference)
    if request.method == "POST":
        workflow.withdraw_choice(chosen, by=request.user)
        messages.success(
            request, _("You have withdrawn from %(project)s.") % {"project": chosen.project}
        )
        return redirect(back)
    return render(
        request,
        "participants/withdraw_choice.html",
        {"choice": chosen, "expression": expression, "back_url": back},
    )
