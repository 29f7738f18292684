"""Ethics reviews, and what people asked or complained of, for whoever may deal with each (laws 3 and 7).

Outside the console, which the board and ethics reviewers need not be able to open. What is withheld from
who asks is counted, and never shown.
"""

from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.views.people_gate import turn_away
from participants.workflow.looking import looked
from reviews.forms.answers import (
    CLEAR,
    CONDITIONS,
    AnswerAgainForm,
    AnswerForm,
    ConcernsForm,
    EthicsForm,
)
from reviews.models import Complaint, EthicsReview, Reconsideration
from reviews.policies import casework as answering
from reviews.policies import fairness
from reviews.workflow import casework, ethics
from stepchange import kept_typing
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.roles import Role, holds
from stepchange.transitions import Refused, Words
from workstreams.models import Organisation

May = Callable[[User, Any], "Words | None"]


def _for_roles(request: SignedInRequest, *roles: Role) -> HttpResponse | None:
    """Answer as what does not exist to whoever holds none of the roles; ask the others for their steps."""
    if not holds(request.user, *roles):
        raise Http404
    return turn_away(request)


def _split(rows: Iterable[Any], may: May, by: User) -> tuple[list[Any], int]:
    """Return what of the rows somebody may deal with, and how many are withheld."""
    every = list(rows)
    mine = [row for row in every if may(by, row) is None]
    return mine, len(every) - len(mine)


# Ethics -------------------------------------------------------------------------------------------
@require_safe
@login_required
@never_cache
def ethics_reviews(request: SignedInRequest) -> HttpResponse:
    """List the ethics reviews that wait, the longest first, and those that were settled last."""
    if turned := _for_roles(request, Role.ETHICS_REVIEWER):
        return turned
    read = EthicsReview.objects.select_related(
        "project__work_stream", "organisation__merged_into", "organisation__group"
    )
    waiting, withheld = _split(read.open(), fairness.why_not_impartial, request.user)
    settled = read.exclude(state=EthicsReview.State.OPEN).order_by("-settled_at")[:20]
    seen, also = _split(settled, fairness.why_not_impartial, request.user)
    context = {"waiting": waiting, "settled": seen, "withheld": withheld + also}
    return render(request, "reviews/answers/ethics_reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def ethics_review(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show a group's part in a project, and record the outcome on POST."""
    if turned := _for_roles(request, Role.ETHICS_REVIEWER):
        return turned
    read = EthicsReview.objects.select_related(
        "project__work_stream", "organisation__merged_into", "settled_by"
    )
    review = get_object_or_404(read, public_id=key)
    if fairness.why_not_impartial(request.user, review):
        raise Http404
    figures = fairness.figures_of_project(review.project)

    def act(given: dict[str, Any]) -> None:
        if given["outcome"] == CLEAR:
            ethics.clear(review, reason=given["reason"], by=request.user)
        elif given["outcome"] == CONDITIONS:
            ethics.clear_with_conditions(
                review, conditions=given["conditions"], reason=given["reason"], by=request.user
            )
        else:
            ethics.not_clear(review, reason=given["reason"], by=request.user)

    return _answered(
        request,
        "reviews/answers/ethics_review.html",
        EthicsForm,
        act,
        _("The outcome is recorded."),
        "reviews:ethics",
        review=review,
        why=[fairness.Why(each).words for each in review.why],
        figures=figures,
        groups=[
            {"name": names.get(group, ""), "share": share}
            for names in [_names_of(figures.by_group)]
            for group, share in figures.by_group.items()
        ],
        is_open=review.state == EthicsReview.State.OPEN,
    )


def _names_of(groups: Iterable[int]) -> dict[int, str]:
    return {each.pk: str(each) for each in Organisation.objects.filter(pk__in=list(groups))}


# What people asked --------------------------------------------------------------------------------
ANSWERS = (Role.OFFICE_MANAGER, Role.BOARD)


@require_safe
@login_required
@never_cache
def to_answer(request: SignedInRequest) -> HttpResponse:
    """List the decisions to look at again, and the complaints, that wait for somebody like who asks."""
    if turned := _for_roles(request, *ANSWERS):
        return turned
    asked = Reconsideration.objects.waiting().select_related(
        "choice__project", "choice__expression__person__user"
    )
    made = Complaint.objects.waiting().select_related("person__user")
    mine, withheld = _split(asked, answering.may_answer_again, request.user)
    complaints, also = _split(made, answering.may_answer_complaint, request.user)
    context = {"asked": mine, "complaints": complaints, "withheld": withheld + also}
    return render(request, "reviews/answers/to_answer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def answer_again(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show what somebody wants looked at again, and take the answer on POST."""
    if turned := _for_roles(request, *ANSWERS):
        return turned
    read = Reconsideration.objects.select_related(
        "choice__project__work_stream", "choice__expression__person__user"
    )
    asked = get_object_or_404(read, public_id=key)
    if answering.may_answer_again(request.user, asked):
        raise Http404
    if request.method == "GET":
        looked(asked.choice.expression.person, by=request.user, what="request to look again")

    def act(given: dict[str, Any]) -> None:
        answer = casework.uphold if given["outcome"] == "stands" else casework.send_back
        answer(asked, answer=given["answer"], by=request.user)

    return _answered(
        request,
        "reviews/answers/answer_again.html",
        AnswerAgainForm,
        act,
        _("Your answer is recorded, and they can read it."),
        "reviews:answers",
        asked=asked,
        is_open=asked.state == Reconsideration.State.ASKED,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def answer_complaint(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show a complaint, and take the answer on POST."""
    if turned := _for_roles(request, *ANSWERS):
        return turned
    complaint = get_object_or_404(Complaint.objects.select_related("person__user"), public_id=key)
    if answering.may_answer_complaint(request.user, complaint):
        raise Http404
    if request.method == "GET":
        looked(complaint.person, by=request.user, what="complaint")
    return _answered(
        request,
        "reviews/answers/answer_complaint.html",
        AnswerForm,
        lambda given: casework.answer_complaint(complaint, answer=given["answer"], by=request.user),
        _("Your answer is recorded, and they can read it."),
        "reviews:answers",
        complaint=complaint,
        concerns=list(complaint.concerns.all()),
        is_open=complaint.state == Complaint.State.MADE,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def name_in_complaint(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Ask whom a complaint is about, and record it on POST: they can't answer it any more."""
    if turned := _for_roles(request, *ANSWERS):
        return turned
    complaint = get_object_or_404(Complaint.objects.select_related("person__user"), public_id=key)
    if answering.may_answer_complaint(request.user, complaint):
        raise Http404
    people = answering.may_be_named(complaint)

    def act(given: dict[str, Any]) -> None:
        whom = get_object_or_404(people, public_id=given["whom"])
        casework.name_in_complaint(complaint, whom=whom, by=request.user)

    return _answered(
        request,
        "reviews/answers/name_in_complaint.html",
        partial(ConcernsForm, people=people),
        act,
        _("It is recorded whom it is about. They can’t answer it any more."),
        "reviews:answers",
        complaint=complaint,
        is_open=complaint.state == Complaint.State.MADE,
    )


def _answered(
    request: SignedInRequest,
    template: str,
    form_class: Callable[..., forms.Form],
    act: Callable[[dict[str, Any]], None],
    done: str,
    then: str,
    **context: Any,
) -> HttpResponse:
    """Show a form, or do what was answered; a refusal is told beside what was typed, as 409."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = form_class(request.POST if posted else None, initial=kept.texts if kept else None)
    status = HTTPStatus.OK
    if posted and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus.CONFLICT
        else:
            kept_typing.saved(request)
            messages.success(request, done)
            return redirect(then)
    context |= {"form": form, "kept": kept, "back_url": reverse(then)}
    return render(request, template, context, status=status)
