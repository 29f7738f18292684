"""What somebody is told of their validation: that something waits for them there, and never what.

Given and refused are told in the same words, and so is whatever a referee said, or did not: outcomes are
read after log-in (law 7). The ledger's rows are named and labelled as alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Cause, Notice, link
from communications.notices.drafts import by_day
from communications.notices.people import account_address, account_key
from participants import policies
from participants.models import (
    ExpressionOfInterest,
    InformationRequest,
    Person,
    RefereeRequest,
    Validation,
)
from participants.workflow import REFEREE, VALIDATION
from participants.workflow.referees import BECAUSE_ERASED
from stepchange import clock
from stepchange.models import Event
from stepchange.transitions import Words

HERE = "participants:validation"
"""Where somebody reads how their validation stands."""
EXPIRING = "validation_expiring"
STEPS = (timedelta(days=60), timedelta(days=14))
"""How long before a validation runs out its holder is told; longest first."""
AT_ONCE = 500
State = Validation.State


def _validation(email: Email) -> Validation:
    return Validation.objects.select_related(
        "person__user", "person__organisation__merged_into", "organisation__merged_into"
    ).get(public_id=email.subject_key)


def _its_person(event: Event) -> Iterable[str]:
    yield account_key(
        Person.objects.values_list("public_id", flat=True).get(
            validation__public_id=event.subject_key
        )
    )


def _address(email: Email) -> str:
    return account_address(_validation(email).person)


def _words_to(person: Person, email: Email, label: Words) -> dict[str, Any]:
    return {
        "name": person.full_name,
        "at": email.event.at if email.event else email.made_at,
        "button_url": link(HERE),
        "button_label": label,
    }


# More information is asked ------------------------------------------------------------------------
def _asked_words(email: Email) -> dict[str, Any]:
    return _words_to(_validation(email).person, email, _("Sign in and answer"))


def _is_answered(email: Email) -> Words | None:
    asked = str(email.event.facts.get("question") or "") if email.event else ""
    open_ones = InformationRequest.objects.filter(answered_at__isnull=True)
    waits = {
        question.record_key
        for question in open_ones.only("public_id").filter(validation__public_id=email.subject_key)
    }
    if _validation(email).state != State.ASKED or asked not in waits:
        return _("It was answered, or is not needed any more.")
    return None


# Settled, and begun again -------------------------------------------------------------------------
def _news_words(email: Email) -> dict[str, Any]:
    return _words_to(_validation(email).person, email, _("Sign in and read it"))


def _is_begun_again(email: Email) -> Words | None:
    moved_to = email.event.facts.get("to") if email.event else None
    return None if _validation(email).state == moved_to else _("It was begun again meanwhile.")


def _is_settled(email: Email) -> Words | None:
    return None if _validation(email).is_open else _("It was settled meanwhile.")


# Another referee is needed ------------------------------------------------------------------------
def _asking(email: Email) -> RefereeRequest:
    return RefereeRequest.objects.select_related("validation__person__user").get(
        public_id=email.subject_key
    )


def _whom_it_is_about(event: Event) -> Iterable[str]:
    """Yield the person, but of a request that was replaced for no doing of its referee's."""
    if event.kind == REFEREE.kind("replace") and event.facts.get("because") != BECAUSE_ERASED:
        return
    about = Person.objects.filter(validation__referees__public_id=event.subject_key)
    yield account_key(about.values_list("public_id", flat=True).get())


def _referee_words(email: Email) -> dict[str, Any]:
    return _words_to(_asking(email).validation.person, email, _("Sign in and look at it"))


def _needs_nobody(email: Email) -> Words | None:
    asking = _asking(email)
    if not asking.validation.is_open:
        return _("It was settled meanwhile.")
    if RefereeRequest.objects.filter(validation=asking.validation, pk__gt=asking.pk).exists():
        return _("Another referee was asked meanwhile.")
    if not _takes_part(asking.validation.person):
        return _("They take part no more.")
    return None


def _takes_part(person: Person) -> bool:
    return ExpressionOfInterest.objects.filter(person=person, state="submitted").exists()


# It runs out ----------------------------------------------------------------------------------------
def _running_out() -> Iterable[Cause]:
    """Yield those that run out soon and were not told at the step reached last, of who takes part."""
    now, today = clock.now(), clock.today()
    live = ExpressionOfInterest.objects.filter(state="submitted").order_by().values("person")
    near = Validation.objects.run_out_by(today + STEPS[0]).filter(person__in=live)
    near = near.select_related("person").only("public_id", "validated_at", "person__public_id")
    for some in _batches(near.order_by("pk")):
        told = _told_of([validation.record_key for validation in some])
        for validation in some:
            key, ends_on = validation.record_key, validation.expires_on
            step = _step(ends_on, today) if ends_on else None
            if ends_on is None or step is None or _occurrence(step, ends_on) in told[key]:
                continue
            due_at = by_day(now, clock.start_of(ends_on))
            whom = (account_key(validation.person.public_id),)
            yield Cause(key, _occurrence(step, ends_on), whom, due_at=due_at)


def _batches(rows: QuerySet[Validation]) -> Iterator[list[Validation]]:
    found = list(rows)
    for first in range(0, len(found), AT_ONCE):
        yield found[first : first + AT_ONCE]


def _told_of(keys: list[str]) -> dict[str, set[str]]:
    told: dict[str, set[str]] = defaultdict(set)
    rows = Email.objects.filter(notice=EXPIRING, subject_key__in=keys)
    for key, occurrence in rows.values_list("subject_key", "occurrence"):
        told[key].add(occurrence)
    return told


def _step(ends_on: date, today: date) -> timedelta | None:
    """Return the step that was reached last; None before the first and once it has run out."""
    reached = [step for step in STEPS if ends_on - step <= today < ends_on]
    return min(reached, default=None)


def _occurrence(step: timedelta, ends_on: date) -> str:
    """Name a step of the day that it runs out: one that is given anew has new ones."""
    return f"{step.days}d {ends_on.isoformat()}"


def _expiring_words(email: Email) -> dict[str, Any]:
    validation = _validation(email)
    return {
        **_words_to(validation.person, email, _("Sign in and check your details")),
        "ends_on": validation.expires_on,
    }


def _no_longer_expiring(email: Email) -> Words | None:
    validation = _validation(email)
    ends_on = policies.identity_in(validation).expires_on
    if ends_on is None:
        return _("It does not hold any more.")
    if email.occurrence not in {_occurrence(step, ends_on) for step in STEPS}:
        return _("It was given anew.")
    if email.occurrence != _occurrence(_step(ends_on, clock.today()) or STEPS[0], ends_on):
        return _("A later reminder takes its place.")
    return None if _takes_part(validation.person) else _("They take part no more.")


def _alike(name: str, label: Words, *kinds: str, **told: Any) -> list[Notice]:
    """Return a notice for each of several kinds of event, told of in the same words.

    By a number, and not by what happened: a ledger's row must not tell it either.
    """
    return [
        Notice(
            name=name if number == 1 else f"{name}_{number}",
            label=label,
            event_kind=kind,
            folder=name,
            **told,
        )
        for number, kind in enumerate(kinds, start=1)
    ]


VALIDATION_NOTICES = (
    Notice(
        name="validation_asked",
        label=_("Information asked for a validation"),
        event_kind=VALIDATION.kind("ask"),
        recipients=_its_person,
        address=_address,
        words=_asked_words,
        why_not=_is_answered,
    ),
    *_alike(
        "validation_settled",
        _("News of a validation"),
        *(VALIDATION.kind(name) for name in ("validate", "refuse", "raise_level")),
        recipients=_its_person,
        address=_address,
        words=_news_words,
        why_not=_is_begun_again,
    ),
    *_alike(
        "validation_reopened",
        _("Validation begun again"),
        *(VALIDATION.kind(name) for name in ("reopen_changed", "expire", "reopen")),
        recipients=_its_person,
        address=_address,
        words=_news_words,
        why_not=_is_settled,
    ),
    *_alike(
        "referee_to_be_named",
        _("Validation to be looked at"),
        *(REFEREE.kind(name) for name in ("expire", "contest", "deny", "replace")),
        recipients=_whom_it_is_about,
        address=lambda email: account_address(_asking(email).validation.person),
        words=_referee_words,
        why_not=_needs_nobody,
    ),
    Notice(
        name=EXPIRING,
        label=_("Validation that runs out soon"),
        about="participants.validation",
        by_long_look=_running_out,
        address=_address,
        words=_expiring_words,
        why_not=_no_longer_expiring,
    ),
)
