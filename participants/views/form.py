"""The pages of the form over HTTP: fetch, ask the workflow, redirect."""

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
from participants.forms.base import PageForm
from participants.forms.trust import DeclarationForm
from participants.texts import ACCURACY, STATEMENTS
from participants.views import addresses
from participants.views.visit import Visit
from stepchange.caching import public_page, stays_true_until
from stepchange.requests import Request, SignedInRequest
from workstreams.models import Call


@public_page
def start(request: HttpRequest) -> HttpResponse:
    """Tell what it takes, before anybody signs up."""
    received_at = cast("Request", request).received_at
    call = Call.objects.current(received_at)
    response = render(
        request,
        "participants/start.html",
        {
            "call": call,
            "is_open": call is not None and policies.is_open_for(call, None, received_at),
            "is_coming": call is not None and call.is_coming(received_at),
            "tasks_url": reverse("participants:tasks"),
        },
    )
    stays_true_until(response, *((call.opens_at, call.closes_at) if call else ()))
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
    if visit.is_submitted:
        return redirect("participants:submitted")
    listed = pages.tasks(visit.journey)
    sections: dict[str, list[pages.Task]] = {}
    for task in listed:
        sections.setdefault(str(task.page.section), []).append(task)
    return render(
        request,
        "participants/tasks.html",
        {
            "call": visit.call,
            "is_open": visit.is_open,
            "expression": visit.expression,
            "sections": sections,
            "done": sum(task.is_complete for task in listed if not task.page.optional),
            "total": sum(not task.page.optional for task in listed),
            "is_complete": all(task.is_complete for task in listed),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show one page of the form, and save it."""
    visit, asked = Visit(request), pages.BY_SLUG.get(slug)
    if asked is None:
        raise Http404
    if visit.is_submitted:
        return redirect("participants:submitted")
    if not asked.ready(visit.journey) or (visit.expression is None and not visit.is_open):
        return redirect("participants:tasks")
    if request.method == "POST":
        return _save(visit, asked)
    form = asked.form(visit.journey, saved=visit.journey.answers.get(slug))
    return _show(visit, asked, form)


def _save(visit: Visit, asked: pages.Page) -> HttpResponse:
    """Keep what was typed, then go on, come back later, or say what is wrong."""
    request = visit.request
    form = asked.form(visit.journey, data=request.POST)
    typed = form.typed()
    is_valid = form.is_valid()
    if not is_valid and "later" not in request.POST:
        return _show(visit, asked, form)
    try:
        expression = visit.started()
        workflow.save_page(
            expression, asked.slug, typed, revision=_whole_number(request.POST.get("revision"))
        )
    except workflow.SavedElsewhere as conflict:
        return _show(visit, asked, form, conflict=str(conflict))
    if "later" in request.POST:
        messages.success(request, _("Saved. Come back when it suits you, from any device."))
        return redirect("participants:tasks")
    visit.journey.answers[asked.slug] = typed
    if not form.lets_through():
        return redirect("participants:not-for-you")
    for words in form.remarks():
        messages.warning(request, words)
    if asked.slug == "organisation":
        addresses.send_when_needed(visit, expression.person)
    return redirect(_after(visit, asked, change="change" in request.GET))


def _show(visit: Visit, asked: pages.Page, form: PageForm, conflict: str = "") -> HttpResponse:
    earlier = pages.before(asked, visit.journey)
    if "change" in visit.request.GET:
        back = reverse("participants:check")
    elif earlier is None:
        back = reverse("participants:tasks")
    else:
        back = reverse("participants:page", args=[earlier.slug])
    return render(
        visit.request,
        "participants/page.html",
        {
            "page": asked,
            "form": form,
            "back_url": back,
            "revision": _revision(visit, asked),
            "conflict": conflict,
            "statements": STATEMENTS,
            "is_open": visit.is_open,
            "call": visit.call,
        },
    )


def _revision(visit: Visit, asked: pages.Page) -> int:
    """Return the revision a page is at: 0 when it was never saved."""
    if visit.expression is None:
        return 0
    rows = visit.expression.pages.all()
    return next((row.revision for row in rows if row.page == asked.slug), 0)


def _whole_number(text: str | None) -> int:
    """Return a number from a hidden field, 0 for whatever is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _after(visit: Visit, asked: pages.Page, *, change: bool) -> str:
    """Return where to go after a page: on, or back to check-answers when it came from there."""
    if change:
        missing = [page for page in pages.unfinished(visit.journey) if page.ready(visit.journey)]
        if not missing:
            return reverse("participants:check")
        return reverse("participants:page", args=[missing[0].slug])
    following = pages.next_after(asked, visit.journey)
    if following is None:
        return reverse("participants:tasks")
    return reverse("participants:page", args=[following.slug])


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
    """Show every answer with a way to change it; submit on POST."""
    visit = Visit(request)
    if visit.is_submitted:
        return redirect("participants:submitted")
    if visit.expression is None or pages.unfinished(visit.journey):
        messages.warning(request, _("Complete every task, then check your answers and submit."))
        return redirect("participants:tasks")
    form = DeclarationForm(request.POST if request.method == "POST" else None)
    late = ""
    if request.method == "POST" and form.is_valid():
        try:
            workflow.submit(visit.expression, by=request.user, received_at=visit.received_at)
            return redirect("participants:submitted")
        except workflow.Late as refusal:
            late = str(refusal)
    return render(
        request,
        "participants/check.html",
        {
            "form": form,
            "answers": pages.summary(visit.journey),
            "accuracy": ACCURACY,
            "call": visit.call,
            "is_open": visit.is_open,
            "late": late,
            "back_url": reverse("participants:tasks"),
        },
        status=409 if late else 200,
    )
