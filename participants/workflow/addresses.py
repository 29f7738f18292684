"""Confirming that a person reads what is sent to an address of theirs: a code, typed back in time."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from participants import policies
from participants.forms.base import Journey
from participants.models import MOST_TRIES, AddressConfirmation, Person
from stepchange import clock, codes, locks
from stepchange.codes import WrongCode
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit

A_WHILE = timedelta(hours=1)
CODES_A_WHILE = 5
"""How many codes one person, and one address whoever asks, gets within a while."""
DOUBLE_CLICK = timedelta(seconds=20)
FORGOTTEN_AFTER = timedelta(days=1)


def ask_for_code(person: Person, address: str, *, by: User) -> AddressConfirmation:
    """Have a code sent to an address, in place of any earlier one. Raises Refused after too many.

    The same is done, and sent, whether or not the address belongs to an account (law 8). The event
    names neither the person nor the address: it only causes the mail.
    """
    permit(policies.may_confirm_addresses(by, person))
    now, address = clock.now(), address.lower()
    with transaction.atomic():
        Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        locks.hold(f"codes to {address}")  # whoever asks: its cap is counted over all of them
        asked = AddressConfirmation.objects.filter(person=person)
        newest = asked.newest_of(person)
        if newest and newest.address == address and newest.asked_at > now - DOUBLE_CLICK:
            return newest
        for codes in (asked, AddressConfirmation.objects.to(address)):
            recent = list(codes.asked_since(now - A_WHILE))
            if len(recent) >= CODES_A_WHILE:
                raise Refused(_too_many(recent[-CODES_A_WHILE].asked_at + A_WHILE - now))
        asked.filter(confirmed_at=None, asked_at__lt=now - FORGOTTEN_AFTER).delete()
        confirmation = AddressConfirmation.objects.create(person=person, address=address)
        record("participants.address.code_asked", confirmation, by=None)
    return confirmation


def ask_for_code_if_needed(person: Person, journey: Journey, *, by: User) -> None:
    """Have a code sent to the work address of a form, unless it needs none or is confirmed already.

    The log-in address was confirmed at sign-up. Raises Refused after too many.
    """
    if journey.has_another_address and journey.confirmation is None:
        ask_for_code(person, journey.work_email, by=by)


def _too_many(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return ngettext(
        "We have sent as many codes as we can for now. Ask for another in %(minutes)d minute, and "
        "look in your junk folder for those that we sent.",
        "We have sent as many codes as we can for now. Ask for another in %(minutes)d minutes, and "
        "look in your junk folder for those that we sent.",
        minutes,
    ) % {"minutes": minutes}


def confirm_address(person: Person, address: str, typed: str, *, by: User) -> None:
    """Take the newest code for an address, once and in time. Raises WrongCode, or Refused.

    Each try is counted before it is compared, whatever happens after: five, however many at once.
    What is confirmed already stays so.
    """
    permit(policies.may_confirm_addresses(by, person))
    if AddressConfirmation.objects.filter(person=person).to(address).confirmed().exists():
        return
    newest = AddressConfirmation.objects.newest_of(person)
    if newest is None or newest.address != address.lower():
        raise Refused(_("Ask for a code first: none was sent to this address."))
    now = clock.now()
    if now >= newest.expires_at:
        raise Refused(_("This code has run out. Ask for a new one."))
    mine = AddressConfirmation.objects.filter(pk=newest.pk, confirmed_at=None)
    if not mine.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        raise Refused(_("This code was tried too often. Ask for a new one."))
    if not constant_time_compare(codes.plain(typed), codes.plain(newest.code)):
        raise WrongCode(_("This is not the code that we sent last. Check it, or ask for a new one"))
    with transaction.atomic():
        if mine.update(confirmed_at=now):
            record("participants.address.confirmed", newest, by=by)
