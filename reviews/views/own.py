"""A participant's own offers, memberships and decisions over HTTP: nobody else's are found (law 7)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.models import ProjectChoice
from participants.workflow import person_of
from reviews import own_words
from reviews.forms.own import (
    ACCEPT,
    ComplaintForm,
    LookAgainForm,
    NeighbourForm,
    OfferForm,
    SteppingDownForm,
)
from reviews.models import (
    Complaint,
    Letter,
    Membership,
    NeighbourSuggestion,
    Offer,
    Reconsideration,
)
from reviews.policies import casework as casework_policies
from reviews.policies import membership as membership_policies
from reviews.policies import offers as offer_policies
from reviews.policies.capacity import capacity_of
from reviews.policies.fairness import held_for_ethics
from reviews.workflow import casework, membership, offers
from stepchange import kept_typing
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused

PAGE = "reviews:own"
NOT_TAKEN = ("declined", "reserve")


@require_safe
@login_required
@never_cache
def listed(request: SignedInRequest) -> HttpResponse:
    """Show what became of the participant's choices: offers, memberships, decisions, suggestions."""
    mine = ProjectChoice.objects.filter(expression__person__user=request.user)
    read = ("choice__project__work_stream", "choice__expression__person__user")
    offered = Offer.objects.standing().of(request.user).select_related(*read)
    members = Membership.objects.of(request.user).select_related(
        "project__work_stream", "person__user", *read
    )
    decided = mine.filter(state__in=NOT_TAKEN).select_related("project__work_stream")
    return render(
        request,
        "reviews/own/listed.html",
        {
            "offers": offered.order_by("take_up_by"),
            "memberships": [
                {"membership": each, "stand": stand_of(each)} for each in members.order_by("-pk")
            ],
            "decided": decided.prefetch_related("reconsiderations").order_by("rank"),
            "suggestions": NeighbourSuggestion.objects.waiting()
            .of(request.user)
            .select_related("project__work_stream", "choice__project"),
            "back_url": reverse("participants:account"),
        },
    )


def stand_of(each: Membership) -> str:
    """Return how a membership stands at this moment, computed: `ended`, `suspended` or `active`."""
    if each.has_ended:
        return "ended"
    return "active" if membership_policies.is_effective(each) else "suspended"


# An offer -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def offer(request: SignedInRequest, choice: UUID) -> HttpResponse:
    """Show an offer with all that it rests on, and take the answer on POST."""
    mine = ProjectChoice.objects.select_related(
        "project__work_stream",
        "expression__person__user",
        "expression__person__organisation__merged_into",
    )
    chosen = get_object_or_404(
        mine.filter(offers__isnull=False).distinct(),
        public_id=choice,
        expression__person__user=request.user,
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        if given["answer"] == ACCEPT:
            if own_words.missing_of(chosen):
                raise Refused(_("You can’t accept it yet. What is missing is listed on this page."))
            begun = offers.accept(chosen, by=request.user)
            messages.success(
                request,
                _("You are a member of %(project)s from today.") % {"project": chosen.project},
            )
            return redirect("reviews:membership", begun.public_id)
        offers.turn_down(chosen, by=request.user, reason=given["reason"])
        messages.success(
            request, _("You turned down the place in %(project)s.") % {"project": chosen.project}
        )
        return redirect(PAGE)

    if request.method != "POST" and chosen.state == ProjectChoice.State.ACCEPTED:
        return redirect("reviews:membership", chosen.membership.public_id)
    refusal = offer_policies.may_answer(request.user, chosen)
    standing = refusal is None
    return _asked(
        request,
        "reviews/own/offer.html",
        OfferForm,
        act,
        choice=chosen,
        offer=offer_policies.offer_of(chosen),
        letter=Letter.objects.telling_of(chosen).first(),
        refusal=refusal,
        missing=own_words.missing_of(chosen) if standing else [],
        held=held_for_ethics(chosen) if standing else None,
        is_full=standing and offer_policies.places_free(chosen.project) == 0,
        capacity=capacity_of(chosen.expression.person),
    )


# A membership -------------------------------------------------------------------------------------
def _own_membership(request: SignedInRequest, key: UUID) -> Membership:
    read = Membership.objects.of(request.user).select_related(
        "project__work_stream",
        "person__user",
        "choice__project",
        "choice__expression__person__user",
    )
    return get_object_or_404(read, public_id=key)


@require_safe
@login_required
@never_cache
def one_membership(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show a membership: its role, its term, and what keeps it from being effective, if anything does."""
    mine = _own_membership(request, key)
    stand = stand_of(mine)
    return render(
        request,
        "reviews/own/membership.html",
        {
            "membership": mine,
            "stand": stand,
            "missing": own_words.missing_of(mine.choice) if stand == "suspended" else [],
            "capacity": capacity_of(mine.person),
            "back_url": reverse(PAGE),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def step_down(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Ask whether to step down, and end the membership on POST."""
    mine = _own_membership(request, key)
    if mine.state == Membership.State.ENDED:
        return redirect("reviews:membership", mine.public_id)

    def act(given: dict[str, Any]) -> HttpResponse:
        membership.step_down(mine, by=request.user, reason=given["reason"])
        messages.success(
            request, _("You have stepped down from %(project)s.") % {"project": mine.project}
        )
        return redirect(PAGE)

    back = reverse("reviews:membership", args=[mine.public_id])
    return _asked(
        request,
        "reviews/own/step_down.html",
        SteppingDownForm,
        act,
        membership=mine,
        back_url=back,
    )


# A decision, looked at again ----------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def look_again(request: SignedInRequest, choice: UUID) -> HttpResponse:
    """Ask what should be looked at again, once; show what was asked and answered after."""
    chosen = get_object_or_404(
        ProjectChoice.objects.select_related("project", "expression__person__user"),
        public_id=choice,
        expression__person__user=request.user,
        decisions__release__isnull=False,
    )
    asked = Reconsideration.objects.about(chosen).order_by("-pk").first()
    refusal = casework_policies.may_ask_again(request.user, chosen)

    def act(given: dict[str, Any]) -> HttpResponse:
        casework.ask_to_look_again(chosen, grounds=given["grounds"], by=request.user)
        messages.success(request, _("Somebody who did not take the decision looks at it again."))
        return redirect("reviews:look-again", chosen.public_id)

    return _asked(
        request,
        "reviews/own/look_again.html",
        LookAgainForm,
        act,
        choice=chosen,
        asked=asked,
        refusal=refusal,
    )


# A neighbouring project ---------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def neighbour(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show a neighbouring project, and take on POST whether the person wants to be considered for it."""
    suggested = get_object_or_404(
        NeighbourSuggestion.objects.of(request.user).select_related(
            "project__work_stream", "choice__project", "choice__expression__person__user"
        ),
        public_id=key,
    )

    def act(given: dict[str, Any]) -> HttpResponse:
        if given["answer"] == "yes":
            casework.take_up_neighbour(suggested, by=request.user)
            words = _("You are considered for %(project)s from now on.")
        else:
            casework.turn_down_neighbour(suggested, by=request.user)
            words = _("You will not be considered for %(project)s.")
        messages.success(request, words % {"project": suggested.project})
        return redirect(PAGE)

    refusal = None
    if suggested.state != NeighbourSuggestion.State.SUGGESTED:
        refusal = _("You have answered this already.")
    return _asked(
        request,
        "reviews/own/neighbour.html",
        NeighbourForm,
        act,
        suggestion=suggested,
        refusal=refusal or casework_policies.may_take_up(request.user, suggested),
    )


# Complaints ---------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def complain(request: SignedInRequest) -> HttpResponse:
    """Take a complaint, and show those made before with their answers."""

    def act(given: dict[str, Any]) -> HttpResponse:
        casework.complain(
            person_of(request.user), about=given["about"], text=given["text"], by=request.user
        )
        messages.success(request, _("We have your complaint. You read the answer here."))
        return redirect("reviews:complain")

    return _asked(
        request,
        "reviews/own/complain.html",
        ComplaintForm,
        act,
        complaints=Complaint.objects.of(request.user).order_by("-pk"),
    )


def _asked(
    request: SignedInRequest,
    template: str,
    form_class: type[forms.Form],
    act: Callable[[dict[str, Any]], HttpResponse],
    **context: Any,
) -> HttpResponse:
    """Show a form, or do what was answered; a refusal is told beside what was typed, as 409."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = form_class(request.POST if posted else None, initial=kept.texts if kept else None)
    status = HTTPStatus.OK
    if posted and form.is_valid():
        try:
            answer = act(form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus.CONFLICT
        else:
            kept_typing.saved(request)
            return answer
    context = {"back_url": reverse(PAGE), **context, "form": form, "kept": kept}
    return render(request, template, context, status=status)
