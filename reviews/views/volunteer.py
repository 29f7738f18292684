"""The volunteer's page over HTTP: all that one decision needs, the keys, and what a reviewer can do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants.models import ProjectChoice
from participants.policies import declared_by, membership_bars
from participants.policies.interest_cases import Declared
from participants.workflow import looking
from projects.models import Project
from reviews import policies, workflow
from reviews.forms.desk import DeskFilter
from reviews.forms.said import AsideForm, KeyForm, NeighbourForm, QuestionForm
from reviews.models import Decision, Key, Question, Recusal, Side
from reviews.policies import casework
from reviews.policies.capacity import capacity_of
from reviews.policies.conflicts import barred_once
from reviews.policies.desk import Desk
from reviews.policies.joining import joining
from reviews.policies.waiting import Waiting
from reviews.views import searching
from reviews.views.desk import (
    STATE_SHAPES,
    ProjectNumbers,
    neighbours,
    validation_in_words,
)
from reviews.views.gate import confirm_first, desk_of, gate
from reviews.workflow import ChangedSince, Said
from reviews.workflow import casework as suggesting
from stepchange import kept_typing
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused, Words

LOOK = "volunteer for review"
SHOWN_OF_FORM = ("experience",)
"""The pages of the form whose answers are read here: not the referee's, nor what an interest says."""
FORMS: dict[str, type[forms.Form]] = {
    "key": KeyForm,
    "aside": AsideForm,
    "question": QuestionForm,
    "neighbour": NeighbourForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def volunteer(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show one volunteer for one project; take a key, a recusal or a question on POST.

    Who may not see them gets what nobody gets (law 7): law 3 is asked before anything is read of them.
    """
    with barred_once():
        here, choice = _seen(request, key)
        if turned_away := gate(request):
            return turned_away
        if refusal := policies.may_review(request.user, choice):
            workflow.record_met(request.user, choice)
            raise Http404(refusal)
        if request.method == "POST":
            return _take(request, here, choice)
        return _page(request, here, choice)


def _seen(request: SignedInRequest, key: UUID) -> tuple[Desk, ProjectChoice]:
    """Return the desk and the choice; Http404 where there is none, or it is withheld from who asks."""
    found = ProjectChoice.objects.exclude(expression__state="draft").select_related(
        "expression__person__user",
        "expression__person__organisation__merged_into",
        "expression__call",
        "project__work_stream",
    )
    choice = found.filter(public_id=key).first()
    if choice is None:
        raise Http404
    here = desk_of(request, choice.project.work_stream.slug)
    if not here.sees(choice):
        workflow.record_met(request.user, choice)
        raise Http404
    return here, choice


# What is done on it -----------------------------------------------------------------------------------
def _take(request: SignedInRequest, here: Desk, choice: ProjectChoice) -> HttpResponse:
    do = request.POST.get("do", "")
    if do not in FORMS:
        return _page(request, here, choice)
    if unproved := confirm_first(request) if do == "key" else None:
        return unproved
    form = _form(do, choice, request.POST)
    if not form.is_valid():
        return _page(request, here, choice, bound={do: form})
    try:
        words, onwards = DOES[do](request, choice, form.cleaned_data)
    except ChangedSince as changed:
        form.add_error(None, str(changed))
        return _page(request, here, choice, bound={do: form}, status=409)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, here, choice, bound={do: form}, status=409)
    kept_typing.saved(request)
    messages.success(request, words)
    return redirect(onwards)


Done = tuple[str, str]


def _cast(request: SignedInRequest, choice: ProjectChoice, said: dict[str, Any]) -> Done:
    fields = ("view", "reason", "fit", "capacity", "risk", "notes")
    workflow.cast(
        choice,
        by=request.user,
        said=Said(**{name: said[name] for name in fields}),
        seen=request.POST.get("seen", ""),
    )
    words = _("Your key is cast. The other seat learns that it is, not what it says.")
    if policies.held_decision(choice):
        words = _("Both keys are cast and agree: it is decided. The office releases the outcome.")
    elif policies.open_split(choice):
        words = _("Both keys are cast and differ. The office mediates, or the board settles it.")
    return words, request.get_full_path()


def _stand_aside(request: SignedInRequest, choice: ProjectChoice, said: dict[str, Any]) -> Done:
    workflow.stand_aside(
        choice, by=request.user, reason=said["aside_reason"], from_person=said["whole"]
    )
    words = _("You stood aside. The key of your side goes to your deputy, or to a stand-in.")
    return words, reverse("reviews:stream", args=[choice.project.work_stream.slug])


def _ask(request: SignedInRequest, choice: ProjectChoice, said: dict[str, Any]) -> Done:
    workflow.ask(choice, by=request.user, text=said["question"])
    return _("The volunteer was asked. Their answer will stand here."), request.get_full_path()


def _suggest(request: SignedInRequest, choice: ProjectChoice, said: dict[str, Any]) -> Done:
    project = Project.objects.get(code=said["project"])
    suggesting.suggest_neighbour(choice, project, by=request.user)
    return _("It was suggested to them. They say whether they want it."), request.get_full_path()


DOES: dict[str, Callable[[SignedInRequest, ProjectChoice, dict[str, Any]], Done]] = {
    "key": _cast,
    "aside": _stand_aside,
    "question": _ask,
    "neighbour": _suggest,
}


def _form(
    do: str, choice: ProjectChoice, data: QueryDict | None = None, **named: Any
) -> forms.Form:
    """Return one of the page's forms; that of neighbouring projects offers those that there are."""
    if do == "neighbour":
        return NeighbourForm(data, projects=casework.neighbours(choice), **named)
    return FORMS[do](data, **named)


# What is on it ----------------------------------------------------------------------------------------
def _page(
    request: SignedInRequest,
    here: Desk,
    choice: ProjectChoice,
    *,
    bound: dict[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the page, with what was typed where something is wrong; record that it was looked at."""
    user, person = request.user, choice.expression.person
    kept = None if bound else kept_typing.waiting(user, request.path)
    waiting = policies.waiting_on(choice)
    may_suggest = casework.may_suggest_neighbour(user, choice)
    drawn = {
        name: (bound or {}).get(name) or _form(name, choice, initial=kept.texts if kept else None)
        for name in FORMS
        if name != "neighbour" or name in (bound or {}) or not may_suggest
    }
    versions = policies.versions_of(choice)
    codes = here.choices.order_by().values_list("project__code", flat=True).distinct()
    asked = DeskFilter.read(request.GET, set(codes), searching.words_searched(request))
    before, after = neighbours(here, asked, choice)
    numbers = ProjectNumbers(choice.project, here.tallies().get(choice.project_id))
    is_live = choice.is_live and choice.expression.state == "submitted"
    looking.looked(person.current, by=user, what=LOOK)
    wrong = next((form for form in drawn.values() if form.errors), None)
    context = {
        "choice": choice,
        "stream": here.stream,
        "person": person,
        "works_for": person.organisation.current if person.organisation else None,
        "is_live": is_live,
        "state_shape": STATE_SHAPES[choice.state],
        "snapshot": versions.snapshot,
        "sections": _sections(versions),
        "declaration": versions.declaration,
        "interests": _interests(choice),
        "validation": validation_in_words(person),
        "bars": membership_bars(person.current, choice.project) if is_live else [],
        "others": _others(choice),
        "capacity": capacity_of(person.current),
        "numbers": numbers,
        "joining": joining(choice) if is_live else None,
        "waiting": waiting,
        "sides": list(_sides(choice, user, waiting)),
        "may_cast": policies.may_cast(user, choice),
        "has_cast": Key.objects.cast().of_round(choice, waiting.round).filter(caster=user).exists(),
        "decisions": Decision.objects.filter(choice=choice).order_by("-decided_at"),
        "questions": _questions(choice, user),
        "may_suggest": may_suggest,
        "suggested": choice.neighbours_suggested.select_related("project"),
        "may_ask": policies.may_ask(user, choice),
        "recusals": Recusal.objects.filter(choice=choice).select_related("user"),
        "forms": drawn,
        "form": wrong or drawn["key"],
        "seen": versions.seen,
        "kept": kept,
        "before": before,
        "after": after,
        "query": asked.as_query(),
        "back_url": f"{reverse('reviews:stream', args=[here.stream.slug])}?{asked.as_query()}",
    }
    return render(request, "reviews/volunteer.html", context, status=status)


def _sections(versions: policies.Versions) -> list[Any]:
    shown = versions.snapshot.shown if versions.snapshot else []
    return [each for each in shown if each["page"] in SHOWN_OF_FORM]


@dataclass(frozen=True)
class DeclaredHere:
    """What a co-chair learns of somebody's interests: that they are declared, and whether decided."""

    is_due: bool
    number: int
    touching: int
    decided: int


def _interests(choice: ProjectChoice) -> DeclaredHere:
    told: Declared = declared_by(choice.expression.person.current)
    touching = [each for each in told.interests if each.touches(choice.project)]
    decided = [each for each in touching if each.case and not each.case.is_undecided]
    return DeclaredHere(told.is_due, len(told.interests), len(touching), len(decided))


def _others(choice: ProjectChoice) -> list[ProjectChoice]:
    """Return what else they chose on the same form, by rank: what is made of it is others' to know."""
    mine = choice.expression.choices.live().select_related("project").defer("reason")
    return list(mine.order_by("rank"))


@dataclass(frozen=True)
class SideShown:
    """One side's key as its reader may know it: `key` only where its words are theirs to read."""

    label: Words
    told: Any
    key: Key | None
    passed: tuple[str, ...]


def _sides(choice: ProjectChoice, user: User, waiting: Waiting) -> Iterator[SideShown]:
    """Yield both sides; of a round that is over by a decision or a split, both keys opened."""
    number = waiting.round
    if not waiting.sides:
        newest = Key.objects.cast().filter(choice=choice).order_by("-round").first()
        number = newest.round if newest else number
    readable = {
        key.side: key
        for key in Key.objects.visible_to(user)
        .cast()
        .of_round(choice, number)
        .select_related("caster")
    }
    told = {each.side: each for each in waiting.sides}
    for side in Side:
        mine = told.get(side)
        passed = mine.holding.passed if mine and mine.holding else ()
        yield SideShown(
            side.label,
            mine,
            readable.get(side) if mine is None or mine.is_cast else None,
            tuple(
                _("%(who)s: %(why)s")
                % {
                    "who": each.user or each.cast_as.label,
                    "why": each.because.words,
                }
                for each in passed
            ),
        )


def _questions(choice: ProjectChoice, user: User) -> list[tuple[Question, Words]]:
    """Return the questions with who asked, as far as that is this reader's to know (law 2)."""
    asked = list(Question.objects.filter(choice=choice).select_related("asked_by").order_by("pk"))
    return [(each, _who_asked(each, user)) for each in asked]


def _who_asked(question: Question, user: User) -> Words:
    if question.asked_by_id == user.pk:
        return gettext_lazy("You")
    if policies.sees_who_asked(user, question):
        return str(question.asked_by)
    return gettext_lazy("One of the reviewers")
