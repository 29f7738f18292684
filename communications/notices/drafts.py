"""What a participant is told by the clock of what was saved and not sent: once kept, then as closing nears.

Nothing here decides whether it is still due: each row asks that when a worker has claimed it. So a
call that is re-dated, an extension or a submission needs no row of its own to stop a reminder.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
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
AT_ONCE = 500


# A draft is kept ----------------------------------------------------------------------------------
def _left_alone() -> Iterable[Cause]:
    """Yield the drafts that were left alone for half an hour and never told of."""
    now = clock.now()
    saved = PageAnswers.objects.filter(expression=OuterRef("pk"))
    untold = expressions_without(Email.objects.all(), notice="draft_saved", occurrence=ONCE)
    return _causes(
        untold.filter(state=DRAFT),
        ONCE,
        Exists(saved.filter(saved_at__gt=now - TOLD_WITHIN)),
        ~Exists(saved.filter(saved_at__gt=now - LEFT_ALONE)),
    )


def _causes(
    expressions: QuerySet[ExpressionOfInterest],
    occurrence: str,
    *also: Combinable,
    due_at: datetime | None = None,
) -> Iterable[Cause]:
    """Yield a cause for each; people and pages are looked up for those few that were not told yet."""
    keys = list(expressions.order_by("id").values_list("pk", flat=True))
    for first in range(0, len(keys), AT_ONCE):
        told = ExpressionOfInterest.objects.filter(*also, pk__in=keys[first : first + AT_ONCE])
        for reference, person in told.order_by("id").values_list("reference", "person__public_id"):
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
def _drafts_near_their_end() -> Iterable[Cause]:
    """Yield, for each closing instant that is near, the drafts that can still be sent before it."""
    for waiting, occurrence, due_at in _near():
        yield from _causes(waiting.filter(state=DRAFT), occurrence, due_at=due_at)


def _changes_near_their_end() -> Iterable[Cause]:
    """Yield, for each closing instant that is near, what was changed and can still be sent before it."""
    for waiting, occurrence, due_at in _near():
        yield from _causes(_saved_since(waiting), occurrence, due_at=due_at)


def _near() -> Iterable[tuple[QuerySet[ExpressionOfInterest], str, datetime]]:
    """Yield who was not reminded of the step that was reached last, its name, and when they may be.

    Of those who had begun before the step; once for each closing instant that is near, however many
    people were given it.
    """
    now = clock.now()
    last = now + STEPS[0]
    calls = Call.objects.filter(state=Call.State.PUBLISHED, closes_at__gt=now, closes_at__lte=last)
    near = [(call.closes_at, Q(call=call)) for call in calls]
    given = Extension.objects.latest_ones().filter(until__gt=now, until__lte=last)
    for until in given.order_by("until").values_list("until", flat=True).distinct():
        theirs = given.filter(until=until, person=OuterRef("person"), call=OuterRef("call"))
        near.append((until, Q(Exists(theirs))))
    for closes_at, which in near:
        if step := _step(closes_at, now):
            occurrence = _occurrence(step, closes_at)
            emails = Email.objects.all()
            waiting = expressions_without(emails, notice="deadline_near", occurrence=occurrence)
            begun = waiting.filter(which, started_at__lt=closes_at - step)
            yield begun, occurrence, by_day(now, closes_at)


def _saved_since(expressions: QuerySet[ExpressionOfInterest]) -> QuerySet[ExpressionOfInterest]:
    """Return those submitted on which something was saved after what counts was sent."""
    sent_after = Snapshot.objects.filter(
        expression=OuterRef("expression"), taken_at__gte=OuterRef("saved_at")
    )
    later = PageAnswers.objects.filter(
        ~Exists(sent_after), expression=OuterRef("pk"), saved_at__gt=OuterRef("submitted_at")
    )
    return expressions.filter(Exists(later), state=SUBMITTED)


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
        label=_("Draft saved"),
        about="participants.expressionofinterest",
        by_clock=_left_alone,
        address=participants_address,
        words=_draft_words,
        why_not=_draft_is_settled,
    ),
    Notice(
        name="deadline_near",
        label=_("Closing soon, draft not submitted"),
        about="participants.expressionofinterest",
        by_clock=_drafts_near_their_end,
        by_long_look=_changes_near_their_end,
        address=participants_address,
        words=_draft_words,
        why_not=_reminder_is_settled,
    ),
)
