"""The organisation suggested while its name is typed, and the code that confirms the work address."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from participants import pages, workflow
from participants.forms.addresses import WorkEmailForm
from participants.models import AddressConfirmation, Person
from participants.views.visit import Visit
from stepchange.limits import Limit
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused
from workstreams.models import Organisation
from workstreams.names import domain_of

SLUG = "work-email"
LONGEST_TYPED = 200
# As often as somebody types who corrects every letter; a copy of the register takes far more.
SUGGESTIONS = Limit("organisations suggested", times=60, window=timedelta(minutes=1))


@require_POST
@login_required
@never_cache
def suggestions(request: SignedInRequest) -> JsonResponse:
    """Return the published organisations of the sector that may be meant (law 8), ten at most.

    Posted, so that nothing typed stands in an address; to signed-in people, so often and no oftener.
    """
    if wait := SUGGESTIONS.take(str(request.user.pk)):
        headers = {"Retry-After": str(int(wait.total_seconds()))}
        return JsonResponse({"suggestions": []}, status=429, headers=headers)
    typed = request.POST.get("organisation", "").replace("\x00", " ")[:LONGEST_TYPED]
    sector = request.POST.get("sector", "")[:12]
    domain = domain_of(request.user.email)
    found = Organisation.objects.in_sector(sector).suggested(typed, domain=domain)
    return JsonResponse(
        {
            "suggestions": [
                {"name": str(row), "group": str(row.current_group or "")} for row in found
            ]
        }
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def work_email(request: SignedInRequest) -> HttpResponse:
    """Ask for the code that was emailed to the work address; send one, or another, on POST."""
    visit, asked = Visit(request), pages.BY_SLUG[SLUG]
    if visit.expression is None or not asked.is_asked(visit.journey):
        return redirect("participants:tasks")
    form = WorkEmailForm(visit.journey)
    if request.method == "POST":
        if "later" in request.POST:
            return redirect("participants:tasks")
        if "send" in request.POST:
            return _send(visit, visit.expression.person)
        form = WorkEmailForm(visit.journey, data=request.POST)
        if form.is_valid() and _confirm(visit, visit.expression.person, form):
            messages.success(request, _("Thank you: your work email address is confirmed."))
            return redirect(_onwards(visit))
    return _show(visit, visit.expression.person, form)


def _confirm(visit: Visit, person: Person, form: WorkEmailForm) -> bool:
    """Try the code; say in the form what is wrong with it."""
    try:
        workflow.confirm_address(
            person, visit.journey.work_email, form.cleaned_data["code"], by=visit.request.user
        )
    except Refused as refused:
        form.add_error("code", str(refused))
        return False
    return True


def _send(visit: Visit, person: Person) -> HttpResponse:
    address = visit.journey.work_email
    try:
        workflow.ask_for_code(person, address, by=visit.request.user)
    except Refused as refused:
        messages.warning(visit.request, str(refused))
    else:
        messages.success(
            visit.request, _("We have sent a code to %(address)s.") % {"address": address}
        )
    change = "?change=yes" if "change" in visit.request.GET else ""
    return redirect(f"{reverse('participants:page', args=[SLUG])}{change}")


def _onwards(visit: Visit) -> str:
    if "change" in visit.request.GET:
        return reverse("participants:check")
    following = pages.next_after(pages.BY_SLUG[SLUG], visit.journey)
    return reverse("participants:page", args=[following.slug]) if following else _tasks()


def _tasks() -> str:
    return reverse("participants:tasks")


def _show(visit: Visit, person: Person, form: WorkEmailForm) -> HttpResponse:
    address = visit.journey.work_email
    newest = AddressConfirmation.objects.newest_of(person)
    sent = newest if newest and newest.address == address else None
    return render(
        visit.request,
        "participants/work_email.html",
        {
            "page": pages.BY_SLUG[SLUG],
            "form": form,
            "address": address,
            "confirmation": visit.journey.confirmation,
            "sent": sent,
            "has_run_out": sent is not None and sent.expires_at <= visit.received_at,
            "back_url": reverse("participants:page", args=["organisation"]),
            "onwards": _onwards(visit),
        },
    )


def send_when_needed(visit: Visit) -> None:
    """Have a code sent once the page with the work address is saved, if the address needs one."""
    person, journey = visit.started().person, visit.journey
    journey.person = person
    try:
        workflow.ask_for_code_if_needed(person, journey, by=visit.request.user)
    except Refused as refused:
        messages.warning(visit.request, str(refused))
