"""Declarations of interests over HTTP: one's own, and the journey that signs a new one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import policies
from participants.forms.declarations import AnythingForm, InterestForm, SignatureForm
from participants.models import Declaration, DraftDeclaration, InterestKind, Person
from participants.texts import INTERESTS
from participants.views.people_gate import onwards
from participants.workflow import declarations, person_of
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from stepchange import kept_typing
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused


@require_safe
@login_required
@never_cache
def listed(request: SignedInRequest) -> HttpResponse:
    """List what the person declared, newest first, say whether that is in date and where it stands."""
    mine = list(Declaration.objects.of(request.user))
    newest = mine[0] if mine else None
    return render(
        request,
        "participants/declarations.html",
        {
            "declarations": mine,
            "newest": newest,
            "is_due": policies.declaration_is_due(newest.signed_at if newest else None),
            "interests": policies.interests_in(newest) if newest else (),
            "has_draft": DraftDeclaration.objects.filter(person__user=request.user).exists(),
            "back_url": reverse("participants:account"),
        },
    )


@require_safe
@login_required
@never_cache
def one(request: SignedInRequest, number: int) -> HttpResponse:
    """Show one of the person's own declarations as it was signed, and where each interest stands."""
    mine = Declaration.objects.of(request.user)
    declaration = mine.filter(number=number).first()
    if declaration is None:
        raise Http404
    return render(
        request,
        "participants/declaration.html",
        {
            "declaration": declaration,
            "interests": policies.interests_in(declaration),
            "is_newest": not mine.filter(number__gt=number).exists(),
            "back_url": reverse("participants:declarations"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def declare(request: SignedInRequest) -> HttpResponse:
    """Ask whether there is anything to declare."""
    draft = _draft(request)
    form = AnythingForm(
        request.POST if request.method == "POST" else None, initial={"anything": _answered(draft)}
    )
    if request.method == "POST" and form.is_valid():
        is_nil = form.cleaned_data["anything"] == "no"
        draft = declarations.answer(person_of(request.user), is_nil=is_nil)
        return redirect(_after_answer(draft))
    return render(
        request,
        "participants/declare.html",
        {"form": form, "words": INTERESTS.words, "back_url": reverse("participants:declarations")},
    )


def _draft(request: SignedInRequest) -> DraftDeclaration:
    return declarations.draft_of(Person.objects.filter(user=request.user).first())


def _answered(draft: DraftDeclaration) -> str:
    return {True: "no", False: "yes", None: ""}[draft.is_nil]


def _after_answer(draft: DraftDeclaration) -> str:
    if draft.is_nil:
        return "participants:declare-check"
    return "participants:declare-interests" if draft.interests else "participants:declare-add"


def _shown(draft: DraftDeclaration) -> list[dict[str, Any]]:
    """Return the interests of a draft in words."""
    codes = {each["project"] for each in draft.interests if each["project"]}
    projects = {project.code: project for project in Project.objects.filter(code__in=codes)}
    return [
        each
        | {
            "kind_words": InterestKind(each["kind"]).label,
            "project_words": str(projects.get(each["project"], each["project"])),
        }
        for each in draft.interests
    ]


@require_safe
@login_required
@never_cache
def interests(request: SignedInRequest) -> HttpResponse:
    """List the interests added so far, each with a way to change or remove it."""
    draft = _draft(request)
    if draft.is_nil is not False or not draft.interests:
        return redirect("participants:declare")
    return render(
        request,
        "participants/declare_interests.html",
        {"interests": _shown(draft), "back_url": reverse("participants:declare")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def interest(request: SignedInRequest, key: str = "") -> HttpResponse:
    """Add an interest to the draft, or change the one with the key."""
    draft = _draft(request)
    held = next((each for each in draft.interests if each["key"] == key), None)
    kept = kept_typing.waiting(request.user, request.path)
    if key and held is None and kept is None and request.method != "POST":
        return redirect("participants:declare-interests")
    posted = request.POST if request.method == "POST" else None
    form = InterestForm(posted, initial=kept.texts if kept else held)
    if form.is_valid():
        given = InterestGiven(**form.given())
        try:
            declarations.keep_interest(person_of(request.user), given, key=key)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            kept_typing.saved(request)
            return redirect("participants:declare-interests")
    back = "participants:declare-interests" if draft.interests else "participants:declare"
    return render(
        request,
        "participants/declare_interest.html",
        {
            "form": form,
            "is_change": bool(key),
            "kept": None if posted else kept,
            "back_url": reverse(back),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def remove(request: SignedInRequest, key: str) -> HttpResponse:
    """Ask whether to take an interest out of the draft, and take it out on POST."""
    if request.method == "POST":
        draft = declarations.remove_interest(person_of(request.user), key=key)
        messages.success(request, _("The interest was removed."))
        return redirect(
            "participants:declare-interests" if draft.interests else "participants:declare"
        )
    held = next((each for each in _shown(_draft(request)) if each["key"] == key), None)
    if held is None:
        return redirect("participants:declare-interests")
    back = reverse("participants:declare-interests")
    return render(request, "participants/declare_remove.html", {"interest": held, "back_url": back})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def check(request: SignedInRequest) -> HttpResponse:
    """Show the declaration as it would be signed; sign it on POST."""
    draft = _draft(request)
    form = SignatureForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            declarations.sign_draft(
                person_of(request.user), by=request.user, seen=form.cleaned_data["seen"]
            )
            messages.success(request, _("Your declaration is signed."))
            return onwards(request, "participants:declarations")
        except Refused as refused:
            refusal = str(refused)
            form.add_error(None, refusal)
    if draft.is_nil is None or (not draft.is_nil and not draft.interests):
        if refusal:
            messages.warning(request, refusal)
        return redirect("participants:declarations" if refusal else "participants:declare")
    back = "participants:declare" if draft.is_nil else "participants:declare-interests"
    return render(
        request,
        "participants/declare_check.html",
        {
            "form": form,
            "seen": declarations.digest_of(draft),
            "is_nil": draft.is_nil,
            "interests": [] if draft.is_nil else _shown(draft),
            "back_url": reverse(back),
        },
        status=409 if refusal else 200,
    )
