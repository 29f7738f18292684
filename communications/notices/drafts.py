"""What a participant is told by the clock of what was saved and not sent: once kept, then as closing nears.

Nothing here decides whether it is still due: each row asks that when a worker has claimed it. So a
call that is re-dated, an extension or a submission needs no row of its own to stop a reminder.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from communications.models import Email
from communications.notices.base import Cause, Notice, link
from communications.notices.people import account_key, expression_of, participants_address
from communications.querysets import expressions_without
from participants import policies
from participants.models import ExpressionOfInterest, Extension, PageAnswers, Snapshot
from participants.workflow import has_unsubmitted_changes
from stepchange import clock
from stepchange.transitions import Words
from stepchange.uk_time import uk_long_date
from workstreams.models import Call

LEFT_ALONE = timedelta(minutes=30)
"""How long after the last save somebody has gone away."""
TOLD_WITHIN = timedelta(days=7)
"""A draft left alone for longer is told of its deadline, not that it was kept a week ago."""
STEPS = (timedelta(days=3), timedelta(days=1))
"""How long before the closing instant a reminder goes out; longest first."""
DAY_BEGINS, DAY_ENDS = 8, 20
"""The hours, UK time, between which reminders go out."""
TIME_TO_ACT = timedelta(hours=2)
"""A reminder waits for the morning only if this much is left then."""
DRAFT, SUBMITTED = ExpressionOfInterest.State.DRAFT, ExpressionOfInterest.State.SUBMITTED
ONCE = "once"


# A draft is kept ----------------------------------------------------------------------------------
def _left_alone() -> Iterable[Cause]:
    """Yield the drafts that were left alone for half an hour and never told of."""
    now = clock.now()
    drafts = (
        expressions_without(Email.objects.all(), notice="draft_saved", occurrence=ONCE)
        .filter(state=DRAFT)
        .annotate(last_saved=Max("pages__saved_at"))
        .filter(last_saved__lte=now - LEFT_ALONE, last_saved__gt=now - TOLD_WITHIN)
    )
    return _causes(drafts, ONCE)


def _causes(
    expressions: QuerySet[ExpressionOfInterest], occurrence: str, due_at: datetime | None = None
) -> Iterable[Cause]:
    told = expressions.order_by("id").values_list("reference", "person__public_id")
    for reference, person in told.iterator():
        yield Cause(reference, occurrence, (account_key(person),), due_at=due_at)


def _words(expression: ExpressionOfInterest) -> dict[str, Any]:
    closes_at = policies.closes_for(expression.call, expression.person)
    return {
        "name": expression.person.full_name,
        "reference": expression.reference,
        "closes_at": closes_at,
        "last_day": uk_long_date(clock.last_day_before(closes_at)),
        "is_draft": expression.is_draft,
        "button_url": link("participants:tasks"),
        "button_label": _("Continue your expression of interest"),
    }


def _draft_words(email: Email) -> dict[str, Any]:
    return _words(expression_of(email))


def _draft_is_settled(email: Email) -> Words | None:
    expression = expression_of(email)
    if expression.state != DRAFT:
        return _("It was submitted meanwhile.")
    return _closed(expression)


def _closed(expression: ExpressionOfInterest) -> Words | None:
    if policies.is_open_for(expression.call, expression.person, clock.now()):
        return None
    return _("The call has closed.")


# The deadline is near -----------------------------------------------------------------------------
def _deadlines_near() -> Iterable[Cause]:
    """Yield, for each closing instant that is near, who has something to send before it."""
    now = clock.now()
    near = Call.objects.filter(
        state=Call.State.PUBLISHED, closes_at__gt=now, closes_at__lte=now + STEPS[0]
    )
    for call in near:
        yield from _reminders(ExpressionOfInterest.objects.in_call(call), call.closes_at, now)
    for given in Extension.objects.latest_ones().filter(until__gt=now, until__lte=now + STEPS[0]):
        theirs = ExpressionOfInterest.objects.filter(person=given.person_id, call=given.call_id)
        yield from _reminders(theirs, given.until, now)


def _reminders(
    expressions: QuerySet[ExpressionOfInterest], closes_at: datetime, now: datetime
) -> Iterable[Cause]:
    """Yield a reminder of the step that was reached last, to those who had begun before it."""
    step = _step(closes_at, now)
    if step is None:
        return
    occurrence = _occurrence(step, closes_at)
    waiting = expressions_without(
        Email.objects.all(), notice="deadline_near", occurrence=occurrence
    ).filter(pk__in=expressions.values("pk"), started_at__lt=closes_at - step)
    due_at = by_day(now, closes_at)
    yield from _causes(waiting.filter(state=DRAFT), occurrence, due_at)
    yield from _causes(_saved_since(waiting), occurrence, due_at)


def _saved_since(expressions: QuerySet[ExpressionOfInterest]) -> QuerySet[ExpressionOfInterest]:
    """Return those submitted on which something was saved after what counts was sent."""
    newest = (
        Snapshot.objects.filter(expression=OuterRef("pk")).order_by("-number").values("taken_at")
    )
    later = PageAnswers.objects.filter(
        expression=OuterRef("pk"), saved_at__gt=OuterRef("counts_since")
    )
    return (
        expressions.filter(state=SUBMITTED)
        .annotate(counts_since=Subquery(newest[:1]))
        .filter(Exists(later))
    )


def _step(closes_at: datetime, now: datetime) -> timedelta | None:
    """Return the step that was reached last; None before the first and once it is closed."""
    reached = [step for step in STEPS if closes_at - step <= now < closes_at]
    return min(reached, default=None)


def _occurrence(step: timedelta, closes_at: datetime) -> str:
    """Name a step of a closing instant: a call that is re-dated has new ones."""
    return f"{step.days}d {closes_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def by_day(now: datetime, closes_at: datetime) -> datetime:
    """Return when a reminder may go out: at once by day, else in the morning if that is soon enough."""
    local = now.astimezone(clock.UK)
    if DAY_BEGINS <= local.hour < DAY_ENDS:
        return now
    day = local.date() + timedelta(days=local.hour >= DAY_ENDS)
    begins = datetime(day.year, day.month, day.day, DAY_BEGINS, tzinfo=clock.UK).astimezone(UTC)
    return begins if begins + TIME_TO_ACT <= closes_at else now


def _reminder_is_settled(email: Email) -> Words | None:
    expression = expression_of(email)
    now = clock.now()
    closes_at = policies.closes_for(expression.call, expression.person)
    if closed := _closed(expression):
        return closed
    if email.occurrence not in {_occurrence(step, closes_at) for step in STEPS}:
        return _("It closes at another time now.")
    if email.occurrence != _occurrence(_step(closes_at, now) or STEPS[0], closes_at):
        return _("A later reminder takes its place.")
    if expression.state == DRAFT or has_changes(expression):
        return None
    return _("There is nothing left to send.")


def has_changes(expression: ExpressionOfInterest) -> bool:
    """Say whether what is saved differs from the newest snapshot of what was submitted."""
    user = expression.person.user
    return user is not None and has_unsubmitted_changes(user, expression)


DRAFT_NOTICES = (
    Notice(
        name="draft_saved",
        by_clock=_left_alone,
        address=participants_address,
        words=_draft_words,
        why_not=_draft_is_settled,
    ),
    Notice(
        name="deadline_near",
        by_clock=_deadlines_near,
        address=participants_address,
        words=_draft_words,
        why_not=_reminder_is_settled,
    ),
)
