"""A lost second factor: asked for by its owner, vouched for by one of the office, removed by another.

The owner is told of each step, and stops it all by signing in with the factor that was not lost.
"""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import SecondFactorReset
from participants.querysets import ResetQuerySet
from stepchange import clock, codes, credentials, open_sessions
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Overtaken, Refused, Table, Transition

LASTS = timedelta(hours=72)

RESET = Table(
    "participants.second_factor_reset",
    Transition(
        name="vouch",
        event="vouched",
        sources=("asked",),
        target="vouched",
        label=gettext_lazy("Vouch for them"),
        policy=policies.may_vouch,
        asks_reason=True,
    ),
    Transition(
        name="approve",
        event="approved",
        sources=("vouched",),
        target="approved",
        label=gettext_lazy("Approve, and remove the second factor"),
        policy=policies.may_approve_reset,
        asks_reason=True,
    ),
    Transition(
        name="refuse",
        event="refused",
        sources=("asked", "vouched"),
        target="refused",
        label=gettext_lazy("Refuse"),
        policy=policies.may_settle_reset,
        asks_reason=True,
    ),
    Transition(
        name="cancel",
        event="cancelled",
        sources=("asked", "vouched"),
        target="cancelled",
        label=gettext_lazy("Cancel"),
        policy=policies.may_cancel_reset,
    ),
    Transition(
        name="expire",
        event="expired",
        sources=("asked", "vouched"),
        target="expired",
        label=gettext_lazy("Record that it ran out"),
        policy=policies.may_record_running_out,
    ),
    model="participants.SecondFactorReset",
)


def owner_of(address: str) -> int:
    """Return the key of the account in use that shows this address for its own; 0 for none."""
    known = EmailAddress.objects.filter(email=address, verified=True, user__is_active=True)
    return known.values_list("user_id", flat=True).first() or 0


def prove(waiting: dict[str, Any], typed: str) -> User:
    """Return the account whose address a code proves; `waiting` is what the session keeps of it.

    Raises codes.WrongCode, for a right one that was sent to nobody too, and codes.SpentCode.
    """
    codes.check(waiting, typed)
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None:
        raise codes.wrong()
    return user


def ask(user: User) -> SecondFactorReset:
    """Ask the office to remove a lost second factor; a request that is open already is that one.

    The caller has seen the account's address proved. Raises Refused when there is no second factor.
    """
    if not user.is_active or not is_mfa_enabled(user):
        raise Refused(_("Your account has no second factor: sign in without it."))
    record_run_out_of(user)
    mine = SecondFactorReset.objects.unsettled().filter(user=user)
    if waiting := mine.first():
        return waiting
    try:
        with transaction.atomic():
            asked = SecondFactorReset.objects.create(user=user, expires_at=clock.now() + LASTS)
            record("participants.second_factor_reset.asked", asked, by=user)
    except IntegrityError:  # the same person in a second tab
        return mine.get()
    return asked


def vouch(reset: SecondFactorReset, *, how: str, by: User, reason: str) -> None:
    """Say, as one of the office, how one made sure who they are. Raises Refused."""
    RESET.move(
        reset,
        "vouch",
        by=by,
        reason=reason,
        values={"vouched_by": by, "vouched_how": how},
    )


def approve(reset: SecondFactorReset, *, by: User, reason: str) -> None:
    """Remove the second factor, as another of the office: all sessions end, and the password goes too.

    Without its second factor an account must not open to whoever has learnt its password: the next
    sign-in is by a code to its address, and sets up a new factor. Raises Refused, and Overtaken when
    the person cancelled, or somebody else settled it, a moment ago. In one transaction.
    """
    with transaction.atomic():
        RESET.move(
            reset,
            "approve",
            by=by,
            reason=reason,
            values={"approved_by": by},
            expected={"vouched_by": reset.vouched_by},
        )
        user = User.objects.select_for_update().get(pk=reset.user_id)
        Authenticator.objects.filter(user=user).delete()
        user.set_unusable_password()
        user.save(update_fields=["password"])
        record(credentials.FACTOR_REMOVED, user, by=by, facts={"type": "all"})
        open_sessions.end_all(user)


def refuse(reset: SecondFactorReset, *, by: User, reason: str) -> None:
    """Leave the second factor as it is, with the reason. Raises Refused."""
    RESET.move(reset, "refuse", by=by, reason=reason)


def cancel(reset: SecondFactorReset, *, by: User) -> None:
    """Stop it, as the account's own person. Raises Refused."""
    RESET.move(reset, "cancel", by=by)


def cancel_of(user: User) -> int:
    """Stop what waits for an account whose person has just signed in with the factor; return how many."""
    count = 0
    for reset in SecondFactorReset.objects.unsettled().filter(user=user):
        try:
            cancel(reset, by=user)
        except Overtaken:  # approved in the same moment
            continue
        count += 1
    return count


def record_run_out() -> int:
    """Record each request whose time is over; return how many."""
    return _record(SecondFactorReset.objects.run_out_by(clock.now()))


def record_run_out_of(user: User) -> int:
    """Record an account's request whose time is over, so that another can be made."""
    return _record(SecondFactorReset.objects.run_out_by(clock.now()).filter(user=user))


def _record(run_out: ResetQuerySet) -> int:
    count = 0
    for reset in run_out:
        try:
            expire(reset, by=None)
        except Refused:  # settled meanwhile
            continue
        count += 1
    return count


def expire(reset: SecondFactorReset, *, by: User | None) -> None:
    """Record that a request ran out. Raises Refused."""
    RESET.move(reset, "expire", by=by)
