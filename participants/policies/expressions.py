"""Who may do what with an expression of interest, and until when (law 4)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import (
    AskedAddress,
    EnteredForm,
    ExpressionOfInterest,
    Extension,
    Person,
    ProjectChoice,
)
from participants.policies.people import is_self
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from stepchange.uk_time import uk_deadline
from workstreams.models import Call
from workstreams.policies import runs_the_office

# What was decided of a choice by others: an amendment leaves it as it is.
DECIDED = frozenset(
    {
        ProjectChoice.State.OFFERED,
        ProjectChoice.State.RESERVE,
        ProjectChoice.State.DECLINED,
        ProjectChoice.State.ACCEPTED,
        ProjectChoice.State.TURNED_DOWN,
    }
)


def closes_for(call: Call, person: Person | None) -> datetime:
    """Return the closing instant of a call for one person, exclusive: the call's, or a later one given.

    An extension never shortens the call, not even one that was ended early.
    """
    extended = _extended_until(person, call) if person else None
    return max(call.closes_at, extended) if extended else call.closes_at


def is_open_for(call: Call, person: Person | None, instant: datetime) -> bool:
    """Say whether a call takes this person's expression of interest at an instant.

    The one function that every page, form, email and reminder asks. The closing instant is exclusive.
    An extension outlasts the sweep that records the call as closed, and ends when it is archived.
    """
    if call.is_open(instant):
        return True
    if person is None or call.state not in {Call.State.PUBLISHED, Call.State.CLOSED}:
        return False
    return call.opens_at <= instant < closes_for(call, person)


def _extended_until(person: Person, call: Call) -> datetime | None:
    given = [extension for extension in person.given_extensions if extension.call_id == call.pk]
    return given[-1].until if given else None


def call_for(
    person: Person | None, instant: datetime, *, known: Iterable[Call] = ()
) -> Call | None:
    """Return the call whose form a person has before them: of those open to them, the first to close.

    Without any it is the one a visitor hears of. So an extension of the last call comes before the
    next call's form, and each can be reached before it closes. `known` are calls read just now: one of
    them that is published and open is the one a visitor hears of, for no other can be published.
    """
    open_now = (
        call for call in known if call.state == Call.State.PUBLISHED and call.is_open(instant)
    )
    current = next(open_now, None) or Call.objects.current(instant)
    if person is None:
        return current
    extended = {extension.call_id: extension.call for extension in person.given_extensions}
    if current:
        extended[current.pk] = current
    takes_it = [call for call in extended.values() if is_open_for(call, person, instant)]
    return min(takes_it, key=lambda call: closes_for(call, person), default=current)


def may_start(person: Person | None, call: Call | None, instant: datetime) -> Words | None:
    """Permit whoever has no live expression of interest in a call that is open for them."""
    if refusal := why_not_open(call, person, instant):
        return refusal
    live = ExpressionOfInterest.objects.live().filter(person=person)
    if person and call and live.in_call(call).exists():
        return _("You have an expression of interest in this call already.")
    return None


def why_not_open(call: Call | None, person: Person | None, instant: datetime) -> Words | None:
    """Say that a call does not take this person's expression of interest, if it does not."""
    if call is None or not is_open_for(call, person, instant):
        return _("The call is not open.")
    return None


def is_own(by: User | None, expression: ExpressionOfInterest) -> bool:
    """Say whether the account is the participant's."""
    return by is not None and expression.person.user_id == by.pk


def may_submit(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant; whether it is in time and complete is asked of the facts given."""
    return None if is_own(by, expression) else _("Only the participant can submit it.")


def may_save(expression: ExpressionOfInterest) -> Words | None:
    """Permit until it is withdrawn: of a draft, and beside what was submitted. Late is no reason."""
    if expression.state == ExpressionOfInterest.State.WITHDRAWN:
        return _("It was withdrawn: this page can't be changed any more.")
    return None


def may_amend(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant; whether it is in time, complete and changed is asked of the facts given."""
    return None if is_own(by, expression) else _("Only the participant can change it.")


def may_discard(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant to go back to what was submitted, at any time."""
    if expression.state != ExpressionOfInterest.State.SUBMITTED:
        return _("There is nothing submitted to go back to.")
    return may_amend(by, expression)


def may_withdraw(by: User | None, expression: ExpressionOfInterest) -> Words | None:
    """Permit the participant, at any time."""
    return None if is_own(by, expression) else _("Only the participant can withdraw it.")


def may_withdraw_choice(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the participant, at any time and whatever was decided."""
    return None if is_own(by, choice.expression) else _("Only the participant can withdraw it.")


# Offers of a place: what `reviews` asks besides is asked there, before it calls.
def may_answer_offer(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit the participant: nobody accepts or turns down for somebody else."""
    return None if is_own(by, choice.expression) else _("Only the participant can answer an offer.")


def may_lapse_offer(by: User | None, _choice: ProjectChoice) -> Words | None:
    """Permit the portal alone: an offer lapses by the clock, and by nobody's hand."""
    return None if by is None else _("An offer lapses by itself, after its last day.")


def may_offer_from_reserve(by: User | None, choice: ProjectChoice) -> Words | None:
    """Permit anybody of whom it is asked elsewhere, but nobody for themself (law 3)."""
    if by is None or is_self(by, choice.expression.person):
        return _("Nobody does this for themself: somebody else has to.")
    return None


def may_change_consent(by: User | None, person: Person) -> Words | None:
    """Permit the person, at any time."""
    own = by is not None and person.user_id == by.pk
    return None if own else _("Only the person can give or take back their consent.")


def may_extend(by: User | None, person: Person) -> Words | None:
    """Permit office managers, but nobody for themselves (law 3)."""
    if is_self(by, person):
        return _("Nobody gives themselves more time: ask another office manager.")
    return runs_the_office(by)


def why_not_until(call: Call, until: datetime) -> Words | None:
    """Say why a call can't be extended until an instant for anybody, if it can't."""
    if call.state not in {Call.State.PUBLISHED, Call.State.CLOSED}:
        return _("Only a call that is published or closed can be extended for somebody.")
    if until <= call.closes_at:
        return _("The call is open to everybody until then: choose a later day.")
    if until <= clock.now():
        return _("That day is over: choose a day that is yet to end.")
    return None


def may_end_extension(by: User | None, extension: Extension) -> Words | None:
    """Permit office managers while it runs and no later row has taken its place."""
    later = Extension.objects.filter(
        person=extension.person_id, call=extension.call_id, pk__gt=extension.pk
    )
    if later.exists():
        return _("A later extension has taken its place: look at that one.")
    if extension.until <= clock.now():
        return _("It has ended already.")
    return may_extend(by, extension.person)


def too_late(call: Call, person: Person | None) -> Words:
    """Say why it is late, and what became of the draft."""
    return _(
        "The call closed at %(time)s. What you saved is kept. If you need more time, write to the office."
    ) % {"time": uk_deadline(closes_for(call, person))}


def may_confirm_addresses(by: User | None, person: Person) -> Words | None:
    """Permit the person: a code proves that they read what is sent there."""
    own = by is not None and person.user_id == by.pk
    return None if own else _("Only the person can confirm their address.")


def may_enter(by: User | None, _subject: object = None) -> Words | None:
    """Permit caseworkers and office managers to enter a form that was taken by telephone or on paper."""
    if by is None or not holds(by, Role.OFFICE_MANAGER, Role.CASEWORKER):
        return _("Only a caseworker or an office manager can do this.")
    return None


def may_enter_for(by: User | None, email: str) -> Words | None:
    """Permit it for anybody else: nobody of the office enters their own (law 3)."""
    if refusal := may_enter(by):
        return refusal
    if by is not None and (
        by.email.lower() == email.lower()
        or by.emailaddress_set.filter(email__iexact=email).exists()  # type: ignore[attr-defined]  # allauth's, untyped
    ):
        return _("This is your own address: fill in your own form as everybody does.")
    return None


def may_enter_in(call: Call) -> Words | None:
    """Permit it in a call in which the person could still submit, with an extension at the latest."""
    if call.state not in {Call.State.PUBLISHED, Call.State.CLOSED}:
        return _("Nothing can be submitted in this call: it has to be published, and not archived.")
    return None


def may_settle_entered(by: User | None, entered: EnteredForm) -> Words | None:
    """Permit to send, take back or cancel any form but the one entered for oneself (law 3).

    That is known by the address it is entered for, and by the work address that was typed in it.
    """
    own_work = str(entered.answers.get("organisation", {}).get("work_email", ""))
    return may_enter_for(by, entered.email) or may_enter_for(by, own_work)


ASKED_ONCE_IN = timedelta(days=1)
"""How often at most an address is emailed about forms entered for it: reminded, not pestered."""
ASKED_LATELY = _("The last email was sent less than a day ago. Try again tomorrow.")


def was_asked_lately(entered: EnteredForm) -> bool:
    """Say whether the address it is entered for was emailed less than a day ago, about any such form."""
    return AskedAddress.objects.of(entered.email).since(clock.now() - ASKED_ONCE_IN).exists()


def may_ask_again(by: User | None, entered: EnteredForm) -> Words | None:
    """Permit another email a day after the last, while they could still submit."""
    if refusal := may_settle_entered(by, entered) or may_enter_in(entered.call):
        return refusal
    if was_asked_lately(entered):
        return ASKED_LATELY
    return None


def may_answer(by: User | None, entered: EnteredForm) -> Words | None:
    """Permit whoever has shown control of the address it was entered for, and did not enter it."""
    waits = EnteredForm.objects.waiting_for(by).filter(pk=entered.pk).exists() if by else False
    if not waits or by == entered.entered_by:
        return _("Only the person it was entered for can answer.")
    return None


def submitted_by_address(call: Call, email: str) -> ExpressionOfInterest | None:
    """Return what somebody with this address has submitted in a call, which the office may know.

    Whether the address has an account, or a draft, is not told (law 8).
    """
    submitted = ExpressionOfInterest.objects.visible_to_office().live().in_call(call)
    return submitted.filter(
        Q(person__user__email__iexact=email) | Q(person__work_email__iexact=email)
    ).first()
