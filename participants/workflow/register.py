"""Marking what the register of interests publishes: kept out, let in again, each with a reason."""

from django.db import transaction
from django.utils.translation import gettext as _

from participants.models import Interest, RegisterHolder, RegisterWithholding
from participants.policies import compliance, register
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, permit, require_reason


def withhold(
    holder: RegisterHolder, *, position: int, by: User, reason: str
) -> RegisterWithholding:
    """Keep an interest of a holder's newest declaration out of the register. Raises Refused.

    It stays out in their next declarations too. Writes `participants.register.withheld`.
    """
    return _mark(holder, position, is_lifted=False, by=by, reason=reason)


def let_in(holder: RegisterHolder, *, position: int, by: User, reason: str) -> RegisterWithholding:
    """Publish what an interest is with, in its own words. Raises Refused.

    Never what is personal or of the family. Writes `participants.register.let_in`.
    """
    return _mark(holder, position, is_lifted=True, by=by, reason=reason)


def _mark(
    holder: RegisterHolder, position: int, *, is_lifted: bool, by: User, reason: str
) -> RegisterWithholding:
    permit(compliance.may_mark_register(by, holder))
    require_reason(reason)
    interest = _markable(holder, position, is_lifted=is_lifted)
    with transaction.atomic():
        mark = RegisterWithholding.objects.create(
            interest=interest, is_lifted=is_lifted, reason=reason, by=by
        )
        record(
            f"participants.register.{'let_in' if is_lifted else 'withheld'}",
            mark,
            by=by,
            reason=reason,
            facts={"person": interest.declaration.person.record_key, "number": position},
        )
    return mark


def _markable(holder: RegisterHolder, position: int, *, is_lifted: bool) -> Interest:
    entries = register.published_of([holder])[holder.pk].entries
    entry = next((entry for entry in entries if entry.position == position), None)
    interest = register.interest_of_holder(holder, position)
    if entry is None or interest is None:
        raise Refused(_("They have declared anew since: look at what they declare now."))
    if is_lifted and not entry.may_be_let_in:
        raise Refused(_("This can’t be let in: it is published, or withheld by rule for good."))
    if not is_lifted and entry.withheld and not entry.may_be_let_in:
        raise Refused(_("It is withheld already, by rule."))
    return interest
