"""Where one expression of interest stands, as a timeline in plain words: what was, what comes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from participants.models import ExpressionOfInterest, Extension, Snapshot
from participants.policies import Identity
from stepchange import clock
from stepchange.uk_time import uk_date, uk_deadline, uk_moment

PAST, NEXT, COMING = "", "next", "coming"


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: what, when in words, and whether it was, is next or comes."""

    at: datetime
    when: str
    what: str
    kind: str = PAST
    url: str = ""
    link: str = ""
    """Where there is more to read of it, and what that is called."""


Told = Mapping[int, Iterable[Moment]]
ELSEWHERE: list[Callable[[Sequence[ExpressionOfInterest]], Told]] = []
"""What higher apps tell of forms, by the forms' keys: asked once for all; each adds itself when ready."""


def told_elsewhere(expressions: Sequence[ExpressionOfInterest]) -> dict[int, list[Moment]]:
    """Return what higher apps have to tell of some forms, by their keys."""
    found: dict[int, list[Moment]] = defaultdict(list)
    for tell in ELSEWHERE:
        for key, moments in tell(expressions).items():
            found[key].extend(moments)
    return found


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a timeline is told from."""

    expression: ExpressionOfInterest
    snapshots: Sequence[Snapshot]
    saved_at: datetime | None
    taken_over: tuple[datetime, str] | None
    withdrawn_at: datetime | None
    choices_withdrawn: Sequence[tuple[datetime, str]]
    extensions: Sequence[Extension]
    identity: Identity
    closes_at: datetime
    instant: datetime
    elsewhere: Sequence[Moment] = ()
    """What higher apps told of it."""


def timeline(known: Known) -> list[Moment]:
    """Return what happened so far, oldest first, then what is expected; the first of these is next."""
    happened = [*_happened(known), *_validated(known), *known.elsewhere]
    past = sorted(happened, key=lambda moment: moment.at)
    coming = sorted(_expected(known), key=lambda moment: moment.at)
    return past + [
        Moment(moment.at, moment.when, moment.what, NEXT if number == 0 else COMING)
        for number, moment in enumerate(coming)
    ]


def _happened(known: Known) -> Iterable[Moment]:
    expression, snapshots = known.expression, known.snapshots
    yield _at(expression.started_at, _("You started it."))
    if known.taken_over:
        at, reference = known.taken_over
        words = _("You took over %(reference)s, which the office had entered for you.")
        yield _at(at, words % {"reference": reference})
    for snapshot in snapshots:
        words = (
            _("You submitted it: version 1.")
            if snapshot.number == 1
            else _("You submitted changes: version %(number)d.") % {"number": snapshot.number}
        )
        yield _at(snapshot.taken_at, words)
    last = snapshots[-1].taken_at if snapshots else expression.started_at
    if known.taken_over:  # which saves the pages entered
        last = max(last, known.taken_over[0])
    if known.saved_at and known.saved_at > last:
        yield _at(
            known.saved_at,
            _("You last saved changes, which are not submitted.")
            if snapshots
            else _("You last saved it."),
        )
    for at, project in known.choices_withdrawn:
        yield _at(at, _("You withdrew from %(project)s.") % {"project": project})
    for extension in known.extensions:
        ended = extension.until <= extension.given_at
        yield _at(
            extension.given_at,
            _("The office ended your extra time.")
            if ended
            else _("The office gave you until %(time)s.") % {"time": uk_deadline(extension.until)},
        )
    decisions_on = expression.call.decisions_on
    if (
        decisions_on
        and snapshots
        and not known.withdrawn_at
        and (clock.end_of(decisions_on) <= known.instant)
    ):
        words = _("A decision was expected by then. If you have not heard, write to the office.")
        yield _on(decisions_on, words, uk_date(decisions_on))
    if known.withdrawn_at:
        yield _at(known.withdrawn_at, _("You withdrew it."))
    if known.closes_at <= known.instant:
        yield Moment(known.closes_at, uk_deadline(known.closes_at), _("The call closed for you."))


def _validated(known: Known) -> Iterable[Moment]:
    """Say when they were validated last, if that was since they started this form."""
    given = known.identity.validation
    if given is None or given.validated_at is None:
        return
    if given.validated_at > known.expression.started_at:
        yield _at(given.validated_at, _("You were validated: shown to be who you say you are."))


def moment_at(instant: datetime, what: str, *, url: str = "", link: str = "") -> Moment:
    """Return something that happened at an instant, with where there is more to read of it."""
    return Moment(instant, uk_moment(instant), what, url=url, link=link)


def _at(instant: datetime, what: str) -> Moment:
    return Moment(instant, uk_moment(instant), what)


def _expected(known: Known) -> Iterable[Moment]:
    call, state = known.expression.call, known.expression.state
    if state == ExpressionOfInterest.State.WITHDRAWN:
        return
    if known.instant < known.closes_at:
        yield Moment(
            known.closes_at,
            uk_deadline(known.closes_at),
            _("The call closes. Until then you can change your answers.")
            if state == ExpressionOfInterest.State.SUBMITTED
            else _("The call closes. Submit before then."),
        )
    if state != ExpressionOfInterest.State.SUBMITTED:
        return
    if call.decisions_on and clock.end_of(call.decisions_on) > known.instant:
        yield _on(
            call.decisions_on,
            _("You can expect a decision."),
            _("By %(day)s") % {"day": uk_date(call.decisions_on)},
        )
    if expires_on := known.identity.expires_on:
        words = _("Your validation runs out. The office looks at it again.")
        yield _on(expires_on, words, uk_date(expires_on))
    if clock.start_of(call.delivery_on) > known.instant:
        yield _on(
            call.delivery_on, _("Delivery of the projects commences."), uk_date(call.delivery_on)
        )


def _on(day: date, what: str, when: str) -> Moment:
    return Moment(clock.start_of(day), when, what)
