"""Whether somebody was shown to be who they say they are, and who of the office may say so (laws 1, 3)."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.evidence import MEANS, NAME, ORGANISATION, WORK_EMAIL
from participants.gpg45 import Profile, highest_met
from participants.models import Check, Person, RefereeRequest, Validation
from participants.policies.flags import open_flags
from participants.policies.same_organisation import why_conflicted
from projects.models import IdentityLevel, Project
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Organisation

LOG_IN = "log_in"
OF_A_PERSON = frozenset({NAME, WORK_EMAIL, LOG_IN, ORGANISATION})
"""What a validation rests on: a change of any reopens it (design.md, section 7)."""


# The facts that it rests on ---------------------------------------------------------------------------
def facts_of(person: Person) -> dict[str, str]:
    """Return the facts about a person that evidence rests on, however they are written."""
    facts = {NAME: person.full_name, WORK_EMAIL: person.work_email}
    if person.user is not None:
        facts[LOG_IN] = person.user.email
    return {name: " ".join(value.split()).casefold() for name, value in facts.items()}


def words_of(person: Person) -> dict[str, str]:
    """Return the facts as they are written, to tell later what has changed. They rest encrypted."""
    facts = {NAME: person.full_name, WORK_EMAIL: person.work_email}
    if person.user is not None:
        facts[LOG_IN] = person.user.email
    works_for = person.organisation
    return facts | {ORGANISATION: str(works_for.current) if works_for else ""}


def kept_of(person: Person) -> dict[str, str]:
    """Return what to keep of the facts, so that a change is told and nothing can be read from it."""
    salt = secrets.token_hex(8)
    return {"salt": salt} | {name: _digest(salt, value) for name, value in facts_of(person).items()}


def _digest(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()[:32]


def changed_since(
    kept: Mapping[str, str], organisation: Organisation | None, person: Person
) -> frozenset[str]:
    """Return which facts are others than when they were kept. A merge of organisations changes none."""
    salt = kept.get("salt", "")
    changed = {
        name for name, value in facts_of(person).items() if kept.get(name) != _digest(salt, value)
    }
    then, now = organisation, person.organisation
    if (then and then.current) != (now and now.current):
        changed.add(ORGANISATION)
    return frozenset(changed)


# Where somebody stands --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Identity:
    """Where a person's validation stands at this moment: computed, never stored."""

    validation: Validation | None
    changed: frozenset[str] = frozenset()

    @property
    def is_validated(self) -> bool:
        """Say whether they are validated now: it was given, has not run out, and its facts still hold."""
        given = self.validation
        if given is None or given.state != Validation.State.VALIDATED or self.changed:
            return False
        return not self.has_run_out

    @property
    def has_run_out(self) -> bool:
        """Say whether it was given more than a year ago, whether or not the sweep has recorded that."""
        given = self.validation
        if given is None or given.state != Validation.State.VALIDATED:
            return False
        return given.expires_on is None or given.expires_on <= clock.today()

    @property
    def level(self) -> IdentityLevel | None:
        """Return how sure the programme is of them now; None while they are not validated."""
        if self.validation is None or not self.is_validated:
            return None
        return IdentityLevel(self.validation.level)

    @property
    def expires_on(self) -> date | None:
        """Return the UK day from which it holds no more, while it holds."""
        return self.validation.expires_on if self.validation and self.is_validated else None


def identity_of(person: Person) -> Identity:
    """Return where a person's validation stands, by one query."""
    found = (
        Validation.objects.filter(person=person)
        .select_related("organisation__merged_into", "person__organisation__merged_into")
        .select_related("person__user")
        .first()
    )
    return identity_in(found)


def identity_in(validation: Validation | None) -> Identity:
    """Return where a validation stands, asking nothing more of the database than it was read with."""
    if validation is None or validation.is_open:
        return Identity(validation)
    changed = changed_since(validation.relied_on, validation.organisation, validation.person)
    return Identity(validation, changed)


def identity_bar(person: Person, project: Project) -> Words | None:
    """Say why somebody's identity keeps them from being a member of a project, if it does (law 1)."""
    level = identity_of(person).level
    if level is None:
        return _("Their identity is not validated at this moment.")
    if not level.reaches(project.identity_level):
        return _t(
            "The project asks for the identity level “%(wanted)s”, and theirs is “%(has)s”."
        ) % {
            "wanted": IdentityLevel(project.identity_level).label.lower(),
            "has": level.label.lower(),
        }
    return None


# The evidence -------------------------------------------------------------------------------------
def counting(validation: Validation) -> list[Check]:
    """Return the checks that count now: the newest of each kind, confirmed, young and still true."""
    return counting_of(validation, latest(validation))


def latest(validation: Validation) -> list[Check]:
    """Return the newest check of each kind, whatever it showed."""
    newest = Check.objects.filter(validation=validation).latest_ones()
    return list(newest.select_related("organisation__merged_into", "checked_by", "referee"))


def counting_of(validation: Validation, newest: Iterable[Check]) -> list[Check]:
    """Return those of the newest checks that count now."""
    return [check for check in newest if why_not_counting(validation, check) is None]


def why_not_counting(validation: Validation, check: Check) -> Words | None:
    """Say why a check that was made counts for nothing now, if it does not."""
    if check.outcome != Check.Outcome.CONFIRMED:
        return str(check.get_outcome_display())
    if check.expires_at <= clock.now():
        return _("It is more than a year old.")
    if check.is_of_a_former_referee:
        return _("Another referee was asked since.")
    changed = changed_since(check.relied_on, check.organisation, validation.person)
    if changed & MEANS[check.kind].rests_on:
        return _("What it rested on has changed since.")
    return None


def profile_of(checks: Iterable[Check]) -> Profile | None:
    """Return the highest profile that some checks meet together."""
    return highest_met(check.scores for check in checks)


# Who may work on a case ---------------------------------------------------------------------------------
_told: ContextVar[dict[tuple[int, int], Words | None] | None] = ContextVar("told", default=None)
_judged: ContextVar[frozenset[tuple[int, int]]] = ContextVar("judged", default=frozenset())


@contextmanager
def asking_once(*judged: tuple[User, Person]) -> Iterator[None]:
    """Let `may_work_on` ask the database once for each case until the block ends.

    And nothing of law 3 where an account was `judged` fit to judge a person, by whatever showed the row.
    For a page that offers a dozen steps. What makes a step asks anew, always.
    """
    told = _told.set({})
    known = _judged.set(frozenset((by.pk, person.pk) for by, person in judged))
    try:
        yield
    finally:
        _told.reset(told)
        _judged.reset(known)


def may_work_on(by: User | None, validation: Validation) -> Words | None:
    """Permit caseworkers and office managers, for anybody but themself and their colleagues (law 3)."""
    told = _told.get()
    if told is None or by is None:
        return _may_work_on(by, validation)
    if (by.pk, validation.pk) not in told:
        told[by.pk, validation.pk] = _may_work_on(by, validation)
    return told[by.pk, validation.pk]


def _may_work_on(by: User | None, validation: Validation) -> Words | None:
    if by is None or not by.is_active:
        return _("Only a caseworker or an office manager can do this.")
    if not holds(by, Role.CASEWORKER, Role.OFFICE_MANAGER):
        return _("Only a caseworker or an office manager can do this.")
    if (by.pk, validation.person_id) in _judged.get():
        return None
    return why_conflicted(by, validation.person)


def may_settle(by: User | None, validation: Validation) -> Words | None:
    """Permit whoever may work on it, but who raised it by hand, or refused it before."""
    if refusal := may_work_on(by, validation):
        return refusal
    if by is not None and validation.raised_by_id == by.pk:
        return _("You raised this one: somebody else has to settle it.")
    if by is not None and validation.refused_by_id == by.pk:
        return _("You refused this one: somebody else has to look at it again.")
    return None


def may_validate(by: User | None, validation: Validation) -> Words | None:
    """Permit it once the checks that count meet a profile and no flag stands open."""
    if refusal := may_settle(by, validation):
        return refusal
    if profile_of(counting(validation)) is None:
        return _("The checks so far meet no profile of GPG 45: record another check.")
    if open_flags(validation):
        return _("Settle every flag first: say of each why it is no obstacle.")
    return None


def may_raise_level(by: User | None, validation: Validation) -> Words | None:
    """Permit whoever could validate, once the checks that count meet a higher level than was given.

    While what was given holds: what has run out, or rests on other facts by now, begins again.
    """
    if refusal := may_settle(by, validation):
        return refusal
    given = identity_in(validation).level
    if given is None:
        return _("It holds no more: it begins again, and is validated anew.")
    if not raises(given, profile_of(counting(validation))):
        return _("The checks that count meet no higher level than was given: record another check.")
    if open_flags(validation):
        return _("Settle every flag first: say of each why it is no obstacle.")
    return None


def raises(given: IdentityLevel, met: Profile | None) -> bool:
    """Say whether a profile is of a higher level than was given."""
    return met is not None and met.level.rank > given.rank


def takes_evidence(validation: Validation) -> bool:
    """Say whether checks and settlements can be added: it is open, or was given and holds.

    What was given stays while more is found for a project that asks for more.
    """
    return validation.is_open or identity_in(validation).is_validated


def may_settle_flag(by: User | None, validation: Validation) -> Words | None:
    """Permit whoever may work on it, while it takes evidence."""
    if not takes_evidence(validation):
        return _("It is settled: look at it again first.")
    return may_work_on(by, validation)


def may_check(by: User | None, validation: Validation) -> Words | None:
    """Permit recording a check, while it takes evidence."""
    return may_settle_flag(by, validation)


ALREADY_THEIRS = _("You are its caseworker already.")


def may_take(by: User | None, validation: Validation) -> Words | None:
    """Permit being its caseworker, while it is open, but to who refused it, and to who is that already."""
    if refusal := _may_while_open(by, validation):
        return refusal
    if by is not None and validation.refused_by_id == by.pk:
        return _("You refused this one: somebody else has to look at it again.")
    if by is not None and validation.caseworker_id == by.pk:
        return ALREADY_THEIRS
    return None


def may_replace_referee(by: User | None, validation: Validation) -> Words | None:
    """Permit asking a referee again, or another one, while it is open."""
    return _may_while_open(by, validation)


def _may_while_open(by: User | None, validation: Validation) -> Words | None:
    if not validation.is_open:
        return _("It is settled: look at it again first.")
    return may_work_on(by, validation)


def may_record_by_itself(by: User | None, _subject: Validation | RefereeRequest) -> Words | None:
    """Permit the portal alone."""
    return None if by is None else _("The portal does this by itself.")


def may_begin(by: User | None, validation: Validation) -> Words | None:
    """Permit whoever may work on it, and the portal when a referee has answered."""
    return None if by is None else may_work_on(by, validation)


def may_answer_question(by: User | None, validation: Validation) -> Words | None:
    """Permit the person."""
    own = by is not None and validation.person.user_id == by.pk
    return None if own else _("Only the person can answer.")


def may_appeal(by: User | None, validation: Validation) -> Words | None:
    """Permit the person."""
    own = by is not None and validation.person.user_id == by.pk
    return None if own else _("Only the person can ask for this.")


def may_answer_as_referee(by: User | None, asking: RefereeRequest) -> Words | None:
    """Permit whoever has the link, signed in or not, while it runs: the link is what they show.

    But not the person themself, were they signed in.
    """
    if asking.has_run_out:
        return _("It has run out.")
    if by is not None and asking.validation.person.user_id == by.pk:
        return _(
            "You are signed in as the person whom this is about, and nobody answers for themself. If "
            "this link was sent to you and not to them, sign out and open it again."
        )
    return None


def may_be_erased(by: User | None, asking: RefereeRequest) -> Words | None:
    """Permit whoever has, or had, the link to have a referee's details removed, but the person themself.

    They would undo what was found about the referee whom they named.
    """
    if by is not None and asking.validation.person.user_id == by.pk:
        return _(
            "You are signed in as the person whom this is about: only the referee can do this."
        )
    return None


def may_erase_referee(by: User | None, asking: RefereeRequest) -> Words | None:
    """Permit whoever may work on the validation, settled or not, when the referee has asked for it."""
    return may_work_on(by, asking.validation)


def may_name_referee(by: User | None, validation: Validation) -> Words | None:
    """Permit the person, while it is not settled."""
    if by is None or validation.person.user_id != by.pk:
        return _("Only the person can name a referee.")
    return None if validation.is_open else _("It is settled: there is nobody to ask any more.")


def may_replace_request(by: User | None, asking: RefereeRequest) -> Words | None:
    """Permit the portal, the person, and whoever may work on the validation."""
    if by is None or asking.validation.person.user_id == by.pk:
        return None
    return may_work_on(by, asking.validation)
