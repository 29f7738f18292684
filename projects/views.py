"""The programme for anyone: what is asked, what is to be done, by whom and when."""

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse

from projects import calendar_feed
from projects.forms import LONGEST_SEARCH, ProjectFilter
from projects.models import Contribution, Milestone, Project
from projects.querysets import work_streams_with_counts
from projects.timeline import draw
from stepchange import clock
from stepchange.caching import public_file, public_page, stays_true_until
from stepchange.listing import page_of
from workstreams.models import Call, KeyActivity, Passage, Seat, Term

# Never read to show a row of a list.
LONG_FIELDS = ("source_action", "source_vision", "interest_prompt", "notes", "loaded_digest")
CALLS_TOLD_OF = 20


def _present_call() -> dict[str, Any]:
    """Return the call to tell of and what it is by the clock: open, coming, ended, or none."""
    now = clock.now()
    call = Call.objects.current(now)
    if call is None:
        call_is = "none"
    elif call.is_open(now):
        call_is = "open"
    else:
        call_is = "coming" if call.is_coming(now) else "ended"
    return {"call": call, "call_is": call_is, "now": now}


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Render a page, kept no longer than what it says of the call stays true."""
    response = render(request, f"projects/{template}.html", context)
    call: Call | None = context.get("call")
    stays_true_until(response, *((call.opens_at, call.closes_at) if call else ()))
    return response


def _canonical(request: HttpRequest, url: str) -> HttpResponsePermanentRedirect | None:
    """Return the redirect to a thing's one address, unless it was asked for there."""
    if request.path == url:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Tell what is asked, of whom, and by when."""
    streams = list(work_streams_with_counts())
    asks = Passage.objects.filter(topic="call-to-action")
    return _page(
        request,
        "home",
        {
            **_present_call(),
            "streams": streams,
            "total": sum(stream.project_count for stream in streams),
            "asks": list(asks),
        },
    )


@public_page
def about(request: HttpRequest) -> HttpResponse:
    """Tell how the programme came about, in the words of the Call to Action."""
    by_topic: dict[str, list[Passage]] = {}
    for passage in Passage.objects.all():
        by_topic.setdefault(passage.topic.replace("-", "_"), []).append(passage)
    calls = [call for call in Call.objects.shown()[:CALLS_TOLD_OF] if call.history]
    return render(
        request,
        "projects/about.html",
        {
            "said": by_topic,
            "activities": list(KeyActivity.objects.all()),
            "milestones": list(Milestone.objects.of_the_programme()[:CALLS_TOLD_OF]),
            "told": calls[0] if calls else None,
        },
    )


@public_page
def work_streams(request: HttpRequest) -> HttpResponse:
    """List the work-streams, each with how many projects it has."""
    streams = list(work_streams_with_counts())
    total = sum(stream.project_count for stream in streams)
    return _page(request, "work_streams", {"streams": streams, "total": total})


@public_page
def work_stream(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one work-stream: its projects, and whether its seats are taken, not by whom."""
    stream = work_streams_with_counts().filter(slug=_plain(slug).lower()).first()
    if stream is None:
        raise Http404
    if moved := _canonical(request, stream.get_absolute_url()):
        return moved
    projects = Project.objects.published().filter(work_stream=stream).defer(*LONG_FIELDS)
    page = page_of(projects, request.GET.get("page", ""))
    for project in page.object_list:
        project.work_stream = stream
    held = Term.objects.on(clock.today()).filter(seat=OuterRef("pk"))
    seats = Seat.objects.filter(work_stream=stream).annotate(is_held=Exists(held))
    held_seats = {(seat.side, seat.kind) for seat in seats if seat.is_held}
    return _page(
        request,
        "work_stream",
        {
            "stream": stream,
            "page": page,
            "co_chairs": [
                (side, (side.value, Seat.Kind.CO_CHAIR.value) in held_seats) for side in Seat.Side
            ],
            "deputies": [
                side for side in Seat.Side if (side.value, Seat.Kind.DEPUTY.value) in held_seats
            ],
        },
    )


@public_page
def project_list(request: HttpRequest) -> HttpResponse:
    """List the projects that match, and how many there are in all."""
    streams = {stream.slug: stream for stream in work_streams_with_counts()}
    asked = ProjectFilter.read(request.GET, streams)
    found = asked.apply(Project.objects.published()).defer(*LONG_FIELDS)
    total = sum(stream.project_count for stream in streams.values())
    page = page_of(found, request.GET.get("page", ""), count=None if asked else total)
    by_key = {stream.pk: stream for stream in streams.values()}
    for project in page.object_list:
        project.work_stream = by_key[project.work_stream_id]
    return _page(
        request,
        "list",
        {
            "streams": list(streams.values()),
            "contributions": list(Contribution),
            "asked": asked,
            "chosen": [streams[slug].name for slug in asked.work_streams]
            + [Contribution(wanted).label for wanted in asked.contributions],
            "page": page,
            "total": total,
            "query": asked.as_query(),
            "longest_search": LONGEST_SEARCH,
        },
    )


@public_page
def project(request: HttpRequest, code: str) -> HttpResponse:
    """Show one project: what is to be done, how it stands, and how to take part."""
    published = Project.objects.published().select_related("work_stream")
    found = published.filter(code=_plain(code).upper()).first()
    if found is None:
        raise Http404
    if moved := _canonical(request, found.get_absolute_url()):
        return moved
    before, after = Project.objects.published().beside(found)
    return _page(
        request,
        "detail",
        {
            **_present_call(),
            "project": found,
            "milestones": list(found.milestones.all()[:CALLS_TOLD_OF]),
            "before": before,
            "after": after,
        },
    )


@public_page
def milestones(request: HttpRequest) -> HttpResponse:
    """Show when what is due: as a drawing, and the same in words."""
    present = _present_call()
    shown = Milestone.objects.shown().select_related("project", "project__work_stream")
    page = page_of(shown, request.GET.get("page", ""))
    rows = list(page.object_list)
    coming = [row for row in rows if row.state == Milestone.State.PLANNED and not row.is_overdue]
    context = present | {
        "page": page,
        "rows": rows,
        "next_on": coming[0].due_on if coming else None,
        "chart": draw(
            [row for row in rows if row.project_id is None], present["call"], clock.today()
        ),
    }
    return _page(request, "milestones", context)


@public_file
def calendar(_request: HttpRequest) -> HttpResponse:
    """Give the milestones and the call's dates to a calendar program."""
    shown = Milestone.objects.shown().select_related("project")
    call = Call.objects.current(clock.now())
    body = calendar_feed.write(shown[: calendar_feed.AT_MOST], call)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="step-change-milestones.ics"'
    return response


PUBLIC_PAGES = (
    "projects:home",
    "projects:about",
    "projects:work-streams",
    "projects:list",
    "projects:milestones",
    "stepchange:ethics",
    "stepchange:privacy",
    "stepchange:accessibility",
    "stepchange:cookies",
    "stepchange:security-model",
    "communications:contact",
)


@public_file
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every public page for search engines, under PUBLIC_URL and no other host."""
    paths = [reverse(name) for name in PUBLIC_PAGES]
    slugs = work_streams_with_counts().values_list("slug", flat=True)
    paths += [reverse("projects:work-stream", args=[slug]) for slug in slugs]
    codes = Project.objects.published().values_list("code", flat=True)
    paths += [reverse("projects:detail", args=[code]) for code in codes]
    return render(
        request,
        "projects/sitemap.xml",
        {"addresses": [f"{settings.PUBLIC_URL}{path}" for path in paths]},
        content_type="application/xml; charset=utf-8",
    )


def _plain(text: str) -> str:
    """Return what may be a code or a slug; raises Http404 for what can't be."""
    if not text.isascii() or not text.replace("-", "").isalnum():
        raise Http404
    return text
