"""Bulk shortlisting over HTTP: a dry run that names everybody, then the step, and an undo of it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from participants.models import ProjectChoice
from reviews import workflow
from reviews.policies.desk import Desk
from reviews.views import undoing
from reviews.views.desk import ROWS_A_PAGE
from reviews.views.gate import desk_of, gate
from stepchange.requests import SignedInRequest


def _among(here: Desk, keys: list[str]) -> list[ProjectChoice]:
    """Return those of the desk's choices that are named by these random ids, in the list's order."""
    named = set()
    for key in keys[:ROWS_A_PAGE]:
        try:
            named.add(UUID(key))
        except ValueError:
            continue
    found = here.choices.filter(public_id__in=named).select_related(
        "expression__person__organisation__merged_into",
        "expression__call",
        "project__work_stream",
    )
    return list(found.order_by("expression__submitted_at", "pk"))


@require_POST
@login_required
@never_cache
def shortlist(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show who would be put on the shortlist; put them there once that is confirmed."""
    here = desk_of(request, slug)
    if turned_away := gate(request):
        return turned_away
    choices = _among(here, request.POST.getlist("choice"))
    back = reverse("reviews:stream", args=[slug])
    if not choices:
        messages.warning(request, _("Tick whom you want to put on the shortlist first."))
        return redirect(back)
    if request.POST.get("confirmed") != "yes":
        would = workflow.would_shortlist(choices, by=request.user)
        return render(
            request,
            "reviews/shortlist.html",
            {"stream": here.stream, "would": would, "back_url": back},
        )
    done = workflow.shortlist(choices, by=request.user)
    undoing.keep(request, here.stream, done.choices)
    _tell(request, len(done.choices), [words for _choice, words in done.refused])
    return redirect(back)


def _tell(request: SignedInRequest, number: int, refused: list[str]) -> None:
    if number:
        words = ngettext(
            "%(number)d was put on the shortlist. It is no view of yours, and can be undone.",
            "%(number)d were put on the shortlist. It is no view of yours, and can be undone.",
            number,
        )
        messages.success(request, words % {"number": number})
    for each in dict.fromkeys(refused):
        messages.warning(request, _("Not put on the shortlist: %(why)s") % {"why": each})


@require_POST
@login_required
@never_cache
def undo(request: SignedInRequest, slug: str) -> HttpResponse:
    """Take off the shortlist those that were put there together last."""
    here = desk_of(request, slug)
    if turned_away := gate(request):
        return turned_away
    choices = _among(here, undoing.last(request, here.stream))
    done = workflow.take_off_shortlist(choices, by=request.user)
    undoing.forget(request, here.stream)
    words = ngettext(
        "%(number)d was taken off the shortlist again.",
        "%(number)d were taken off the shortlist again.",
        len(done.choices),
    )
    messages.success(request, words % {"number": len(done.choices)})
    for _choice, why in done.refused:
        messages.warning(request, _("Left as it is: %(why)s") % {"why": why})
    return redirect("reviews:stream", slug)
