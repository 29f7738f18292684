"""The pages of the form over HTTP: fetch, ask the workflow, redirect."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import pages, policies, workflow
from participants.comparison import Difference, differences_as_typed
from participants.forms.base import PageForm
from participants.forms.trust import AccuracyForm
from participants.models import EnteredForm, ExpressionOfInterest, Person
from participants.texts import ACCURACY, STATEMENTS
from participants.views import addresses
from participants.views.visit import JUST_SUBMITTED, Visit
from stepchange import kept_typing
from stepchange.caching import has_session, public_page, stays_true_until
from stepchange.requests import Request, SignedInRequest
from stepchange.transitions import Refused

SAVED = "saved"
"""In the address of check-answers: a page was saved just now, and what is left is to be answered next."""


@public_page
def start(request: HttpRequest) -> HttpResponse:
    """Tell what it takes, before anybody signs up."""
    received_at = cast("Request", request).received_at
    person = None
    if has_session(request) and request.user.is_authenticated:
        person = Person.objects.of(request.user)
    call = policies.call_for(person, received_at)
    closes_at = policies.closes_for(call, person) if call else None
    response = render(
        request,
        "participants/start.html",
        {
            "call": call,
            "closes_at": closes_at,
            "is_open": call is not None and policies.is_open_for(call, person, received_at),
            "is_coming": call is not None and call.is_coming(received_at),
            "tasks_url": reverse("participants:tasks"),
        },
    )
    stays_true_until(response, *((call.opens_at, closes_at) if call else ()))
    return response


@public_page
def questions(request: HttpRequest) -> HttpResponse:
    """Show all the questions, to print or to gather what is needed."""
    return render(request, "participants/questions.html", {"asked": pages.questions()})


@require_safe
@login_required
@never_cache
def tasks(request: SignedInRequest) -> HttpResponse:
    """Show what is done and what is left."""
    visit = Visit(request)
    if visit.copy and not visit.is_open and not visit.copy.has_changes:
        return redirect("participants:submitted-one", visit.copy.expression.reference)
    listed = pages.tasks(visit.journey)
    sections: dict[str, list[pages.Task]] = {}
    for task in listed:
        sections.setdefault(str(task.page.section), []).append(task)
    return render(
        request,
        "participants/tasks.html",
        {
            **visit.context,
            "sections": sections,
            "done": sum(task.is_complete for task in listed if not task.page.optional),
            "total": sum(not task.page.optional for task in listed),
            "is_complete": all(task.is_complete for task in listed),
            "unsaved": _unsaved(request, listed),
            "entered_waiting": EnteredForm.objects.offered_to(request.user),
        },
    )


def _unsaved(request: SignedInRequest, listed: list[pages.Task]) -> list[pages.Task]:
    """Return the tasks on whose pages something was typed that could not be saved."""
    paths = kept_typing.paths_waiting(request.user)
    return [
        task
        for task in listed
        if task.is_ready and reverse("participants:page", args=[task.page.slug]) in paths
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show one page of the form, and save it."""
    return answer(Visit(request), slug)


def answer(visit: Visit, slug: str) -> HttpResponse:
    """Show one page to whoever fills it in, the participant or the office for one, and save it."""
    request, asked = visit.request, pages.BY_SLUG.get(slug)
    if asked is None or not visit.answers(asked):
        raise Http404
    if not asked.ready(visit.journey) or not visit.may_save:
        return redirect(visit.tasks_url)
    if request.method == "POST":
        return _save(visit, asked)
    saved = visit.journey.answers.get(slug)
    kept = kept_typing.waiting(request.user, request.path)
    if kept and (typed := asked.form(visit.journey, data=kept.data).typed()) != saved:
        return _show(visit, asked, asked.form(visit.journey, saved=typed), kept=kept)
    begun = None
    if saved and visit.is_own and asked.settled is None:
        begun = asked.form(visit.journey, data=saved)
    return _show(visit, asked, asked.form(visit.journey, saved=saved), begun=begun)


def _save(visit: Visit, asked: pages.Page) -> HttpResponse:
    """Keep what was typed, then go on, come back later, or say what is wrong."""
    request = visit.request
    form = asked.form(visit.journey, data=request.POST)
    typed = form.typed()
    opened_with = _whole_number(request.POST.get("revision"))
    if not form.is_valid() and "later" not in request.POST:
        # With the revision it was opened with: once it is put right, a second tab is still told.
        return _show(visit, asked, form, revision=opened_with)
    try:
        visit.save(asked, typed, revision=opened_with)
    except workflow.SavedElsewhere as elsewhere:
        saved = asked.form(visit.journey, data=elsewhere.answers)
        differences = differences_as_typed(saved, form)
        return _show(visit, asked, form, revision=elsewhere.revision, differences=differences)
    kept_typing.saved(request)
    if str(request.POST.get("version", visit.version)) != str(visit.version):
        messages.warning(
            request,
            _(
                "You have submitted this form since you opened that page. What you saved there does "
                "not count until you submit your changes."
            ),
        )
    if "later" in request.POST:
        messages.success(request, _("Saved. Come back when it suits you, from any device."))
        return redirect(visit.tasks_url)
    was_all_begun = asked.slug in visit.journey.answers and _all_are_begun(visit)
    visit.journey.answers[asked.slug] = typed
    if not form.lets_through():
        return redirect(visit.not_for_them_url)
    for words in form.remarks():
        messages.warning(request, words)
    if asked.names_work_address and visit.is_own:
        addresses.send_when_needed(visit)
    return redirect(_after(visit, asked, to_check=was_all_begun or "change" in request.GET))


def _show(
    visit: Visit,
    asked: pages.Page,
    form: PageForm,
    *,
    revision: int | None = None,
    differences: list[Difference] | None = None,
    kept: kept_typing.Waiting | None = None,
    begun: PageForm | None = None,
) -> HttpResponse:
    earlier = pages.before(asked, visit.journey)
    if "change" in visit.request.GET:
        back = visit.check_url
    elif earlier is None:
        back = visit.tasks_url
    else:
        back = visit.page_url(earlier)
    if kept:
        revision = _whole_number(kept.travelled("revision"))
    return render(
        visit.request,
        "participants/page.html",
        {
            **visit.context,
            "page": asked,
            "form": form,
            "back_url": back,
            "revision": visit.revision_of(asked) if revision is None else revision,
            "version": kept.travelled("version") if kept else visit.version,
            "kept": kept,
            "begun": begun,
            "tasks_url": visit.tasks_url,
            "differences": differences,
            "statements": STATEMENTS,
        },
    )


def _whole_number(text: str | None) -> int:
    """Return a number from a hidden field, 0 for whatever is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _after(visit: Visit, asked: pages.Page, *, to_check: bool) -> str:
    """Return where to go after a page: on, or to check-answers, which leads to what is left to answer."""
    if to_check:
        return f"{visit.check_url}?{SAVED}"
    following = pages.next_after(asked, visit.journey)
    while following is not None and not visit.answers(following):
        following = pages.next_after(following, visit.journey)
    return visit.tasks_url if following is None else visit.page_url(following)


def _all_are_begun(visit: Visit) -> bool:
    """Say whether each page that is theirs to answer was saved already, or need not be.

    Whoever saves one again has opened it to change it, and is led to what is left, not through the rest.
    """
    journey = visit.journey
    return all(
        page.slug in journey.answers or page.optional or page.settled
        for page in pages.PAGES
        if page.applies(journey) and visit.answers(page)
    )


def first_of(unfinished: Iterable[pages.Page], visit: Visit) -> str | None:
    """Return the address of the first unfinished page that is theirs to answer now."""
    left = (page for page in unfinished if page.ready(visit.journey) and visit.answers(page))
    return next((visit.page_url(page) for page in left), None)


@require_safe
@login_required
@never_cache
def not_for_you(request: SignedInRequest) -> HttpResponse:
    """Say kindly that the call is for others, and what one can do."""
    return render(request, "participants/not_for_you.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def check(request: SignedInRequest) -> HttpResponse:
    """Show every answer with a way to change it; submit, or submit what was changed, on POST."""
    visit = Visit(request)
    if visit.copy and not visit.copy.has_changes:
        return redirect("participants:submitted-one", visit.copy.expression.reference)
    unfinished = pages.unfinished(visit.journey)
    if visit.expression is None or unfinished:
        if SAVED in request.GET and (left := first_of(unfinished, visit)):
            return redirect(left)
        messages.warning(request, _("Complete every task, then check your answers and submit."))
        return redirect("participants:tasks")
    form = AccuracyForm(request.POST if request.method == "POST" else None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _submit(visit, visit.expression)
        except Refused as refused:
            refusal = refused
            visit = Visit(request)  # as it stands now
    return _check_page(visit, form, refusal)


def _submit(visit: Visit, expression: ExpressionOfInterest) -> HttpResponse:
    """Submit the form or its changes. Raises Refused with the reason why not."""
    act = workflow.amend if visit.copy else workflow.submit
    try:
        act(
            expression,
            by=visit.request.user,
            received_at=visit.received_at,
            checked=visit.request.POST.get("checked", ""),
        )
    except workflow.Incomplete as refused:
        messages.warning(visit.request, str(refused))
        return redirect("participants:tasks")
    except workflow.Unchanged as refused:
        messages.warning(visit.request, str(refused))
    else:
        visit.request.session[JUST_SUBMITTED] = expression.reference
    return redirect("participants:submitted-one", expression.reference)


def _check_page(visit: Visit, form: AccuracyForm, refusal: Refused | None) -> HttpResponse:
    decided: workflow.Decided | None = None
    if visit.copy:
        offers = workflow.offers_of(visit.journey)
        live = [choice for choice in visit.copy.choices if choice.is_live]
        if touched := workflow.decided_and_changed(live, visit.journey, offers):
            decided = workflow.Decided(touched)
    prospect = workflow.Prospect(visit.journey)
    return render(
        visit.request,
        "participants/check.html",
        {
            **visit.context,
            "form": form,
            "answers": prospect.shown,
            "checked": prospect.digest,
            "changes": visit.copy.changes if visit.copy else [],
            "decided": decided,
            "accuracy": ACCURACY,
            "refusal": refusal,
            "is_late": isinstance(refusal, workflow.Late),
            "back_url": reverse("participants:tasks"),
        },
        status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
    )
