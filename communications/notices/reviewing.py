"""What those are told who decide jointly, and whom it is decided about: that something waits, never what.

Reminders go to whoever alone blocks, once a week at most, however many volunteers wait for them. No letter
says what a key, a view or an outcome says, nor whom it is about but by a reference (laws 2 and 7).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Cause, Notice, link
from communications.notices.contact import OFFICE
from communications.notices.drafts import by_day
from communications.notices.people import account_address, account_key
from participants.models import Person
from participants.policies import may_see_people
from reviews import policies
from reviews.models import Decision, Key, Split, VoidBecause
from reviews.policies.keys_waiting import KeysWaiting, Unheld
from reviews.workflow import KEY
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import WorkStream

REMIND_AFTER = timedelta(days=7)
"""For how long a volunteer waits for somebody's key before that somebody is reminded, and again."""
TELL_AFTER = timedelta(days=1)
"""For how long they wait for a key that nobody can turn, before those who see to it are told."""
KEY_WAITS = "key_waits"
SEAT_TO_FILL, STAND_IN_TO_NAME = "seat_to_fill", "stand_in_to_name"
DESK = "participants:account"
"""Where whoever reviews finds the way to their desk."""


def _week() -> str:
    """Name the week of now: one reminder in each."""
    year, week, _day = clock.today().isocalendar()
    return f"{year}-W{week:02}"


# For accounts -------------------------------------------------------------------------------------
def _user_key(user: User) -> str:
    return f"user:{user.public_id}:account"


def _user(email: Email) -> User | None:
    key = email.recipient_key.split(":")[1]
    return User.objects.filter(public_id=key, is_active=True).first()


def _users_address(email: Email) -> str:
    user = _user(email)
    return user.email if user else ""


def _to_user(email: Email, page: str, label: Words) -> dict[str, Any]:
    user = _user(email)
    return {
        "name": user.name if user else "",
        "at": email.event.at if email.event else email.made_at,
        "button_url": link(page),
        "button_label": label,
    }


# A key waits for somebody ---------------------------------------------------------------------------
def _blocking() -> dict[str, User]:
    """Return whose key some choice has waited for long enough, by their keys in the record."""
    found = KeysWaiting().blocking_since(clock.now() - REMIND_AFTER)
    return {each.user.record_key: each.user for each in found}


def _blocking_untold() -> Iterable[Cause]:
    blocking, week = _blocking(), _week()
    if not blocking:
        return
    told = Email.objects.filter(
        notice=KEY_WAITS,
        subject_key__in=blocking,
        made_at__gt=clock.now() - REMIND_AFTER,
    )
    for key in blocking.keys() - set(told.values_list("subject_key", flat=True)):
        due_at = by_day(clock.now(), clock.end_of(clock.today() + timedelta(days=2)))
        yield Cause(key, week, (_user_key(blocking[key]),), due_at=due_at)


def _blocks_no_more(email: Email) -> Words | None:
    return None if email.subject_key in _blocking() else _("Nothing waits for them any more.")


# A key counts no more --------------------------------------------------------------------------------
SAID_ANEW = (VoidBecause.AMENDED, VoidBecause.REDECLARED)
"""Why a key fell that its caster is to turn again: not because they or the volunteer left."""


def _key(email: Email) -> Key:
    return Key.objects.select_related(
        "caster", "choice__expression__person__user", "choice__project__work_stream"
    ).get(public_id=email.subject_key)


def _its_caster(event: Event) -> Iterable[str]:
    if event.facts.get("because") in SAID_ANEW:
        key = Key.objects.select_related("caster").get(public_id=event.subject_key)
        yield _user_key(key.caster)


def _voided_words(email: Email) -> dict[str, Any]:
    reference = _key(email).choice.expression.reference
    return _to_user(email, DESK, _("Sign in and look again")) | {"volunteer": reference}


def _is_not_theirs_now(email: Email) -> Words | None:
    """Say that they need not turn it again: it is decided, was turned since, or they stand aside."""
    key = _key(email)
    if policies.why_not_reviewed(key.choice):
        return _("It is decided, or was withdrawn.")
    if policies.may_review(key.caster, key.choice):
        return _("They do not review it any more.")
    if key.side in policies.counting_keys(key.choice, policies.round_of(key.choice)):
        return _("It was recommended on since.")
    return None


# A split waits for the board --------------------------------------------------------------------------
def _split_of(key: str) -> Split:
    return Split.objects.select_related(
        "choice__expression__person__user", "choice__project__work_stream"
    ).get(public_id=key)


def _who_may_settle(event: Event) -> Iterable[str]:
    """Yield the members of the board who may (law 3)."""
    split = _split_of(event.subject_key)
    for each in _of_the_board():
        if policies.may_settle(each, split) is None:
            yield _user_key(each)


def _of_the_board() -> Iterable[User]:
    members = User.objects.filter(is_active=True, groups__name=Role.BOARD.value)
    return members.order_by("pk")


def _split_words(email: Email) -> dict[str, Any]:
    reference = _split_of(email.subject_key).choice.expression.reference
    return _to_user(email, "reviews:board", _("Sign in and look at it")) | {"volunteer": reference}


def _is_not_to_settle(email: Email) -> Words | None:
    member, split = _user(email), _split_of(email.subject_key)
    if split.state != Split.State.OPEN:
        return _("It has ended.")
    if policies.may_settle(member, split):
        return _("They can’t settle it, or need not any more.")
    if split.views.filter(state="cast", member=member).exists():
        return _("They gave their view.")
    return None


# A side without anybody -------------------------------------------------------------------------------
def _unheld() -> dict[tuple[str, str], Unheld]:
    found = KeysWaiting().unheld(since=clock.now() - TELL_AFTER)
    return {(each.stream.record_key, each.side): each for each in found}


def _unheld_untold(notice: str, unheld: Iterable[tuple[str, str]], whom: tuple[str, ...]) -> Any:
    """Yield a cause for each side that has none within the last weeks, to be sent by day."""
    wanted, week = set(unheld), _week()
    if not wanted:
        return
    told = Email.objects.filter(
        notice=notice,
        subject_key__in={stream for stream, _side in wanted},
        made_at__gt=clock.now() - REMIND_AFTER,
    )
    known = {
        (key, occurrence.split()[0])
        for key, occurrence in told.values_list("subject_key", "occurrence")
    }
    for stream, side in sorted(wanted - known):
        due_at = by_day(clock.now(), clock.end_of(clock.today() + timedelta(days=2)))
        yield Cause(stream, f"{side} {week}", whom, due_at=due_at)


def _to_appoint() -> Iterable[Cause]:
    """Yield every side that nobody can recommend for: the office sees to it, or to the board's seeing."""
    yield from _unheld_untold(SEAT_TO_FILL, _unheld(), (OFFICE,))


def _to_name() -> Iterable[Cause]:
    """Yield the sides for which the board names a stand-in."""
    sides = [key for key, each in _unheld().items() if not each.is_vacant]
    if sides:
        members = tuple(_user_key(each) for each in _of_the_board() if not may_see_people(each))
        yield from _unheld_untold(STAND_IN_TO_NAME, sides, members)


def _is_held(email: Email) -> Words | None:
    side = email.occurrence.split()[0]
    if (email.subject_key, side) in _unheld():
        return None
    return _("Somebody can turn that key now.")


def _is_named(email: Email) -> Words | None:
    member = _user(email)
    if member is None or not holds(member, Role.BOARD):
        return _("They are not of the board any more.")
    return _is_held(email)


def _office_words(_email: Email) -> dict[str, Any]:
    return {
        "button_url": link("admin:index"),
        "button_label": _("Open the console"),
    }


# An outcome was released ------------------------------------------------------------------------------
def _decision(email: Email) -> Decision:
    return Decision.objects.select_related("choice__expression__person__user").get(
        public_id=email.subject_key
    )


def _whom_it_is_about(event: Event) -> Iterable[str]:
    """Yield the participant, unless it is an offer: of that they are told with the day to answer by."""
    read = Decision.objects.select_related("choice__expression__person")
    decision = read.get(public_id=event.subject_key)
    if decision.outcome != Decision.Outcome.OFFERED:
        yield account_key(decision.choice.expression.person.public_id)


def outcome_words(person: Person, reference: str, at: Any) -> dict[str, Any]:
    """Return what the letter says: to whom, about which form, when, and where to read it."""
    return {
        "name": person.full_name,
        "reference": reference,
        "at": at,
        "button_url": link("participants:account"),
        "button_label": _("Sign in and read it"),
    }


def _released_words(email: Email) -> dict[str, Any]:
    expression = _decision(email).choice.expression
    at = email.event.at if email.event else email.made_at
    return outcome_words(expression.person, expression.reference, at)


REVIEWING_NOTICES = (
    Notice(
        name=KEY_WAITS,
        label=_("Somebody waits for a recommendation"),
        about="stepchange.user",
        by_long_look=_blocking_untold,
        address=_users_address,
        words=lambda email: _to_user(email, DESK, _("Sign in and look")),
        why_not=_blocks_no_more,
    ),
    Notice(
        name="key_voided",
        label=_("Recommendation to be made again"),
        event_kind=KEY.kind("void"),
        recipients=_its_caster,
        address=_users_address,
        words=_voided_words,
        why_not=_is_not_theirs_now,
    ),
    Notice(
        name="split_to_settle",
        label=_("Difference to be settled by the board"),
        event_kind="reviews.split.opened",
        recipients=_who_may_settle,
        address=_users_address,
        words=_split_words,
        why_not=_is_not_to_settle,
    ),
    Notice(
        name=SEAT_TO_FILL,
        label=_("A side that nobody can recommend for"),
        about=WorkStream._meta.label_lower,
        by_long_look=_to_appoint,
        address=lambda _email: settings.OFFICE_EMAIL,
        words=_office_words,
        why_not=_is_held,
    ),
    Notice(
        name=STAND_IN_TO_NAME,
        label=_("Stand-in to be named by the board"),
        about=WorkStream._meta.label_lower,
        by_long_look=_to_name,
        address=_users_address,
        words=lambda email: _to_user(email, "reviews:board", _("Sign in and name somebody")),
        why_not=_is_named,
    ),
    Notice(
        name="outcome_released",
        label=_("News of an expression of interest"),
        event_kind="reviews.decision.released",
        recipients=_whom_it_is_about,
        address=lambda email: account_address(_decision(email).choice.expression.person),
        words=_released_words,
    ),
)
