"""Forms taken by telephone or on paper, over HTTP: the office enters them, the person answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, NoReturn

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants import pages, policies, workflow
from participants.forms.base import Answers, Journey
from participants.forms.entered import YES, AnswerForm, CorrectForm, EnterForm
from participants.models import EnteredForm, ExpressionOfInterest, Person
from participants.views.form import SAVED, first_of
from participants.views.form import answer as answer_page
from participants.views.people_gate import sees_people
from participants.views.visit import Visit
from participants.workflow import looking
from stepchange import kept_typing
from stepchange.console import row_page
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused
from workstreams.models import Call

View = Callable[..., HttpResponse]


class EnteredVisit(Visit):
    """One request of the office to a form that it enters: the same pages, for somebody else."""

    is_own: ClassVar[bool] = False

    def __init__(self, request: SignedInRequest, entered: EnteredForm) -> None:
        self.request = request
        self.received_at = request.received_at
        self.entered = entered
        self.person = self.expression = None
        self.call = entered.call
        self.journey = workflow.entered.journey_of(entered)

    @property
    def tasks_url(self) -> str:
        """The list of what is entered and what is left."""
        return reverse("participants:entered-tasks", args=[self.entered])

    @property
    def check_url(self) -> str:
        """The page that shows every answer, from which it is sent for confirmation."""
        return reverse("participants:entered-check", args=[self.entered])

    @property
    def not_for_them_url(self) -> str:
        """The list again: that the call is not meant for them is for the person to read."""
        return self.tasks_url

    def page_url(self, page: pages.Page) -> str:
        """Return the address of a page of the form."""
        return reverse("participants:entered-page", args=[self.entered, page.slug])

    def answers(self, page: pages.Page) -> bool:
        """Leave to the person what nobody else can declare, state or consent to."""
        return not page.only_in_person

    @property
    def may_save(self) -> bool:
        """Say that there is a form to save to."""
        return True

    def started(self) -> NoReturn:
        """Refuse: what the office enters is nobody's form until the person takes it over."""
        raise Http404

    def save(self, page: pages.Page, typed: Answers, *, revision: int) -> None:
        """Keep what the office typed. Raises SavedElsewhere, Refused."""
        workflow.entered.save_page(
            self.entered, page.slug, typed, revision=revision, by=self.request.user
        )

    def revision_of(self, page: pages.Page) -> int:
        """Return the revision a page is at: 0 when it was never saved."""
        return int(self.entered.revisions.get(page.slug, 0))

    @property
    def context(self) -> dict[str, object]:
        """What every page says, with whom it is entered for."""
        return {**super().context, "entered": self.entered}


def for_the_office(view: View) -> Callable[..., HttpResponseBase]:
    """Serve a page to whoever may enter forms and see people; to others it does not exist (law 7)."""
    gated = sees_people(view)

    @login_required
    @never_cache
    @wraps(gated)
    def served(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if policies.may_enter(request.user):
            raise Http404
        return gated(request, *args, **kwargs)

    return served


def _entered(request: SignedInRequest, reference: str) -> EnteredForm:
    """Return a form that is for nobody withheld from who asks (law 3). Raises Http404."""
    withheld = Person.objects.withheld_from(request.user).order_by().values("pk")
    others = EnteredForm.objects.exclude(EnteredForm.objects.for_any(withheld))
    found = others.select_related("call", "entered_by").filter(reference=reference)
    if entered := found.first():
        return entered
    raise Http404


def _being_entered(view: View) -> View:
    """Show a form's pages only while it is entered: afterwards the office does not read it."""

    @wraps(view)
    def served(request: SignedInRequest, reference: str, **kwargs: Any) -> HttpResponse:
        entered = _entered(request, reference)
        if not entered.is_being_entered:
            if request.method == "POST":
                raise Refused(
                    _("It is not being entered any more, so it can't be changed. See the console.")
                )
            return redirect(row_page(entered))
        if request.method != "POST":
            looking.looked_at_row(entered, by=request.user, what="entered form")
        return view(request, entered, **kwargs)

    return served


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_office
def begin(request: SignedInRequest) -> HttpResponse:
    """Ask for whom a form is entered, and begin it."""
    call = Call.objects.current(request.received_at)
    kept = kept_typing.waiting(request.user, request.path)
    posted = request.POST if request.method == "POST" else None
    form = EnterForm(posted, initial=kept.texts if kept else None)
    if call is not None and form.is_valid():
        try:
            entered = workflow.entered.enter(call, **form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            kept_typing.saved(request)
            return redirect("participants:entered-tasks", entered)
    return _details(request, form, call, kept=None if posted else kept)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_office
@_being_entered
def details(request: SignedInRequest, entered: EnteredForm) -> HttpResponse:
    """Correct whom it is entered for, and when it was taken."""
    kept = kept_typing.waiting(request.user, request.path)
    posted = request.POST if request.method == "POST" else None
    stored = {name: getattr(entered, name) for name in CorrectForm.base_fields}
    form = CorrectForm(posted, initial=kept.texts if kept else stored)
    if form.is_valid():
        try:
            workflow.entered.correct(entered, **form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            kept_typing.saved(request)
            return redirect("participants:entered-tasks", entered)
    return _details(request, form, entered.call, entered=entered, kept=None if posted else kept)


def _details(
    request: SignedInRequest, form: CorrectForm, call: Call | None, **context: Any
) -> HttpResponse:
    entered = context.get("entered")
    back = reverse("participants:entered-tasks", args=[entered]) if entered else _list_url()
    return render(
        request,
        "participants/entered/details.html",
        {
            "form": form,
            "call": call,
            "is_open": call is not None and policies.is_open_for(call, None, request.received_at),
            "back_url": back,
            **context,
        },
    )


def _list_url() -> str:
    return reverse("admin:participants_enteredform_changelist")


@require_safe
@for_the_office
@_being_entered
def tasks(request: SignedInRequest, entered: EnteredForm) -> HttpResponse:
    """Show what is entered, and what is left to enter or to the person."""
    visit = EnteredVisit(request, entered)
    listed = pages.tasks(visit.journey)
    unsaved = kept_typing.paths_waiting(request.user)
    return render(
        request,
        "participants/entered/tasks.html",
        {
            **visit.context,
            "rows": [
                (task, visit.page_url(task.page)) for task in listed if visit.answers(task.page)
            ],
            "left_to_them": [task for task in listed if not visit.answers(task.page)],
            "unsaved": [
                (task, visit.page_url(task.page))
                for task in listed
                if visit.page_url(task.page) in unsaved
            ],
            "back_url": _list_url(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_office
@_being_entered
def page(request: SignedInRequest, entered: EnteredForm, slug: str) -> HttpResponse:
    """Show one page of the form, and save what the office types."""
    return answer_page(EnteredVisit(request, entered), slug)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_office
@_being_entered
def check(request: SignedInRequest, entered: EnteredForm) -> HttpResponse:
    """Show every answer to read back to the person, and send it for confirmation on POST."""
    visit = EnteredVisit(request, entered)
    listed = pages.tasks(visit.journey)
    if SAVED in request.GET and request.method != "POST":
        unfinished = pages.unfinished(visit.journey, listed)
        if left := first_of(unfinished, visit):
            return redirect(left)
    refusal = ""
    if request.method == "POST":
        try:
            is_asked = workflow.entered.hand_over(entered, by=request.user)
        except Refused as refused:
            refusal = str(refused)
        else:
            words = (
                _("%(reference)s was sent for confirmation.")
                if is_asked
                else _(
                    "%(reference)s waits for confirmation. They were emailed less than a day ago, so no "
                    "other email goes: the link they have leads to it."
                )
            )
            messages.success(request, words % {"reference": entered.reference})
            return redirect(row_page(entered))
    return render(
        request,
        "participants/entered/check.html",
        {
            **visit.context,
            "answers": _shown(visit.journey, entered),
            "left": [task for task in listed if not task.is_complete or task.page.only_in_person],
            "refusal": refusal,
            "back_url": visit.tasks_url,
        },
        status=409 if refusal else 200,
    )


def _shown(journey: Journey, entered: EnteredForm) -> list[pages.Section]:
    """Return what was entered in words; of a page that nobody opened, not even what it defaults to."""
    return [each for each in pages.summary(journey) if each["page"] in entered.answers]


# The person -----------------------------------------------------------------------------------------
@require_safe
@login_required
@never_cache
def mine(request: SignedInRequest) -> HttpResponse:
    """Lead to what waits for the account, or say that nothing does."""
    waiting = EnteredForm.objects.waiting_for(request.user).order_by("handed_over_at").first()
    if waiting is not None:
        return redirect("participants:entered-answer", waiting)
    return render(request, "participants/entered/nothing.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def answer(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show the person what the office entered for them; they take it over or refuse it on POST."""
    waiting = EnteredForm.objects.offered_to(request.user).select_related("call")
    entered = waiting.filter(reference=reference).first()
    if entered is None:
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _answered(request, entered, is_theirs=form.cleaned_data["answer"] == YES)
        except Refused as refused:
            form.add_error("answer", str(refused))
    person = Person.objects.of(request.user)
    own = ExpressionOfInterest.objects.of(request.user).live().in_call(entered.call).first()
    return render(
        request,
        "participants/entered/answer.html",
        {
            "call": entered.call,
            "is_open": policies.is_open_for(entered.call, person, request.received_at),
            "closes_at": policies.closes_for(entered.call, person),
            "form": form,
            "entered": entered,
            "answers": _shown(workflow.entered.journey_of(entered), entered),
            "own_draft": own is not None and own.is_draft,
            "back_url": reverse("participants:account"),
        },
    )


def _answered(request: SignedInRequest, entered: EnteredForm, *, is_theirs: bool) -> HttpResponse:
    """Do as the person answers. Raises Refused."""
    if is_theirs:
        workflow.entered.confirm(entered, by=request.user, received_at=request.received_at)
        messages.success(
            request, _("It is yours now. Check every answer, complete the rest, and submit it.")
        )
        return redirect("participants:tasks")
    workflow.entered.refuse(entered, by=request.user)
    messages.success(request, _("It has ended, and what was entered is deleted."))
    return redirect("participants:account")
