"""The moves of an email through the ledger, and the sweep that makes them (law 5).

A row is derived from what happened, claimed by compare-and-set, rendered, marked `sending`, handed
to the mail server, and marked with what is known for certain. Whatever dies in between leaves a row
that says how far it came. docs/decisions/0006-ledger.md says why it is so.
"""

from collections import Counter
from datetime import timedelta
from random import SystemRandom
from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from communications import doorbell, journal, letters, notices
from communications.models import Email
from communications.notices import NOTICES
from communications.post import InDoubt, Never, NotNow, Post
from communications.workflow import restores
from communications.workflow.deriving import derive
from communications.workflow.tables import EMAIL
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Overtaken, Words

log = structlog.get_logger(__name__)

BATCH = 50
LONGEST_SWEEP = timedelta(minutes=2)
# A row that was only claimed is taken back soon: its first worker, if it lives, fails to begin it.
CLAIM_LASTS = timedelta(minutes=1)
# Longer than a living worker can talk to a slow server: a dozen answers of EMAIL_TIMEOUT each.
SENDING_LASTS = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 80  # with these pauses, about three days
MOST_TRIES_KEPT = 20
OVERTAKEN = "overtaken"  # what a row is to a worker that lost it; no stored state

_chance = SystemRandom()


# Sending ------------------------------------------------------------------------------------------
def sweep(*, asks_the_clock: bool = True, looks_through_all: bool = True) -> dict[str, int]:
    """Derive what is missing, recover what was caught, send what is due; return what was done.

    What would go out a second time after a backup was restored is held first, with what the backup had
    not derived yet.
    """
    until = clock.now() + LONGEST_SWEEP
    derived = derive(asks_the_clock=asks_the_clock, looks_through_all=looks_through_all)
    counts: Counter[str] = Counter(derived=derived)
    counts["held"] = restores.hold_after_a_restore()
    counts.update(recover())
    while clock.now() < until and (emails := claim_due(BATCH)):
        with Post() as post:
            states = [send(email, post) for email in emails]
        counts.update(states)
        if post.is_unreachable:
            break
    return {what: count for what, count in counts.items() if count}


def recover() -> dict[str, int]:
    """Take back what a dead worker only claimed, doubt what it was sending, wake the delayed."""
    now = clock.now()
    counts = {"taken back": 0, "doubted": 0}
    for email in Email.objects.caught("claimed", now - CLAIM_LASTS):
        counts["taken back"] += _take_back(email)
    for email in Email.objects.caught("sending", now - SENDING_LASTS):
        left = _doubt(email, _("A worker or its database died while it was being sent."))
        counts["doubted"] += left != OVERTAKEN
    counts["woken"] = EMAIL.advance(Email.objects.rested(now), "wake")
    return counts


def claim_due(limit: int) -> list[Email]:
    """Claim up to `limit` rows that are due, those that somebody waits for first.

    A conditional update decides who has a row. Where the database can, rows that another worker is
    claiming are passed over instead of waited for.
    """
    now = clock.now()
    if not Email.objects.due(now).exists() or restores.hold_after_a_restore():
        return []
    generation = restores.generation().public_id
    with transaction.atomic():
        due = Email.objects.due(now).pressing_first(notices.SECURITY)
        emails = list(due.select_for_update(skip_locked=True)[:limit])
        rows = Email.objects.filter(pk__in=[email.pk for email in emails])
        EMAIL.advance(rows, "claim", claimed_at=now, attempts=F("attempts") + 1)
    for email in emails:
        email.state, email.claimed_at, email.attempts = "claimed", now, email.attempts + 1
        email.generation = generation
    return emails


def send(email: Email, post: Post) -> str:
    """Send one claimed row, or say in it why not; return the state it was left in.

    Asks once more whether it is due, renders it, marks it `sending`, and hands it over. Never raises
    for what one message may suffer; if the database goes away, the row stays as it was last marked.
    """
    notice = NOTICES.get(email.notice)
    if notice is None:
        return _fail(email, _("The portal has no such notice."))
    try:
        if why_not := notice.why_not(email):
            return _suppress(email, why_not)
        message = letters.write(email, notice)
    except letters.NoAddress:
        return _fail(email, _("There is no address to send it to."))
    except DatabaseError:
        raise
    except Exception as error:  # a fault in a template, a row gone: others must not wait for it
        log.error("email.not_written", email=email.record_key, exc_info=error)
        why = _("It could not be written: %(error)s") % {"error": type(error).__name__}
        return _delay(email, why)
    return _hand_over(email, message, post)


def _hand_over(email: Email, message: EmailMessage, post: Post) -> str:
    try:
        post.connect()
        if not _begin(email, message):
            return OVERTAKEN
        _note(email)
        post.hand_over(message)
    except NotNow as error:
        return _delay(email, str(error))
    except Never as error:
        return _fail(email, str(error))
    except InDoubt as error:
        return _doubt(email, str(error))
    except OSError as error:  # of the journal: the post answers with words of its own
        log.error("ledger.not_journalled", email=email.record_key, error=type(error).__name__)
        return _delay(email, _("The ledger's journal can't be written."))
    return _finish(email)


def _note(email: Email) -> None:
    """Write into the journal that the row was begun: after the row says so, before it is handed over."""
    generation = email.generation or restores.generation().public_id
    journal.note(generation, email.public_id, email.handed)


# One move each ------------------------------------------------------------------------------------
def _mine(email: Email) -> QuerySet[Email]:
    """Return the row as long as it is still this worker's claim, so that a late one changes nothing."""
    return Email.objects.filter(pk=email.pk, state=email.state, **_this_claim(email))


def _this_claim(email: Email) -> dict[str, Any]:
    """Return what tells this worker's claim of a row from a later one."""
    return {"claimed_at": email.claimed_at, "attempts": email.attempts}


def _after(email: Email, name: str, made: int) -> str:
    """Return what the row is to this worker after a mechanical move, made or not."""
    if not made:
        log.warning("email.overtaken", email=email.record_key, move=name)
        return OVERTAKEN
    email.state = EMAIL.transitions[name].target
    return str(email.state)


def _begin(email: Email, message: EmailMessage) -> bool:
    """Mark that the server is about to be given the message: from here on there may be doubt."""
    values = {"address": message.to[0], "heading": message.subject[:200]}
    made = EMAIL.advance(_mine(email), "begin", handed=F("handed") + 1, **values)
    email.handed += 1
    return _after(email, "begin", made) != OVERTAKEN


def _take_back(email: Email) -> bool:
    """Take a row back from a worker that died before it began to send it."""
    tried = _tried(email, "taken back", _("The worker that had claimed it died."))
    return bool(EMAIL.advance(_mine(email), "take_back", tried=tried))


def _tried(email: Email, outcome: str, why: Words = "") -> list[dict[str, Any]]:
    """Return the row's tries with one more that did not simply succeed; the oldest are forgotten."""
    one = {
        "at": clock.now().isoformat(timespec="seconds"),
        "attempt": email.attempts,
        "outcome": outcome,
        "why": _one_line(why),
    }
    return [*email.tried, one][-MOST_TRIES_KEPT:]


def _finish(email: Email) -> str:
    """Mark as sent; what only this message said is gone with it."""
    made = EMAIL.advance(_mine(email), "finish", sent_at=clock.now(), payload=None, why="")
    return _after(email, "finish", made)


def _suppress(email: Email, why: Words) -> str:
    """Leave unsent what is not due any more."""
    made = EMAIL.advance(_mine(email), "suppress", payload=None, why=_one_line(why))
    return _after(email, "suppress", made)


def _delay(email: Email, why: Words) -> str:
    """Try again after a pause that doubles, up to an hour; after about three days, give up."""
    if email.attempts >= MOST_ATTEMPTS:
        return _fail(email, why)
    due_at = clock.now() + pause(email.attempts)
    values = {"why": _one_line(why), "due_at": due_at, "tried": _tried(email, "delayed", why)}
    made = EMAIL.advance(_mine(email), "delay", **values)
    return _after(email, "delay", made)


def _one_line(why: Words) -> str:
    """Return what a row has room for; a mail server's words may hold anything."""
    return letters.one_line(str(why))[:200]


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts, give or take a fifth: rows spread out."""
    doubled = FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 10)
    return timedelta(
        seconds=min(doubled, LONGEST_PAUSE).total_seconds() * _chance.uniform(0.8, 1.2)
    )


def _fail(email: Email, why: Words, *, by: User | None = None) -> str:
    """Give up, and let the office see why.

    Why stands in the row alone: a mail server's words may hold an address, and the record is read by
    more people than addresses are.
    """
    values = {"why": _one_line(why), "payload": None, "tried": _tried(email, "failed", why)}
    try:
        EMAIL.move(email, "fail", by=by, values=values, expected=_this_claim(email))
    except Overtaken:
        return OVERTAKEN
    return str(email.state)


def _doubt(email: Email, why: Words, *, by: User | None = None) -> str:
    """Leave a row to a person: it may have been sent. Security mail goes again, twice at most."""
    mine = _this_claim(email)
    try:
        with transaction.atomic():
            values = {"why": _one_line(why), "tried": _tried(email, "uncertain", why)}
            EMAIL.move(email, "doubt", by=by, values=values, expected=mine)
            if email.notice in notices.SECURITY and email.attempts < 3:
                again = {"due_at": clock.now() + pause(email.attempts)}
                EMAIL.move(email, "repeat", by=by, values=again, expected=mine)
    except Overtaken:
        return OVERTAKEN
    return str(email.state)


def resend(email: Email, *, by: User, reason: str) -> None:
    """Send again what may have been sent, as a person decided. Raises Refused."""
    with transaction.atomic():
        values = {
            "due_at": clock.now(),
            "attempts": 0,
            "why": "",
            "tried": _tried(email, "sent again by the office"),
        }
        EMAIL.move(email, "resend", by=by, reason=reason, values=values)
        transaction.on_commit(doorbell.ring, robust=True)


def let_go(email: Email, *, by: User, reason: str) -> None:
    """Send what was held after a restore, if it is still due, as a person decided. Raises Refused."""
    with transaction.atomic():
        values = {
            "due_at": clock.now(),
            "why": "",
            "tried": _tried(email, "let go by the office"),
        }
        EMAIL.move(email, "let_go", by=by, reason=reason, values=values)
        transaction.on_commit(doorbell.ring, robust=True)


def confirm_sent(email: Email, *, by: User, reason: str) -> None:
    """Mark as sent what may have been sent, as a person found out. Raises Refused."""
    values = {
        "sent_at": clock.now(),
        "payload": None,
        "why": "",
        "tried": _tried(email, "marked as sent by the office"),
    }
    EMAIL.move(email, "confirm_sent", by=by, reason=reason, values=values)
