"""What a person is told of their own validation: where it stands, what was confirmed, who acts next.

In plain words, and only what is theirs to know: never who of the office, never a flag or a reason of
the office's own, never what a referee wrote or how somebody was checked (design.md, law 7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.evidence import NAME, ORGANISATION, WORK_EMAIL, CheckKind
from participants.models import (
    Check,
    ExpressionOfInterest,
    InformationRequest,
    RefereeRequest,
    Validation,
)
from participants.policies.identity import LOG_IN, Identity
from participants.validation_projects import OfProject, of_projects
from projects.models import IdentityLevel
from stepchange import clock
from stepchange.models import Event, User
from stepchange.transitions import Words
from stepchange.uk_time import uk_date

Stand = Literal[
    "nothing", "not started", "looked at", "answer", "referee", "validated", "again", "refused"
]
_State = Validation.State

IN_SHORT: Mapping[Stand, tuple[Words, str]] = {
    "nothing": (gettext_lazy("Not started"), "draft"),
    "not started": (gettext_lazy("Not started"), "waiting"),
    "looked at": (gettext_lazy("Being looked at"), "waiting"),
    "answer": (gettext_lazy("Waiting for your answer"), "due"),
    "referee": (gettext_lazy("Waiting for your referee"), "waiting"),
    "validated": (gettext_lazy("Validated"), "done"),
    "again": (gettext_lazy("To be done again"), "due"),
    "refused": (gettext_lazy("Refused"), "stopped"),
}
"""Of each stand the word, and its shape on a page (`sc-status--...`)."""

LEVELS: Mapping[str, Words] = {
    IdentityLevel.LOW: gettext_lazy("low"),
    IdentityLevel.MEDIUM: gettext_lazy("medium"),
    IdentityLevel.HIGH: gettext_lazy("high"),
    IdentityLevel.VERY_HIGH: gettext_lazy("very high"),
}
ABOUT: Mapping[str, Words] = {
    CheckKind.WORK_EMAIL: gettext_lazy("Your work email address"),
    CheckKind.DOMAIN: gettext_lazy("That the address is your organisation’s"),
    CheckKind.REFEREE: gettext_lazy("Your referee"),
    CheckKind.CALL_BACK: gettext_lazy("A call through your organisation’s switchboard"),
    CheckKind.POLICE_REGISTER: gettext_lazy("Your number, with your force"),
    CheckKind.SIA_LICENCE: gettext_lazy("Your licence, on the public register"),
    CheckKind.COMPANY: gettext_lazy("Your organisation, on the public register"),
    CheckKind.PASS_SEEN: gettext_lazy("Your staff or warrant card"),
    CheckKind.DOCUMENT_SEEN: gettext_lazy("Your passport or driving licence"),
}
CHANGED: Mapping[str, Words] = {
    NAME: gettext_lazy("your name"),
    WORK_EMAIL: gettext_lazy("your work email address"),
    LOG_IN: gettext_lazy("the address that you sign in with"),
    ORGANISATION: gettext_lazy("your organisation"),
}
BEGUN_BY = tuple(
    f"participants.validation.{event}"
    for event in ("opened", "reopened", "expired", "reopened_by_office", "appealed")
)


@dataclass(frozen=True, kw_only=True)
class InShort:
    """Where it stands in a word or two, from one row: what the account page and the timeline say."""

    identity: Identity
    waits_for: str = ""

    @property
    def stand(self) -> Stand:
        """Name where it stands."""
        given = self.identity.validation
        if given is None:
            return "nothing"
        if given.state == _State.VALIDATED:
            return "validated" if self.identity.is_validated else "again"
        if given.state == _State.REFUSED:
            return "again" if self.identity.changed else "refused"
        if given.state == _State.ASKED:
            return "answer"
        if self.waits_for == "referee":
            return "referee"
        return "not started" if given.state == _State.NOT_STARTED else "looked at"

    @property
    def word(self) -> Words:
        """Say it in a word or two."""
        return IN_SHORT[self.stand][0]

    @property
    def shape(self) -> str:
        """Return the shape that stands beside the word."""
        return IN_SHORT[self.stand][1]

    @property
    def until(self) -> date | None:
        """Return until which UK day it holds, while it does."""
        return self.identity.expires_on


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """One thing that was looked at: what, how that went, when, and what to know about it."""

    what: Words
    word: Words
    shape: str
    at: datetime | None = None
    more: Words = ""


@dataclass(frozen=True, kw_only=True)
class Told(InShort):
    """All that a person is told on their page about it."""

    takes_part: bool = False
    referee: RefereeRequest | None = None
    question: InformationRequest | None = None
    answered: list[InformationRequest] = field(default_factory=list)
    checks: list[Confirmed] = field(default_factory=list)
    projects: list[OfProject] = field(default_factory=list)
    why_again: Words = ""

    @property
    def needs_more(self) -> bool:
        """Say whether they are validated, and a project that they chose asks for more."""
        return self.identity.is_validated and any(each.needs_more for each in self.projects)

    @property
    def validation(self) -> Validation | None:
        """Return the row, if it was ever opened."""
        return self.identity.validation

    @property
    def is_open(self) -> bool:
        """Say whether it waits to be settled."""
        return self.validation is not None and self.validation.is_open

    @property
    def level_words(self) -> Words:
        """Say how sure the programme is of them, while they are validated."""
        return LEVELS[self.identity.level] if self.identity.level else ""

    @property
    def named_by_them(self) -> RefereeRequest | None:
        """Return the referee who is asked, where it was the person who named them."""
        return self.referee if self.referee and self.referee.named_by_id is None else None


def in_short(user: User) -> InShort:
    """Return where an account's own validation stands, by one query."""
    found = (
        Validation.objects.of(user)
        .with_what_they_wait_for(clock.now())
        .select_related("person__user", "person__organisation__merged_into")
        .select_related("organisation__merged_into")
        .first()
    )
    waits_for: str = vars(found)["waits_for"] if found else ""
    return InShort(identity=policies.identity_in(found), waits_for=waits_for)


def told_of(user: User) -> Told:
    """Return all that an account is told of its own validation, in as many queries whatever it holds."""
    known = in_short(user)
    takes_part = ExpressionOfInterest.objects.of(user).filter(state="submitted").exists()
    validation = known.identity.validation
    if validation is None:
        return Told(identity=known.identity, takes_part=takes_part)
    asked = list(InformationRequest.objects.filter(validation=validation))
    newest = RefereeRequest.objects.filter(validation=validation).order_by("-pk").first()
    referee = newest if newest and newest.state != RefereeRequest.State.REPLACED else None
    latest = policies.latest(validation)
    is_told = validation.state != _State.REFUSED
    return Told(
        identity=known.identity,
        waits_for=known.waits_for,
        takes_part=takes_part,
        referee=referee,
        question=next((each for each in asked if each.answered_at is None), None),
        answered=[each for each in asked if each.answer],
        checks=list(_confirmed(validation, latest, referee)),
        projects=of_projects(known.identity, latest) if is_told else [],
        why_again=_why_again(known.identity),
    )


# What was looked at -----------------------------------------------------------------------------------
def _confirmed(
    validation: Validation, checks: Iterable[Check], referee: RefereeRequest | None
) -> Iterable[Confirmed]:
    made = {check.kind: check for check in checks}
    for kind, what in ABOUT.items():
        check = made.get(kind)
        if kind == CheckKind.REFEREE and referee is not None:
            yield _of_referee(validation, check, referee)
        elif check is not None:
            yield _of_check(what, validation, check)


def _of_check(what: Words, validation: Validation, check: Check) -> Confirmed:
    if check.outcome != Check.Outcome.CONFIRMED:
        return Confirmed(
            what=what, word=_("Not confirmed"), shape="waiting", more=_who_looks(validation)
        )
    if why_not := policies.why_not_counting(validation, check):
        return Confirmed(
            what=what,
            word=_("To be confirmed again"),
            shape="due",
            at=check.checked_at,
            more=why_not,
        )
    return Confirmed(what=what, word=_("Confirmed"), shape="done", at=check.checked_at)


def _of_referee(validation: Validation, check: Check | None, referee: RefereeRequest) -> Confirmed:
    """Say what became of asking the referee, and nothing of what they said but that they confirmed."""
    what = ABOUT[CheckKind.REFEREE]
    match referee.state:
        case RefereeRequest.State.CONFIRMED if check is not None:
            return _of_check(what, validation, check)
        case RefereeRequest.State.SENT if not referee.has_run_out:
            return Confirmed(
                what=what,
                word=_("Has not answered yet"),
                shape="waiting",
                at=referee.asked_at,
                more=_("They have until %(day)s.")
                % {"day": uk_date(clock.last_day_before(referee.expires_at))},
            )
        case RefereeRequest.State.SENT | RefereeRequest.State.EXPIRED:
            return Confirmed(what=what, word=_("Did not answer in time"), shape="due")
    return Confirmed(
        what=what,
        word=_("Has answered"),
        shape="waiting",
        at=referee.answered_at,
        more=_who_looks(validation),
    )


def _who_looks(validation: Validation) -> Words:
    """Say that the office looks at what is not confirmed, while it does."""
    return _("The office looks at it.") if validation.is_open else ""


# Why it is done again ---------------------------------------------------------------------------------
def _why_again(identity: Identity) -> Words:
    """Say why somebody who was validated or refused has to be looked at anew, if they have."""
    validation = identity.validation
    if validation is None:
        return ""
    if not validation.is_open:
        if identity.changed:
            return _because_of(identity.changed)
        return _a_year_is_over() if identity.has_run_out else ""
    begun = Event.objects.filter(
        subject_kind=Validation._meta.label_lower,
        subject_key=validation.record_key,
        kind__in=BEGUN_BY,
    )
    newest: tuple[str, dict[str, Any]] | None = (
        begun.order_by("-id").values_list("kind", "facts").first()
    )
    if newest is None:
        return ""
    kind, facts = newest
    match kind.rpartition(".")[2]:
        case "reopened":
            return _because_of(facts.get("changed", ()))
        case "expired":
            return _a_year_is_over()
        case "reopened_by_office":
            return _("The office looks at it again.")
        case "appealed":
            return _("You asked for it: somebody else looks at it again.")
    return ""


def _a_year_is_over() -> str:
    return _("It is done again, because a validation holds for a year.")


def _because_of(changed: Iterable[str]) -> str:
    """Say what has changed, in the order in which the form asks for it."""
    names = [str(words) for name, words in CHANGED.items() if name in set(changed)]
    if not names:  # something was found that contradicts it: what, is the office's own
        return _("The office looks at it again.")
    return _("It is done again, because something that it relied on has changed: %(what)s.") % {
        "what": ", ".join(names)
    }
