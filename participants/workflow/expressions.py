"""The life of an expression of interest: started, saved, submitted once, amended, withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import pages, policies
from participants.forms.base import Journey
from participants.models import EnteredForm, ExpressionOfInterest, PageAnswers, Snapshot
from participants.workflow import referees, validation
from participants.workflow.choices import (
    amend_choices,
    offer_choices,
    rewrite,
    withdraw_choices,
)
from participants.workflow.merging import hold_as_one
from participants.workflow.people import learn_about, person_made_for, person_of
from participants.workflow.statements import keep_statements
from participants.workflow.working_copy import Prospect, journey_of, working_copy_of
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, permit
from workstreams.models import Call

EXPRESSION = Table(
    "participants.expression",
    Transition(
        name="submit",
        event="submitted",
        sources=("draft",),
        target="submitted",
        label=gettext_lazy("Submit"),
        policy=policies.may_submit,
    ),
    Transition(
        name="amend",
        event="amended",
        sources=("submitted",),
        target="submitted",
        label=gettext_lazy("Submit changes"),
        policy=policies.may_amend,
    ),
    Transition(
        name="withdraw",
        event="withdrawn",
        sources=("submitted",),
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_withdraw,
    ),
    model="participants.ExpressionOfInterest",
)


class SavedElsewhere(Refused):
    """The page was saved in another tab or on another device since this one was opened.

    It carries what was saved there, and the revision that overwrites it knowingly.
    """

    def __init__(self, row: PageAnswers) -> None:
        self.answers, self.revision = row.answers, row.revision
        super().__init__(
            _("This page was saved in another tab or on another device since you opened it.")
        )


class Late(Refused):
    """The server had it at the closing instant or after."""


class Unchanged(Refused):
    """Nothing differs from what was submitted."""


class CheckedOther(Refused):
    """The answers are no longer those that were checked and declared to be true."""


class Incomplete(Refused):
    """Some pages keep the form from being submitted."""

    def __init__(self, missing: list[pages.Page]) -> None:
        super().__init__(_("Complete every task before you submit."))
        self.missing = missing


def start(
    user: User, call: Call, *, received_at: datetime, known: bool = True
) -> ExpressionOfInterest:
    """Return the account's live expression of interest in a call, started when there is none.

    `known` is false of an account that has no person yet: none is looked for. Raises Refused when the
    call is not open and nothing was started.
    """
    person = person_of(user) if known else person_made_for(user)
    live = ExpressionOfInterest.objects.live().in_call(call).filter(person=person)
    if not policies.is_open_for(call, person, received_at):
        if existing := live.first():
            return existing
        permit(policies.may_start(person, call, received_at))
    # Whoever has one, or whose second tab was faster, gets that: one live form a person and call. No
    # event: the record is read by the office, which counts drafts and knows none (law 7).
    for _attempt in range(2):  # what was in the way may be withdrawn by the time it is read
        made = ExpressionOfInterest(person=person, call=call)
        ExpressionOfInterest.objects.bulk_create([made], ignore_conflicts=True)
        if started := live.select_related("person", "call").first():
            return started
    raise Refused(_("It was withdrawn in the same moment. Start again."))


def save_page(
    expression: ExpressionOfInterest,
    page: str,
    answers: Mapping[str, Any],
    *,
    revision: int,
    seen: Mapping[str, PageAnswers] | None = None,
) -> None:
    """Keep what was typed on a page, finished or not (law 10).

    Of a draft, or beside the snapshot of what was submitted, which counts until the changes are
    submitted too. `revision` is that of the row the page was opened with, 0 for none. `seen` are the
    form's pages as this request has read them, which saves reading them again: whatever became of the
    page or of the form since is told by the write itself. Raises SavedElsewhere when the page has moved
    on with other answers, and Refused when the form was withdrawn. A call that has closed since does not
    keep anybody from saving: only from submitting.
    """
    row = _rows(expression, page).first() if seen is None else seen.get(page)
    if row is None:
        if seen is None:
            expression = ExpressionOfInterest.objects.get(pk=expression.pk)
        permit(policies.may_save(expression))
        row = PageAnswers(expression=expression, page=page, answers=dict(answers))
        PageAnswers.objects.bulk_create([row], ignore_conflicts=True)
        row = _rows(expression, page).get()  # this one, or that of another tab which was faster
        if policies.may_save(row.expression):
            # Withdrawn meanwhile, which moved on whatever was there: of this form no more is kept.
            PageAnswers.objects.filter(pk=row.pk, revision=1).delete()
    permit(policies.may_save(row.expression))
    if row.answers == dict(answers):
        return
    if row.revision == revision and rewrite(row, answers):
        return
    now = _rows(expression, page).get()
    permit(policies.may_save(now.expression))
    if now.answers != dict(answers):
        raise SavedElsewhere(now)


def _rows(expression: ExpressionOfInterest, page: str) -> QuerySet[PageAnswers]:
    """Return a page's row with its form as they are now; none of a page that was never saved."""
    rows = PageAnswers.objects.filter(expression=expression, page=page)
    return rows.select_related("expression")


def submit(
    expression: ExpressionOfInterest, *, by: User, received_at: datetime, checked: str = ""
) -> Snapshot:
    """Submit a complete draft, once: the receipt, the choices and the snapshot are one transaction.

    `received_at` is when the server received the request: what counts for being on time (law 4).
    `checked` is the digest of what was on the page that submits, if it was one: answers changed since
    in another tab are not declared unseen. Submitting what was submitted already returns its snapshot.
    Raises Late, Incomplete with the pages that are missing, CheckedOther, or Refused when the form is
    not the account's, or the same person has submitted one in this call with another account.
    """
    with transaction.atomic():
        fresh = _held(expression)
        if fresh.state == ExpressionOfInterest.State.SUBMITTED and policies.is_own(by, fresh):
            return fresh.snapshots.latest("number")
        EXPRESSION.check(fresh, "submit", by=by)
        hold_as_one(fresh.person)
        permit(policies.submitted_as_one(fresh))
        journey = journey_of(by, fresh)
        prospect = _prospect(fresh, journey, received_at=received_at, checked=checked)
        snapshot = prospect.keep(fresh, taken_at=received_at)
        offer_choices(fresh, journey)
        learn_about(fresh.person, journey, by=by)
        _have_validated(fresh, journey, by=by)
        keep_statements(fresh.person, journey, by=by, said_at=_declared_at(fresh))
        EXPRESSION.move(
            fresh,
            "submit",
            by=by,
            facts=_facts(snapshot),
            values={"submitted_at": received_at},
        )
    expression.refresh_from_db()
    return snapshot


def amend(
    expression: ExpressionOfInterest, *, by: User, received_at: datetime, checked: str = ""
) -> Snapshot:
    """Submit the changes made since the newest snapshot as the next one, in one transaction.

    Choices that were kept are changed in place, those removed are withdrawn, those added wait for a
    decision. Submitting the same changes again (`checked` names them) returns their snapshot. Raises
    Unchanged, Late, Incomplete, CheckedOther, Decided where it would touch what was decided, or
    Refused. What was submitted before stays what counts.
    """
    with transaction.atomic():
        fresh = _held(expression)
        EXPRESSION.check(fresh, "amend", by=by)
        journey = journey_of(by, fresh)
        copy = working_copy_of(by, fresh, journey)
        if checked == copy.newest.digest:
            return copy.newest
        if not copy.has_changes:
            raise Unchanged(_("You have changed nothing since you submitted it."))
        prospect = _prospect(fresh, journey, received_at=received_at, checked=checked)
        amend_choices(fresh, journey, by=by)
        snapshot = prospect.keep(fresh, taken_at=received_at)
        learn_about(fresh.person, journey, by=by, before=copy.then)
        _have_validated(fresh, journey, by=by, before=copy.then)
        said_at = _declared_at(fresh)
        keep_statements(fresh.person, journey, by=by, said_at=said_at, before=copy.then)
        EXPRESSION.move(fresh, "amend", by=by, facts=_facts(snapshot))
    expression.refresh_from_db()
    return snapshot


def _have_validated(
    expression: ExpressionOfInterest, journey: Journey, *, by: User, before: Journey | None = None
) -> None:
    """Open or compare the validation of who has submitted, and have the referee asked whom they name."""
    opened = validation.open_for(expression.person, raised_by=_entered_by(expression))
    if before is None:
        validation.wait_anew_if_back(opened, expression)
    referees.ask_named_in(opened, journey, by=by, before=before)


def _entered_by(expression: ExpressionOfInterest) -> User | None:
    """Return who of the office entered the form, if somebody did."""
    entered = EnteredForm.objects.filter(expression=expression).select_related("entered_by").first()
    return entered.entered_by if entered else None


def _held(expression: ExpressionOfInterest) -> ExpressionOfInterest:
    """Return the row as it is now, held until the transaction ends."""
    return (
        ExpressionOfInterest.objects.select_for_update(of=("self",))
        .select_related("call", "person")
        .get(pk=expression.pk)
    )


def _prospect(
    expression: ExpressionOfInterest, journey: Journey, *, received_at: datetime, checked: str
) -> Prospect:
    """Return what is being submitted. Raises Late, Incomplete, CheckedOther."""
    if not policies.is_open_for(expression.call, expression.person, received_at):
        raise Late(str(policies.too_late(expression.call, expression.person)))
    prospect = Prospect(journey)
    if prospect.missing:
        raise Incomplete(prospect.missing)
    if checked and checked != prospect.digest:
        raise CheckedOther(
            _(
                "Some answers have changed since you opened this page, in another tab or on another "
                "device. Check them again, then submit."
            )
        )
    return prospect


def _declared_at(expression: ExpressionOfInterest) -> datetime:
    """Return when the page about interests was saved last."""
    return expression.pages.get(page="interests").saved_at


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    return {"snapshot": snapshot.number, "digest": snapshot.digest, "texts": snapshot.texts}


def discard_changes(expression: ExpressionOfInterest, *, by: User, checked: str = "") -> None:
    """Put the pages changed since back to the newest snapshot. Raises Refused.

    Their revisions go on, so that a tab still open on one is told. `checked` is the digest of the
    changes as they were shown: raises CheckedOther when others were saved since. A page begun since
    becomes one not begun. Unrecorded, as all that was never submitted.
    """
    with transaction.atomic():
        fresh = _held(expression)
        permit(policies.may_discard(by, fresh))
        prefetch_related_objects([fresh], "pages")  # what is compared is what is put back
        copy = working_copy_of(by, fresh, journey_of(by, fresh))
        if checked and checked != copy.digest:
            raise CheckedOther(_("You have saved other changes since. Look at them first."))
        changed = [row for row in fresh.pages.all() if row.page in copy.changed_pages]
        for row in changed:
            before = copy.then.answers.get(row.page, {})
            if not rewrite(row, before, saved_at=copy.newest.taken_at):
                raise CheckedOther(_("You have saved other changes since. Look at them first."))


def withdraw(expression: ExpressionOfInterest, *, by: User, reason: str = "") -> None:
    """Withdraw what was submitted, and each of its choices; it may be started again. Raises Refused.

    Withdrawing what its participant withdrew already changes nothing.
    """
    with transaction.atomic():
        expression.refresh_from_db(fields=["state"])
        if expression.state == "withdrawn" and policies.is_own(by, expression):
            return
        EXPRESSION.move(expression, "withdraw", by=by, reason=reason)
        # A save that read the form before this finds its page moved on, and is refused.
        expression.pages.update(revision=F("revision") + 1)
        withdraw_choices(expression, by=by)
        referees.end_if_idle(expression.person, by=by)
