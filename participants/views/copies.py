"""The copy to keep over HTTP: a page to print and a PDF, for its participant alone."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from participants import copies
from participants.models import ExpressionOfInterest, Snapshot
from stepchange.requests import SignedInRequest


@require_safe
@login_required
@never_cache
def copy_page(request: SignedInRequest, number: int, reference: str | None = None) -> HttpResponse:
    """Show one version of what was submitted, laid out for paper."""
    copy, _snapshot = _kept(request, number, reference)
    given = [number] if reference is None else [reference, number]
    return render(
        request,
        "participants/copy.html",
        {
            "copy": copy,
            "pdf_url": reverse("participants:copy-pdf", args=given),
            "back_url": reverse("participants:account" if reference else "participants:submitted"),
        },
    )


@require_safe
@login_required
@never_cache
def copy_pdf(request: SignedInRequest, number: int, reference: str | None = None) -> HttpResponse:
    """Give one version of what was submitted as a PDF to save."""
    copy, snapshot = _kept(request, number, reference)
    return HttpResponse(
        copies.as_pdf(copy, taken_at=snapshot.taken_at),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{copy.file_name}"'},
    )


def _kept(
    request: SignedInRequest, number: int, reference: str | None
) -> tuple[copies.Copy, Snapshot]:
    """Return one version of the account's own form: of the newest submitted, or of the one named.

    Raises Http404 alike for what does not exist and for what is somebody else's (law 7).
    """
    mine = ExpressionOfInterest.objects.of(request.user).filter(submitted_at__isnull=False)
    if reference is not None:
        mine = mine.filter(reference=reference.upper())
    expression = mine.select_related("call", "person").order_by("-submitted_at").first()
    if expression is None:
        raise Http404
    newest = expression.snapshots.latest("number")
    snapshot = newest
    if number != newest.number:
        found = expression.snapshots.filter(number=number).first()
        if found is None:
            raise Http404
        snapshot = found
    return copies.copy_of(expression, snapshot, newest=newest.number), snapshot
