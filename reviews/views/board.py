"""The board's side of joint decisions over HTTP: splits to settle, and sides that need a stand-in.

For its members alone, outside the console. What law 3 withholds from one of them is counted, never shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.policies import declared_by, membership_bars
from participants.views.people_gate import turn_away
from participants.workflow.looking import looked
from reviews import policies, workflow
from reviews.forms.board import LONGEST, AsideForm, EndForm, SettleForm, StandInForm
from reviews.models import SettlementView, Side, Split, StandIn
from reviews.policies.conflicts import barred_once
from reviews.policies.keys_waiting import KeysWaiting, seen_by
from reviews.workflow import ChangedSince
from stepchange import clock, kept_typing
from stepchange.console.kept import confirmed_first
from stepchange.models import User
from stepchange.requests import SignedInRequest
from stepchange.roles import Role, holds
from stepchange.transitions import Refused, Words
from workstreams.models import Seat, Term, WorkStream

BOARD = "reviews:board"
LOOK = "difference to settle"
SHOWN_OF_FORM = ("experience",)
"""The pages of the form whose answers are read here: not the referee's, nor what an interest says."""
OPEN = Split.State.OPEN


def _for_the_board(request: SignedInRequest) -> HttpResponse | None:
    """Answer as what does not exist to who is not of the board; ask the others for what comes first."""
    if not holds(request.user, Role.BOARD):
        raise Http404
    return turn_away(request)


# What waits -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Waits:
    """One split as its reader finds it in the list."""

    split: Split
    given: int
    words: Words
    is_mine: bool


@require_safe
@login_required
@never_cache
def board(request: SignedInRequest) -> HttpResponse:
    """List the splits that wait, the longest first, and the sides for which somebody has to be named."""
    if turned := _for_the_board(request):
        return turned
    seen = seen_by(request.user)
    waiting = _waiting_splits()
    mine = waiting.filter(choice__in=seen.order_by().values("pk"))
    splits = list(mine)
    keys = KeysWaiting()
    sides, of_all = keys.unheld(seen), keys.unheld()
    withheld = waiting.count() - len(splits)
    withheld += sum(each.number for each in of_all) - sum(each.number for each in sides)
    standing_in = StandIn.objects.not_over().select_related("holder", "organisation", "work_stream")
    sector = policies.sector_of(request.user) if splits else ""
    return render(
        request,
        "reviews/board/board.html",
        {
            "splits": [_waits(split, request.user, sector) for split in splits],
            "sides": sides,
            "standing_in": standing_in.order_by("work_stream__position", "side", "starts_on"),
            "today": clock.today(),
            "withheld": withheld,
            "back_url": reverse("participants:account"),
        },
    )


def _waiting_splits() -> QuerySet[Split]:
    """Return the open splits of what was not withdrawn, the oldest first."""
    still = Split.objects.open().exclude(choice__state="withdrawn")
    return (
        still.filter(choice__expression__state="submitted")
        .select_related("choice__project__work_stream", "choice__expression")
        .prefetch_related(
            Prefetch("views", SettlementView.objects.cast().only("split", "member", "sector"))
        )
        .order_by("opened_at", "pk")
    )


def _waits(split: Split, user: User, sector: str) -> Waits:
    given = list(split.views.all())
    if any(each.member_id == user.pk for each in given):
        return Waits(
            split, len(given), _("You gave your view: it waits for another sector’s"), False
        )
    if any(each.sector == sector for each in given):
        return Waits(split, len(given), _("Somebody of your sector gave a view"), False)
    return Waits(split, len(given), _("Waits for you"), True)


# One split -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def split(request: SignedInRequest, key: UUID) -> HttpResponseBase:
    """Show all that settling a split needs; take a view on it, or a recusal, on POST.

    Law 3 is asked before anything is read of the volunteer: to who is barred it is what nobody has.
    """
    if turned := _for_the_board(request):
        return turned
    found = get_object_or_404(
        Split.objects.select_related(
            "business_key__caster",
            "police_key__caster",
            "ended_by",
            "choice__project__work_stream",
            "choice__expression__call",
            "choice__expression__person__user",
            "choice__expression__person__organisation__merged_into",
        ),
        public_id=key,
    )
    with barred_once():
        if policies.may_view_split(request.user, found):
            workflow.record_met(request.user, found.choice)
            raise Http404
        if request.method == "POST":
            return _taken(request, found)
        return _split_page(request, found)


def _taken(request: SignedInRequest, found: Split) -> HttpResponseBase:
    """Take what was sent; a view only of who proved lately who they are (design.md, section 10)."""
    if request.POST.get("do") == "aside":
        return _stood_aside(request, found)
    return confirmed_first(_given, request, found)


def _given(request: SignedInRequest, found: Split) -> HttpResponse:
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _split_page(request, found, settle=form)
    said = form.cleaned_data
    try:
        workflow.settle(
            found,
            by=request.user,
            view=said["view"],
            reason=said["reason"],
            seen=request.POST.get("seen", ""),
        )
    except (ChangedSince, Refused) as refused:
        form.add_error(None, str(refused))
        found.refresh_from_db()
        return _split_page(request, found, settle=form, status=HTTPStatus.CONFLICT)
    kept_typing.saved(request)
    words = _("Your view is given. The other members learn that it is, not what it says.")
    if found.state == Split.State.SETTLED:
        words = _("Two of different sectors agree: it is decided. The office releases the outcome.")
    elif _are_open(found):
        words = _(
            "Two views are given and differ: a member of the third sector can agree with either."
        )
    messages.success(request, words)
    return redirect("reviews:board-split", found.public_id)


def _are_open(found: Split) -> bool:
    return found.views.filter(state="cast").count() > 1


def _stood_aside(request: SignedInRequest, found: Split) -> HttpResponse:
    form = AsideForm(request.POST)
    if not form.is_valid():
        return _split_page(request, found, aside=form)
    try:
        workflow.stand_aside(
            found.choice, by=request.user, reason=form.cleaned_data["aside_reason"]
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _split_page(request, found, aside=form, status=HTTPStatus.CONFLICT)
    kept_typing.saved(request)
    messages.success(request, _("You stood aside. Other members of the board settle it."))
    return redirect(BOARD)


@dataclass(frozen=True)
class ViewTold:
    """One member's view as its reader may know it: its words only where they are theirs to read."""

    sector: Words
    at: Any
    is_own: bool
    view: SettlementView | None


def _split_page(
    request: SignedInRequest,
    found: Split,
    *,
    settle: SettleForm | None = None,
    aside: AsideForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Draw the page, with what was typed where something is wrong; record that it was looked at."""
    choice, user = found.choice, request.user
    person = choice.expression.person
    bound = settle or aside
    kept = None if bound else kept_typing.waiting(user, request.path)
    initial = kept.texts if kept else None
    settle = settle or SettleForm(initial=initial)
    aside = aside or AsideForm(initial=initial)
    versions = policies.versions_of(choice)
    shown = versions.snapshot.shown if versions.snapshot else []
    told = declared_by(person.current)
    touching = [each for each in told.interests if each.touches(choice.project)]
    is_live = choice.is_live and choice.expression.state == "submitted"
    looked(person.current, by=user, what=LOOK)
    context = {
        "split": found,
        "choice": choice,
        "person": person,
        "works_for": person.organisation.current if person.organisation else None,
        "is_live": is_live,
        "snapshot": versions.snapshot,
        "declaration": versions.declaration,
        "sections": [each for each in shown if each["page"] in SHOWN_OF_FORM],
        "interests": len(told.interests),
        "touching": len(touching),
        "decided": sum(bool(each.case and not each.case.is_undecided) for each in touching),
        "bars": membership_bars(person.current, choice.project) if is_live else [],
        "keys": [found.business_key, found.police_key],
        "views": _views(found, user),
        "has_given": found.views.filter(state="cast", member=user).exists(),
        "refusal": policies.may_settle(user, found),
        "settle": settle,
        "aside": aside,
        "form": bound or settle,
        "longest": LONGEST,
        "seen": versions.seen,
        "kept": kept,
        "back_url": reverse(BOARD),
    }
    return render(request, "reviews/board/split.html", context, status=status)


def _views(found: Split, user: User) -> list[ViewTold]:
    """Return the views that stand: of others' only that they are given, until two are (law 2)."""
    standing = found.views.filter(state="cast").select_related("member").order_by("pk")
    readable = set(
        SettlementView.objects.visible_to(user).filter(split=found).values_list("pk", flat=True)
    )
    return [
        ViewTold(
            each.get_sector_display(),
            each.cast_at,
            each.member_id == user.pk,
            each if each.pk in readable else None,
        )
        for each in standing
    ]


# Stand-ins -------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def name_stand_in(request: SignedInRequest, slug: str, side: str) -> HttpResponse:
    """Ask whom the board names for a side of a work-stream; name them on POST."""
    if turned := _for_the_board(request):
        return turned
    stream = get_object_or_404(WorkStream, slug=slug)
    if side not in Side.values:
        raise Http404
    today = clock.today()
    sitting = Term.objects.on(today).filter(seat__work_stream=stream, seat__side=side)
    standing_in = StandIn.objects.not_over().filter(work_stream=stream, side=side)
    kinds = [(kind.value, kind.label) for kind in Seat.Kind]
    by_kind = {term.seat.kind: term.holder for term in sitting.select_related("seat", "holder")}

    def form(*args: Any, **kwargs: Any) -> StandInForm:
        return StandInForm(*args, by=request.user, side=Side(side), **kwargs)

    def act(form: Any) -> None:
        workflow.name_stand_in(stream, side=side, by=request.user, **form.arguments())

    return _asked(
        request,
        "reviews/board/stand_in.html",
        form,
        act,
        _(
            "The stand-in is named. The keys that wait for nobody else are theirs from the first day."
        ),
        stream=stream,
        side=Side(side),
        places=[(label, by_kind.get(kind)) for kind, label in kinds],
        standing_in=standing_in.select_related("holder"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def end_stand_in(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Ask from when somebody stands in no more; end it on POST."""
    if turned := _for_the_board(request):
        return turned
    named = get_object_or_404(
        StandIn.objects.select_related("holder", "organisation", "work_stream"), public_id=key
    )

    def form(*args: Any, **kwargs: Any) -> EndForm:
        kwargs["initial"] = {"ends_on": clock.today()} | (kwargs.get("initial") or {})
        return EndForm(*args, **kwargs)

    def act(form: Any) -> None:
        said = form.cleaned_data
        workflow.end_stand_in(
            named, ends_on=said["ends_on"], reason=said["reason"], by=request.user
        )

    return _asked(
        request,
        "reviews/board/end_stand_in.html",
        form,
        act,
        _("It ends on that day."),
        named=named,
        refusal=policies.may_end_stand_in(request.user, named),
    )


def _asked(
    request: SignedInRequest,
    template: str,
    make: Callable[..., forms.Form],
    act: Callable[[Any], None],
    done: str,
    **context: Any,
) -> HttpResponse:
    """Show a form, or do what was answered; a refusal is told beside what was typed, as 409."""
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = make(request.POST if posted else None, initial=kept.texts if kept else None)
    status = HTTPStatus.OK
    if posted and form.is_valid():
        try:
            act(form)
        except Refused as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus.CONFLICT
        else:
            kept_typing.saved(request)
            messages.success(request, done)
            return redirect(BOARD)
    context |= {"form": form, "kept": kept, "longest": LONGEST, "back_url": reverse(BOARD)}
    return render(request, template, context, status=status)
