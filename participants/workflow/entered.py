"""The life of a form that the office takes by telephone or on paper, up to the person's answer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import pages, policies
from participants.forms.base import Journey
from participants.models import AskedAddress, EnteredForm, ExpressionOfInterest, PageAnswers
from participants.workflow.expressions import SavedElsewhere, start
from participants.workflow.expressions import save_page as save_own_page
from participants.workflow.people import person_of
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, change, permit, require_reason
from workstreams.models import Call

ENTERED = Table(
    "participants.entered",
    Transition(
        name="hand_over",
        event="handed_over",
        sources=("entering",),
        target="handed over",
        label=gettext_lazy("Send for confirmation"),
        policy=policies.may_settle_entered,
    ),
    Transition(
        name="take_back",
        event="taken_back",
        sources=("handed over",),
        target="entering",
        label=gettext_lazy("Take back to correct"),
        policy=policies.may_settle_entered,
    ),
    Transition(
        name="cancel",
        event="cancelled",
        sources=("entering", "handed over"),
        target="cancelled",
        label=gettext_lazy("Cancel this form"),
        policy=policies.may_settle_entered,
        asks_reason=True,
    ),
    Transition(
        name="confirm",
        event="confirmed",
        sources=("handed over",),
        target="confirmed",
        label=gettext_lazy("Take it over"),
        policy=policies.may_answer,
    ),
    Transition(
        name="refuse",
        event="refused",
        sources=("handed over",),
        target="refused",
        label=gettext_lazy("It is not mine"),
        policy=policies.may_answer,
    ),
    model="participants.EnteredForm",
)
ASKED_AGAIN = "participants.entered.asked_again"
GONE: dict[str, Any] = {"answers": {}, "revisions": {}}


def enter(
    call: Call,
    *,
    full_name: str,
    email: str,
    medium: str,
    taken_on: date,
    reason: str,
    by: User,
) -> EnteredForm:
    """Begin to enter a form that somebody gave the office, with the reason why they could not.

    Raises Refused for one's own, for an address that another such form is entered for, for somebody who
    has submitted in the call, and in a call that takes nothing.
    """
    email = email.lower()
    permit(policies.may_enter_for(by, email))
    permit(policies.may_enter_in(call))
    require_reason(reason)
    permit(_already(call, email))
    try:
        with transaction.atomic():
            entered = EnteredForm.objects.create(
                call=call,
                full_name=full_name,
                email=email,
                medium=medium,
                taken_on=taken_on,
                entered_by=by,
            )
            record(
                "participants.entered.begun",
                entered,
                by=by,
                reason=reason,
                facts={"call": call.slug, "medium": medium, "taken_on": taken_on.isoformat()},
            )
    except IntegrityError as error:  # somebody of the office was faster
        raise Refused(str(_already(call, email) or _("Try again."))) from error
    return entered


def _already(call: Call, email: str) -> str | None:
    """Say what keeps a form from being entered for an address, if something does."""
    other = EnteredForm.objects.live().filter(call=call, email=email).first()
    if other is not None:
        return _(
            "A form is entered for this address already: %(reference)s, by %(name)s. Open that one."
        ) % {"reference": other.reference, "name": other.entered_by}
    submitted = policies.submitted_by_address(call, email)
    if submitted is not None:
        return _(
            "They have submitted %(reference)s in this call. Ask them to change that one themselves."
        ) % {"reference": submitted.reference}
    return None


def correct(
    entered: EnteredForm, *, full_name: str, email: str, medium: str, taken_on: date, by: User
) -> None:
    """Correct whom it is entered for, and when it was taken. Raises Refused as `enter` does.

    Whoever has the corrected address was not written to yet, unless it was the address before.
    """
    email = email.lower()
    permit(policies.may_enter_for(by, email))
    if email != entered.email:
        permit(_already(entered.call, email))
    values: dict[str, Any] = {
        "full_name": full_name,
        "email": email,
        "medium": medium,
        "taken_on": taken_on,
    }
    changed = [name for name, value in values.items() if getattr(entered, name) != value]
    if "email" in changed:
        values["asked_at"] = _asked_lately_at(email)
    if changed:
        expected = {"state": EnteredForm.State.ENTERING, "email": entered.email}
        facts = {"changed": changed}
        kind = "participants.entered.corrected"
        change(entered, kind, expected=expected, values=values, by=by, facts=facts)


def _asked_lately_at(email: str) -> datetime | None:
    """Return when an address was emailed about an entered form, if that was less than a day ago."""
    lately = clock.now() - policies.ASKED_ONCE_IN
    return AskedAddress.objects.of(email).since(lately).values_list("asked_at", flat=True).first()


def _ask(email: str) -> tuple[datetime, bool]:
    """Count an email to an address, one a day; return when that one goes or went, and whether it is this.

    It is counted by the address: to end a form and enter it anew, or to correct an address and to correct
    it back, is no way round the day. One row an address, so that of two at once one may.
    """
    now = clock.now()
    AskedAddress.objects.until(now - policies.ASKED_ONCE_IN).delete()
    asked, may_go = AskedAddress.objects.get_or_create(
        digest=AskedAddress.digest_of(email), defaults={"asked_at": now}
    )
    return asked.asked_at, may_go


def journey_of(entered: EnteredForm) -> Journey:
    """Return what the form knows while the office enters it: nothing of an account (law 8)."""
    return Journey(email=entered.email, name=entered.full_name, answers=dict(entered.answers))


def save_page(
    entered: EnteredForm, page: str, answers: Mapping[str, Any], *, revision: int, by: User
) -> None:
    """Keep what the office typed on a page, finished or not.

    Raises SavedElsewhere as `save_page` does, and Refused once it is no longer being entered and for
    what only the person can declare, state or consent to.
    """
    permit(policies.may_enter_for(by, entered.email))
    if pages.BY_SLUG[page].only_in_person:
        raise Refused(_("Only the person can answer this page."))
    with transaction.atomic():
        fresh = EnteredForm.objects.select_for_update().get(pk=entered.pk)
        if not fresh.is_being_entered:
            raise Refused(
                _("It was sent for confirmation, so it can't be changed. Take it back first.")
            )
        now = fresh.revisions.get(page, 0)
        if fresh.answers.get(page) == dict(answers):
            return
        if page in fresh.answers and now != revision:
            raise SavedElsewhere(PageAnswers(page=page, answers=fresh.answers[page], revision=now))
        fresh.answers = {**fresh.answers, page: dict(answers)}
        fresh.revisions = {**fresh.revisions, page: now + 1}
        fresh.save(update_fields=["answers", "revisions"])


def hand_over(entered: EnteredForm, *, by: User) -> bool:
    """Send it to the person for confirmation: from now on the office does not read it.

    Returns whether they are emailed: not within a day of the last email, about this form or another, whose
    link leads to what waits for them as it is now. Raises Refused.
    """
    with transaction.atomic():
        fresh = EnteredForm.objects.select_for_update().get(pk=entered.pk)
        ENTERED.check(fresh, "hand_over", by=by)
        if not fresh.answers:
            raise Refused(_("Enter at least one page first."))
        permit(policies.may_enter_in(fresh.call))
        permit(_already_submitted(fresh))
        asked_at, is_asked = _ask(fresh.email)
        ENTERED.move(
            fresh,
            "hand_over",
            by=by,
            facts={"pages": sorted(fresh.answers), "is_asked": is_asked},
            values={"handed_over_at": clock.now(), "asked_at": asked_at},
        )
    entered.refresh_from_db()
    return is_asked


def _already_submitted(entered: EnteredForm) -> str | None:
    submitted = policies.submitted_by_address(entered.call, entered.email)
    if submitted is None:
        return None
    return _("They have submitted %(reference)s in this call meanwhile. Cancel this one.") % {
        "reference": submitted.reference
    }


def ask_again(entered: EnteredForm, *, by: User) -> None:
    """Send the person the email once more, a day after the last at the earliest. Raises Refused."""
    permit(policies.may_ask_again(by, entered))
    expected = {"state": EnteredForm.State.HANDED_OVER, "asked_at": entered.asked_at}
    with transaction.atomic():
        asked_at, may_go = _ask(entered.email)
        if not may_go:  # somebody of the office was faster
            raise Refused(str(policies.ASKED_LATELY))
        change(entered, ASKED_AGAIN, expected=expected, values={"asked_at": asked_at}, by=by)


def take_back(entered: EnteredForm, *, by: User) -> None:
    """Take it back to correct it; it waits for the person again once it is sent again. Raises Refused."""
    ENTERED.move(entered, "take_back", by=by, values={"handed_over_at": None})


def cancel(entered: EnteredForm, *, by: User, reason: str) -> None:
    """End it, with the reason; what was entered is blanked, and the record says so. Raises Refused."""
    facts = {"blanked": sorted(entered.answers)}
    ENTERED.move(entered, "cancel", by=by, reason=reason, facts=facts, values=GONE)


def refuse(entered: EnteredForm, *, by: User) -> None:
    """End it as the person it was entered for, who says that it is not theirs. Raises Refused.

    What was entered is blanked, and the record says that it was, and which pages.
    """
    facts = {"blanked": sorted(entered.answers)}
    ENTERED.move(entered, "refuse", by=by, facts=facts, values=GONE)


def confirm(entered: EnteredForm, *, by: User, received_at: datetime) -> ExpressionOfInterest:
    """Take it over as the person it was entered for: from now on it is their own draft.

    Pages that they filled in themself stay as they are. It counts once they have submitted it, on time
    as everybody (law 4). Raises Refused, when the call is not open for them above all: it then goes on
    waiting, for an extension.
    """
    with transaction.atomic():
        fresh = (
            EnteredForm.objects.select_for_update(of=("self",))
            .select_related("call")
            .get(pk=entered.pk)
        )
        ENTERED.check(fresh, "confirm", by=by)
        permit(policies.why_not_open(fresh.call, person_of(by), received_at))
        expression = start(by, fresh.call, received_at=received_at)
        if not expression.is_draft:
            raise Refused(
                _(
                    "You have submitted %(reference)s in this call, so this one is not needed: end it."
                )
                % {"reference": expression.reference}
            )
        own = set(expression.pages.values_list("page", flat=True))
        for page, answers in fresh.answers.items():
            if page not in own:
                save_own_page(expression, page, answers, revision=0)
        # The record is read by the office, which knows of no draft: not a word of this one (law 7).
        ENTERED.move(fresh, "confirm", by=by, values=GONE | {"expression": expression})
    return expression
