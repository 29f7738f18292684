"""A person's own validation over HTTP: where it stands, and what they can do about it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import policies
from participants.forms.validation import (
    LONGEST_ANSWER,
    AnotherRefereeForm,
    AnswerForm,
    AppealForm,
    journey_with,
)
from participants.models import InformationRequest, RefereeRequest, Validation
from participants.validation_words import told_of
from participants.workflow import referees
from participants.workflow import validation as workflow
from participants.workflow.referees import Referee
from stepchange import kept_typing
from stepchange.models import Event
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused

PAGE = "participants:validation"


@require_safe
@login_required
@never_cache
def validation(request: SignedInRequest) -> HttpResponse:
    """Show where the person's validation stands, what was confirmed, and who acts next."""
    told = told_of(request.user)
    return render(
        request,
        "participants/validation.html",
        {
            "told": told,
            "may_name": told.is_open and told.takes_part,
            "back_url": reverse("participants:account"),
        },
    )


def _own(request: SignedInRequest) -> Validation | None:
    own = Validation.objects.of(request.user)
    return own.select_related("person__user", "person__organisation__merged_into").first()


def _nothing_to_do(request: SignedInRequest, words: str) -> HttpResponse:
    messages.warning(request, words)
    return redirect(PAGE)


def _page(
    request: SignedInRequest, template: str, form: Any, *, refusal: str = "", **context: Any
) -> HttpResponse:
    """Draw a page with a form; with a conflict where the move was refused, and what was typed kept."""
    return render(
        request,
        template,
        {"form": form, "longest": LONGEST_ANSWER, "back_url": reverse(PAGE)} | context,
        status=409 if refusal else 200,
    )


# Answering -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def answer(request: SignedInRequest) -> HttpResponse:
    """Show what the office asked for; take the answer on POST."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = AnswerForm(request.POST if posted else None, initial=kept.texts if kept else None)
    refusal, own = "", _own(request)
    if own is None:
        return _nothing_to_do(request, _("The office has asked you for nothing."))
    if posted and form.is_valid():
        said, asked = form.cleaned_data["answer"], request.POST.get("asked", "")
        try:
            workflow.answer(own, answer=said, asked=asked, by=request.user)
        except Refused as refused:
            if _was_answered(own, said, asked):
                return redirect(PAGE)  # a double click, or the page sent again
            refusal = str(refused)
            form.add_error("answer", refusal)
        else:
            kept_typing.saved(request)
            messages.success(request, _("The office has your answer, and goes on from there."))
            return redirect(PAGE)
    question = InformationRequest.objects.filter(validation=own, answered_at=None).first()
    if question is None and not form.is_bound and kept is None:
        return _nothing_to_do(request, _("The office waits for no answer from you."))
    return _page(
        request,
        "participants/validation_answer.html",
        form,
        refusal=refusal,
        question=question,
        kept=kept,
    )


def _was_answered(own: Validation, answer: str, asked: str) -> bool:
    """Say whether a question has this very answer already."""
    answered = InformationRequest.objects.filter(validation=own, answered_at__isnull=False)
    return any((each.record_key, each.answer) == (asked, answer) for each in answered)


# Another referee -------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def referee(request: SignedInRequest) -> HttpResponse:
    """Ask for another referee; have them asked on POST, in the place of who was asked before."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    own = _own(request)
    if own is None:
        return _nothing_to_do(request, _("Nobody is asked before you submit."))
    newest = RefereeRequest.objects.filter(validation=own).order_by("-pk").first()
    form = AnotherRefereeForm(
        journey_with(request.user, own.person),
        request.POST if posted else None,
        saved=kept.texts if kept else None,
    )
    refusal = ""
    if posted and form.is_valid():
        said = form.cleaned_data
        named = Referee(
            name=said["referee_name"], role_title=said["referee_role"], email=said["referee_email"]
        )
        try:
            referees.name_another(own, named, by=request.user, seen=request.POST.get("seen"))
        except Refused as refused:
            refusal = str(refused)
            form.add_error(None, refusal)
            newest = RefereeRequest.objects.filter(validation=own).order_by("-pk").first()
        else:
            kept_typing.saved(request)
            messages.success(
                request, _("We write to your referee now. They have 14 days to answer.")
            )
            return redirect(PAGE)
    words = policies.may_name_referee(request.user, own)
    if words and not posted and kept is None:
        return _nothing_to_do(request, str(words))
    return _page(
        request,
        "participants/validation_referee.html",
        form,
        refusal=refusal,
        standing=newest if newest and newest.state != RefereeRequest.State.REPLACED else None,
        seen=newest.record_key if newest else "",
        kept=kept,
    )


# Asking again -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def appeal(request: SignedInRequest) -> HttpResponse:
    """Ask why a refusal should be looked at again; have it looked at again on POST."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = AppealForm(request.POST if posted else None, initial=kept.texts if kept else None)
    refusal, own = "", _own(request)
    if own is None:
        return _nothing_to_do(request, _("Nothing was refused."))
    if posted and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            workflow.appeal(own, by=request.user, reason=reason)
        except Refused as refused:
            if _was_asked(own, reason):
                return redirect(PAGE)  # a double click, or the page sent again
            refusal = str(refused)
            form.add_error("reason", refusal)
        else:
            kept_typing.saved(request)
            messages.success(request, _("Somebody else of the office looks at it again."))
            return redirect(PAGE)
    if own.state != Validation.State.REFUSED and not posted and kept is None:
        return _nothing_to_do(request, _("Nothing is refused at this moment."))
    return _page(
        request,
        "participants/validation_appeal.html",
        form,
        refusal=refusal,
        refused=own if own.state == Validation.State.REFUSED else None,
        kept=kept,
    )


def _was_asked(own: Validation, reason: str) -> bool:
    """Say whether this very reason was the last thing that reopened it."""
    asked = Event.objects.filter(
        subject_kind=Validation._meta.label_lower,
        subject_key=own.record_key,
        kind=workflow.VALIDATION.kind("appeal"),
    )
    newest = asked.order_by("-id").first()
    return newest is not None and newest.personal.get("reason") == reason
