"""What somebody is told of an offer, a membership or what they asked: that something waits, never what.

An offer has a day to answer by, which its letter names. All else is told in the same words, whatever it
is: suspended and resumed, kept and changed are read after log-in (law 7). The ledger's rows are named and
labelled as alike.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Cause, Notice, link
from communications.notices.drafts import by_day
from communications.notices.people import account_address, account_key
from participants.models import ExpressionOfInterest, Person, ProjectChoice
from participants.workflow import CHOICE
from reviews.models import (
    Complaint,
    EthicsReview,
    Membership,
    NeighbourSuggestion,
    Offer,
    Reconsideration,
)
from reviews.policies.fairness import settings_now, why_not_impartial
from reviews.policies.offers import has_lapsed, offer_of
from reviews.workflow import COMPLAINT, MEMBERSHIP, RECONSIDERATION
from reviews.workflow.offering import MADE, RENEWED
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role, holds
from stepchange.transitions import Words

REMINDER = "offer_reminder"
HERE = "reviews:own"
"""Where somebody reads what became of their choices."""
SUGGESTED = "reviews.neighbour.suggested"


# An offer to answer -------------------------------------------------------------------------------
def _offer(email: Email) -> Offer:
    read = Offer.objects.select_related("choice__expression__person__user", "choice__project")
    return read.get(public_id=email.subject_key)


def _whom_it_was_made_to(event: Event) -> Iterable[str]:
    offer = Offer.objects.select_related("choice__expression__person").get(
        public_id=event.subject_key
    )
    yield account_key(offer.choice.expression.person.public_id)


def offer_words(expression: ExpressionOfInterest, at: datetime, until: date) -> dict[str, Any]:
    """Return what the letter says: to whom, about which form, when, and until when to answer."""
    return {
        "name": expression.person.full_name,
        "reference": expression.reference,
        "at": at,
        "until": until,
        "button_url": link(HERE),
        "button_label": _("Sign in and answer"),
    }


def _offer_words(email: Email) -> dict[str, Any]:
    offer = _offer(email)
    return offer_words(offer.choice.expression, offer.made_at, offer.take_up_by)


def _is_answered(email: Email) -> Words | None:
    offer = _offer(email)
    newest = offer_of(offer.choice)
    if offer.choice.state != ProjectChoice.State.OFFERED or newest is None:
        return _("It was answered, or is not to be answered any more.")
    if newest.pk != offer.pk:
        return _("It has another day to answer by.")
    return _("Its day is over.") if offer.has_run_out or has_lapsed(offer.choice) else None


def _near_their_last_day() -> Iterable[Cause]:
    """Yield the offers whose last day is near, to be told of by day, once each."""
    today = clock.today()
    near = Offer.objects.in_time_on(today).filter(
        take_up_by__lte=today + timedelta(days=settings_now().remind_days)
    )
    rows = list(
        near.order_by("pk").values_list(
            "public_id", "take_up_by", "choice__expression__person__public_id"
        )
    )
    keys = [str(key) for key, _day, _person in rows]
    told = set(
        Email.objects.filter(notice=REMINDER, subject_key__in=keys).values_list(
            "subject_key", flat=True
        )
    )
    for key, day, person in rows:
        if str(key) not in told:
            due_at = by_day(clock.now(), clock.end_of(day))
            yield Cause(str(key), "once", (account_key(person),), due_at=due_at)


# News ---------------------------------------------------------------------------------------------
_READ: dict[type[models.Model], tuple[str, str]] = {
    ProjectChoice: ("expression__person__user", "expression"),
    Membership: ("person__user", "choice__expression"),
    Reconsideration: ("choice__expression__person__user", "choice__expression"),
    NeighbourSuggestion: ("choice__expression__person__user", "choice__expression"),
    Complaint: ("person__user", ""),
}
"""How to come from what an event is about to its person, and to the expression of interest."""


def _about(kind: str, key: str) -> tuple[Person, str]:
    """Return whose something is, and the reference of the form that it goes back to, if one."""
    model = next(each for each in _READ if each._meta.label_lower == kind)
    to_person, to_form = _READ[model]
    rows = model._default_manager.select_related(*filter(None, (to_person, to_form)))
    row: Any = rows.get(public_id=key)
    person, form = row, row if to_form else None
    for step in to_person.removesuffix("__user").split("__"):
        person = getattr(person, step)
    for step in filter(None, to_form.split("__")):
        form = getattr(form, step)
    return person, form.reference if form else ""


def _whose_it_is(event: Event) -> Iterable[str]:
    person, _reference = _about(event.subject_kind, event.subject_key)
    yield account_key(person.public_id)


def _of(email: Email) -> tuple[Person, str]:
    if email.event is None:
        raise LookupError("News is told of by its event.")
    return _about(email.event.subject_kind, email.subject_key)


def _news_words(email: Email) -> dict[str, Any]:
    person, reference = _of(email)
    is_complaint = email.event is not None and email.event.kind == COMPLAINT.kind("answer")
    return {
        "name": person.full_name,
        "reference": reference,
        "at": email.event.at if email.event else email.made_at,
        "button_url": link("reviews:complain" if is_complaint else HERE),
        "button_label": _("Sign in and read it"),
    }


def _is_old(email: Email) -> Words | None:
    """Say that a membership was suspended and resumed, or the other way, since."""
    event = email.event
    if event is None or event.subject_kind != Membership._meta.label_lower:
        return None
    state = Membership.objects.values_list("state", flat=True).get(public_id=email.subject_key)
    return None if state == event.facts.get("to") else _("It has changed again meanwhile.")


# For whoever deals with it ------------------------------------------------------------------------
def _ethics_reviewers(event: Event) -> Iterable[str]:
    """Yield the ethics reviewers who may judge what was opened (law 3)."""
    review = EthicsReview.objects.select_related("organisation__merged_into").get(
        public_id=event.subject_key
    )
    reviewers = User.objects.filter(is_active=True, groups__name=Role.ETHICS_REVIEWER.value)
    for each in reviewers.order_by("pk"):
        if why_not_impartial(each, review) is None:
            yield f"user:{each.public_id}:account"


def _reviewer(email: Email) -> User | None:
    key = email.recipient_key.split(":")[1]
    return User.objects.filter(public_id=key, is_active=True).first()


def _reviewers_address(email: Email) -> str:
    reviewer = _reviewer(email)
    return reviewer.email if reviewer and holds(reviewer, Role.ETHICS_REVIEWER) else ""


def _reviewers_words(email: Email) -> dict[str, Any]:
    reviewer = _reviewer(email)
    return {
        "name": reviewer.name if reviewer else "",
        "at": email.event.at if email.event else email.made_at,
        "button_url": link("reviews:ethics"),
        "button_label": _("Sign in and review it"),
    }


def _is_settled(email: Email) -> Words | None:
    review = EthicsReview.objects.get(public_id=email.subject_key)
    is_open = review.state == EthicsReview.State.OPEN
    return None if is_open else _("Its outcome is recorded.")


_OF_NEWS = (
    *(MEMBERSHIP.kind(name) for name in ("suspend", "resume", "run_out", "end")),
    CHOICE.kind("lapse"),
    *(RECONSIDERATION.kind(name) for name in ("uphold", "send_back")),
    SUGGESTED,
    COMPLAINT.kind("answer"),
)

MEMBERSHIP_NOTICES = (
    *(
        Notice(
            name="offer_to_answer" if number == 1 else f"offer_to_answer_{number}",
            label=_("Something to answer by a day"),
            event_kind=kind,
            recipients=_whom_it_was_made_to,
            address=lambda email: account_address(_offer(email).choice.expression.person),
            words=_offer_words,
            why_not=_is_answered,
            folder="offer_to_answer",
        )
        for number, kind in enumerate((MADE, RENEWED), start=1)
    ),
    Notice(
        name="ethics_review_opened",
        label=_("Ethics review to be done"),
        event_kind="reviews.ethics_review.opened",
        recipients=_ethics_reviewers,
        address=_reviewers_address,
        words=_reviewers_words,
        why_not=_is_settled,
    ),
    Notice(
        name=REMINDER,
        label=_("Something to answer soon"),
        about="reviews.offer",
        by_long_look=_near_their_last_day,
        address=lambda email: account_address(_offer(email).choice.expression.person),
        words=_offer_words,
        why_not=_is_answered,
    ),
    *(
        Notice(
            name="projects_news" if number == 1 else f"projects_news_{number}",
            label=_("News of somebody’s projects"),
            event_kind=kind,
            recipients=_whose_it_is,
            address=lambda email: account_address(_of(email)[0]),
            words=_news_words,
            why_not=_is_old,
            folder="projects_news",
        )
        for number, kind in enumerate(_OF_NEWS, start=1)
    ),
)
