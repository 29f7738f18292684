"""Referees: asked by a link that works once, answering, running out, replaced.

A link is made as its letter is written, and known here by its digest alone. It opens nothing once it was
used, ran out, or the referee or what they were asked about has changed: nobody is told which.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.evidence import MEANS, NAME, ORGANISATION, CheckKind
from participants.forms.base import Journey
from participants.models import (
    Check,
    ExpressionOfInterest,
    Person,
    RefereeLink,
    RefereeRequest,
    Validation,
)
from participants.models.validation import FORGOTTEN, keyed_digest
from participants.querysets import anniversary
from participants.workflow.asking import REFEREE, replace_waiting
from participants.workflow.validation import begin_if_new, held, make_check, reopen_changed
from stepchange import clock
from stepchange.events import erase as erase_words
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.transitions import (
    Overtaken,
    Refused,
    change,
    permit,
    require_reason,
)

_VALIDATED, _REFUSED = Validation.State.VALIDATED, Validation.State.REFUSED
A_WHILE, MOST_NAMED, MOST_LETTERS = timedelta(days=7), 5, 10
"""In a week a person can have so many referees asked, and one address gets so many letters at most.

More than that the office asks by hand: nobody can have the portal pester a stranger.
"""
ERASED = "participants.referee.erased"
FORGOTTEN_AFTER_A_YEAR = "participants.referee.forgotten"
BECAUSE_ERASED = "erased"
"""Why a request was replaced that its referee had removed instead of answering."""


class DeadLink(Refused):
    """A link that opens nothing; nobody is told why."""

    def __init__(self) -> None:
        super().__init__(_("This link can’t be used."))


@dataclass(frozen=True, kw_only=True)
class Referee:
    """Somebody named to confirm who a person is."""

    name: str
    role_title: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a referee says: of each fact whether it is so, or that they know nobody of this name.

    Or that something is wrong: somebody uses their name, say, or asked them to lie. That confirms
    nothing either; the comment says what it is.
    """

    knows_them: bool = True
    reports: bool = False
    name_is_right: bool = False
    role_is_right: bool = False
    employer_is_right: bool = False
    comment: str = ""

    @property
    def move(self) -> str:
        """Name the move that it makes."""
        if self.reports or not self.knows_them:
            return "deny"
        right = self.name_is_right and self.role_is_right and self.employer_is_right
        return "confirm" if right else "contest"


_HAD_ENOUGH = gettext_lazy(
    "This referee asked not to be asked, and had their details removed: name somebody else."
)


# Asked ------------------------------------------------------------------------------------------------
def referee_in(journey: Journey) -> Referee:
    """Return the referee whom a complete form names."""
    said = journey.answers["confirming"]
    return Referee(
        name=str(said["referee_name"]),
        role_title=str(said["referee_role"]),
        email=str(said["referee_email"]).lower(),
    )


def ask_named_in(
    validation: Validation, journey: Journey, *, by: User, before: Journey | None = None
) -> RefereeRequest | None:
    """Ask the referee whom a submitted form names, if that is anything new. In a transaction.

    Somebody who is validated needs none, and of somebody refused nobody is asked until it is looked at
    again. `before` is the form as it was submitted last: an amendment that
    names the same referee asks again only where what they were asked about has changed. Returns the
    request, if one was made; None too past MOST_NAMED, when the office asks by hand.
    """
    if policies.identity_in(validation).is_validated or validation.state == _REFUSED:
        return None
    named = referee_in(journey)
    newest = RefereeRequest.objects.filter(validation=validation).order_by("-pk").first()
    is_as_before = before is not None and referee_in(before) == named
    if newest is not None and newest.state != RefereeRequest.State.REPLACED:
        if _is_out_of_date(newest, validation.person):
            return _ask(validation, named, by=by)
        if is_as_before or _is_same(newest, named):
            return None
    elif is_as_before:
        return None
    return _ask(validation, named, by=by)


def _asked_what_was(asking: RefereeRequest, person: Person) -> bool:
    """Say whether what a referee was asked to confirm is still what the person says."""
    changed = policies.changed_since(asking.relied_on, asking.organisation, person)
    return not changed & {NAME, ORGANISATION} and asking.asked.get("role") == person.role_title


def _is_out_of_date(asking: RefereeRequest, person: Person) -> bool:
    """Say whether the referee has to be asked anew: a confirmation outlives a new job title, no year."""
    if anniversary(clock.day_of(asking.asked_at)) <= clock.today():
        return True
    if asking.state != RefereeRequest.State.CONFIRMED:
        return not _asked_what_was(asking, person)
    changed = policies.changed_since(asking.relied_on, asking.organisation, person)
    return bool(changed & {NAME, ORGANISATION})


def _is_same(asking: RefereeRequest, named: Referee) -> bool:
    return asking.email_key == keyed_digest(named.email) and asking.name == named.name


def _has_had_enough(validation: Validation, named: Referee) -> bool:
    """Say whether a referee had their details removed: of this person they are asked no more."""
    known = RefereeRequest.objects.filter(
        validation=validation, email_key=keyed_digest(named.email)
    )
    return any(asking.is_erased and not asking.is_forgotten for asking in known)


def _is_asked_already(asking: RefereeRequest, named: Referee, person: Person) -> bool:
    is_waiting = asking.state == RefereeRequest.State.SENT and not asking.has_run_out
    return is_waiting and _is_same(asking, named) and _asked_what_was(asking, person)


def _ask(validation: Validation, named: Referee, *, by: User) -> RefereeRequest | None:
    if _has_had_enough(validation, named):
        return None
    lately = RefereeRequest.objects.filter(asked_at__gt=clock.now() - A_WHILE)
    of_person = lately.filter(validation=validation, named_by=None).count()
    to_address = lately.filter(email_key=keyed_digest(named.email)).count()
    if of_person >= MOST_NAMED or to_address >= MOST_LETTERS:
        _replace_open(validation, by=by)
        return None
    return ask_referee(validation, named, by=by)


def ask_referee(
    validation: Validation,
    named: Referee,
    *,
    by: User,
    named_by: User | None = None,
    reason: str = "",
) -> RefereeRequest:
    """Ask a referee, in the place of whoever was asked before; the event causes the letter.

    In a transaction. Raises Refused where the referee's address is the person's own, and where it had
    itself removed.
    """
    person = validation.person
    own = {person.work_email.lower(), person.user.email.lower() if person.user else ""}
    if named.email.lower() in own:
        raise Refused(_("This is the person’s own address: nobody speaks for themself."))
    if _has_had_enough(validation, named):
        raise Refused(_HAD_ENOUGH)
    _replace_open(validation, by=by)
    asking = RefereeRequest.objects.create(
        validation=validation,
        name=named.name,
        role_title=named.role_title,
        email=named.email.lower(),
        email_key=keyed_digest(named.email),
        asked={
            "name": person.full_name,
            "role": person.role_title,
            "organisation": str(person.organisation.current if person.organisation else ""),
        },
        relied_on=policies.kept_of(person),
        organisation=person.organisation,
        named_by=named_by,
        expires_at=clock.now() + RefereeRequest.LASTS,
    )
    record(
        "participants.referee.asked",
        asking,
        by=by,
        reason=reason,
        facts={"validation": validation.record_key},
    )
    return asking


def _hold(validation_id: int) -> None:
    """Hold a validation: whatever asks, replaces, answers or erases a request begins with this.

    Before the request itself, so that no two of them wait for each other.
    """
    Validation.objects.select_for_update().get(pk=validation_id)


def _replace_open(validation: Validation, *, by: User | None) -> None:
    """Let the request that waits wait no more: a new one takes its place.

    What was answered, or ran out, stays as it was for ever: that it counts no more is told by the newer
    one beside it.
    """
    _hold(validation.pk)
    replace_waiting(validation, by=by)


def name_another(
    validation: Validation, named: Referee, *, by: User, seen: str | None = None
) -> RefereeRequest:
    """Name another referee, as the person, while it is not settled. Raises Refused. One transaction.

    Naming again whoever is asked already changes nothing. `seen` is the key of the newest request as the
    person saw it, empty for none: raises Overtaken where another was made since, in a second tab say.
    """
    with transaction.atomic():
        validation = held(validation)
        permit(policies.may_name_referee(by, validation))
        if _has_had_enough(validation, named):
            raise Refused(_HAD_ENOUGH)
        newest = RefereeRequest.objects.filter(validation=validation).order_by("-pk").first()
        if newest is not None and _is_asked_already(newest, named, validation.person):
            return newest
        if seen is not None and seen != (newest.record_key if newest else ""):
            raise Overtaken(
                _("Somebody else was asked since you opened this page. Look again first.")
            )
        asked = _ask(validation, named, by=by)
        if asked is None:
            raise Refused(
                _("You have named several referees already. Write to the office: it will help you.")
            )
    return asked


def ask_again(
    validation: Validation, *, by: User, reason: str, named: Referee | None = None
) -> RefereeRequest:
    """Ask the same referee again by a new link, or another one, as the office, with the reason.

    Every older link is dead. Raises Refused when nobody was named yet. In one transaction.
    """
    with transaction.atomic():
        permit(policies.may_replace_referee(by, validation))
        require_reason(reason)
        if named is None:
            last = RefereeRequest.objects.filter(validation=validation).order_by("-pk").first()
            if last is None:
                raise Refused(_("Nobody was named yet: name a referee."))
            if last.is_forgotten:
                raise Refused(_("Their details were removed after a year: name a referee anew."))
            if last.is_erased:
                raise Refused(_HAD_ENOUGH)
            named = Referee(name=last.name, role_title=last.role_title, email=last.email)
        begin_if_new(validation, by=by)
        return ask_referee(validation, named, by=by, named_by=by, reason=reason)


def end_if_idle(person: Person, *, by: User) -> None:
    """Let nobody be asked about somebody who takes part no more: all they had submitted is withdrawn."""
    live = ExpressionOfInterest.objects.filter(person=person, state="submitted")
    validation = Validation.objects.filter(person=person).first()
    if validation is None or live.exists():
        return
    _hold(validation.pk)
    replace_waiting(validation, by=by, because="withdrawn")


# The link ---------------------------------------------------------------------------------------------
def mint_link(asking: RefereeRequest) -> str:
    """Return a new link's token for a letter that is being written; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    RefereeLink.objects.create(asking=asking, digest=_digest(token))
    return token


def behind_link(token: str) -> RefereeRequest | None:
    """Return the request that a link opens, if it opens one now: unanswered, in time, not replaced."""
    found = (
        RefereeRequest.objects.open_at(clock.now())
        .behind(_digest(token))
        .select_related("validation__person__organisation__merged_into", "validation__person__user")
        .select_related("organisation__merged_into")
        .first()
    )
    return found if found is not None and is_still_so(found) else None


def is_still_so(asking: RefereeRequest) -> bool:
    """Say whether what a referee is asked to confirm is still what the person says."""
    return _asked_what_was(asking, asking.validation.person)


def _held_behind(token: str) -> RefereeRequest:
    """Return the request that a link opens, held until the transaction ends. Raises DeadLink."""
    asking = behind_link(token)
    if asking is None:
        raise DeadLink
    _hold(asking.validation_id)
    if (again := behind_link(token)) is None:  # answered or replaced while this waited
        raise DeadLink
    return again


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def answer(token: str, said: Answer, *, by: User | None = None) -> RefereeRequest:
    """Take a referee's answer, once: of many at the same moment one counts. In one transaction.

    It begins a validation that nobody has begun, and is a check of its own; what contradicts one that was
    given begins it again. Raises DeadLink for a link that opens nothing, and Refused for the person's own
    account.
    """
    with transaction.atomic():
        asking = _held_behind(token)
        move, outcome = _ANSWERED_BY[said.move]
        try:
            move(asking, said, by=by)
        except Overtaken:
            raise DeadLink from None
        begin_if_new(asking.validation, by=None)
        make_check(
            asking.validation,
            kind=CheckKind.REFEREE,
            outcome=outcome,
            scores=MEANS[CheckKind.REFEREE].most,
            by=None,
            referee=asking,
        )
        if outcome == Check.Outcome.CONTRADICTED and asking.validation.state == _VALIDATED:
            reopen_changed(asking.validation, changed=["referee"], by=None)
    return asking


def confirm(asking: RefereeRequest, said: Answer, *, by: User | None) -> None:
    """Keep that a referee confirmed all that they were asked. Raises Refused, or Overtaken."""
    REFEREE.move(asking, "confirm", by=by, values=_answers(said))


def contest(asking: RefereeRequest, said: Answer, *, by: User | None) -> None:
    """Keep which facts a referee contested. Raises Refused, or Overtaken."""
    REFEREE.move(asking, "contest", by=by, values=_answers(said))


def deny(asking: RefereeRequest, said: Answer, *, by: User | None) -> None:
    """Keep that a referee knows nobody of this name. Raises Refused, or Overtaken."""
    REFEREE.move(asking, "deny", by=by, values=_answers(said))


_ANSWERED_BY: dict[str, tuple[Callable[..., None], Check.Outcome]] = {
    "confirm": (confirm, Check.Outcome.CONFIRMED),
    "contest": (contest, Check.Outcome.CONTRADICTED),
    "deny": (deny, Check.Outcome.CONTRADICTED),
}


def _answers(said: Answer) -> dict[str, Any]:
    facts = {
        "name": said.name_is_right,
        "role": said.role_is_right,
        "employer": said.employer_is_right,
    }
    kept: dict[str, Any] = facts if said.move != "deny" else {}
    if said.reports:
        kept = {"reported": True}
    return {"answered_at": clock.now(), "answers": {**kept, "comment": said.comment}}


# Erased -----------------------------------------------------------------------------------------------
def erase_instead(token: str, *, by: User | None = None) -> RefereeRequest:
    """Remove the details of a referee who does not want to answer: the link is spent by it.

    Raises DeadLink for a link that opens nothing, and Refused for the person's own account.
    """
    with transaction.atomic():
        asking = _held_behind(token)
        erase(asking, by=by)
    return asking


def erase(asking: RefereeRequest, *, by: User | None = None) -> None:
    """Remove a referee's details by themself, who showed their link. Raises Refused."""
    permit(policies.may_be_erased(by, asking))
    _blank(asking, by=by)


def erase_by_office(asking: RefereeRequest, *, by: User, reason: str) -> None:
    """Remove a referee's details as the office, whom they asked for it. Raises Refused."""
    permit(policies.may_erase_referee(by, asking))
    require_reason(reason)
    _blank(asking, by=by, reason=reason)


def _blank(asking: RefereeRequest, *, by: User | None, reason: str = "") -> None:
    """Blank name, job, address and comment, and the reasons kept with them. In one transaction.

    Of each request to this address about this person: one that was replaced by a newer names them too.
    What was answered stays, and so does the check: without them. A request that was not answered ends,
    and the person is told to name another. Kept is the keyed digest of the address, which nobody can
    read, and what was flagged about it: who speaks for themself, or for many, can't undo being found by
    this.
    """
    with transaction.atomic():
        _hold(asking.validation_id)
        of_the_same = RefereeRequest.objects.filter(
            validation=asking.validation_id, email_key=asking.email_key
        )
        for each in of_the_same.select_related("validation__person__user").order_by("pk"):
            if not each.is_erased:
                _blank_one(each, by=by, reason=reason)


def forget_old() -> int:
    """Remove the details of each referee whose request ended a year ago; return how many requests.

    Their word counts for nothing by then, so nothing is left that the details are for. What was
    answered stays, and so do the check and the flags; that they can be named again, too.
    """
    count = 0
    for key in list(
        RefereeRequest.objects.to_forget_on(clock.today()).values_list("pk", flat=True)
    ):
        with transaction.atomic():
            asking = RefereeRequest.objects.select_related("validation__person__user").get(pk=key)
            _hold(asking.validation_id)
            asking.refresh_from_db(fields=["state", "email", "answers"])
            if not asking.is_erased:
                _blank_one(asking, by=None, kind=FORGOTTEN_AFTER_A_YEAR, more={FORGOTTEN: True})
                count += 1
    return count


def _blank_one(
    asking: RefereeRequest,
    *,
    by: User | None,
    reason: str = "",
    kind: str = ERASED,
    more: Mapping[str, Any] | None = None,
) -> None:
    if asking.state == RefereeRequest.State.SENT:
        REFEREE.move(asking, "replace", by=None, facts={"because": BECAUSE_ERASED})
    erase_words(Event.objects.about(asking), asking, by=by)
    answers = {name: said for name, said in asking.answers.items() if name != "comment"}
    answers |= more or {}
    if flagged := policies.flagged_of_address(asking):
        answers["flagged"] = flagged
    change(
        asking,
        kind,
        expected={"state": asking.state},
        values={"name": "", "role_title": "", "email": "", "answers": answers},
        by=by,
        reason=reason,
        facts={"validation": asking.validation.record_key},
    )


def record_run_out() -> int:
    """Record each request whose time is over; return how many."""
    count = 0
    for asking in RefereeRequest.objects.run_out_by(clock.now()):
        try:
            expire(asking, by=None)
        except Refused:  # answered in the last moment
            continue
        count += 1
    return count


def expire(asking: RefereeRequest, *, by: User | None) -> None:
    """Record that a request ran out. Raises Refused."""
    REFEREE.move(asking, "expire", by=by)
