"""Flags: what makes somebody look twice at a validation. Computed from facts, settled by a person.

A settlement names the facts as they stood. While they stay so the flag is settled; other facts raise
it again (design.md, section 7).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from participants.evidence import CheckKind
from participants.likeness_flags import likely_duplicates, shared_telephones
from participants.models import (
    Check,
    FlagKind,
    FlagSettlement,
    LikelyPair,
    Person,
    RefereeRequest,
    Validation,
)
from workstreams.free_mail import is_free_mail
from workstreams.models import Organisation, OrganisationKey
from workstreams.names import domain_of, domains_above, name_key

_NOT_ASKED_ANY_MORE = RefereeRequest.State.REPLACED


@dataclass(frozen=True)
class Flag:
    """One flag on one validation, as its facts stand; `others` are the people it is about beside."""

    kind: FlagKind
    facts: str
    others: tuple[Person, ...] = field(default=(), compare=False)
    settlement: FlagSettlement | None = field(default=None, compare=False)
    referee: str = field(default="", compare=False)
    """The key of the request to a referee whose answer it is about, where it is about one."""
    check: Check | None = field(default=None, compare=False)
    """The check of the office that it is about, where it is about one."""

    @property
    def is_open(self) -> bool:
        """Say whether somebody has yet to settle it."""
        return self.settlement is None


def open_flags(validation: Validation) -> list[Flag]:
    """Return the flags on one validation that nobody has settled as their facts stand."""
    return [flag for flag in flags_of([validation])[validation.pk] if flag.is_open]


def flags_of(validations: Sequence[Validation]) -> dict[int, list[Flag]]:
    """Return every flag on each of some validations, by key, in a number of queries that stays the same.

    Needs each with its person, account and organisation read along.
    """
    found: dict[int, list[Flag]] = {validation.pk: [] for validation in validations}
    referees = _newest_referees(validations)
    domains = _domains_of(validations)
    shared = _sharing(referees.values())
    against = _said_against(validations)
    people = [validation.person for validation in validations]
    telephones, pairs = shared_telephones(people), likely_duplicates(people)
    for validation in validations:
        found[validation.pk] += _of_the_work_address(validation, domains)
        if referee := referees.get(validation.pk):
            found[validation.pk] += _of_the_referee(validation, referee, shared, domains)
        found[validation.pk] += against[validation.pk]
        found[validation.pk] += _of_others(
            validation.person,
            telephones.get(validation.person_id, []),
            pairs.get(validation.person_id, []),
        )
    return _settled(found)


def _settled(found: dict[int, list[Flag]]) -> dict[int, list[Flag]]:
    """Return the flags, each with what was made of it."""
    known = {
        (row.validation_id, row.kind, row.facts): row
        for row in FlagSettlement.objects.filter(validation__in=found).select_related("settled_by")
    }
    return {
        key: [replace(flag, settlement=known.get((key, flag.kind, flag.facts))) for flag in flags]
        for key, flags in found.items()
    }


def _flag(kind: FlagKind, *facts: str, others: Iterable[Person] = ()) -> Flag:
    digest = hashlib.sha256("\n".join((kind, *facts)).encode()).hexdigest()
    return Flag(kind, digest, tuple(others))


def _of_others(
    person: Person, sharing: Sequence[Person], pairs: Sequence[LikelyPair]
) -> Iterable[Flag]:
    """Return what is told by other people's details: the same telephone, or likely the same person."""
    if sharing:
        keys = sorted(each.record_key for each in sharing)
        yield _flag(FlagKind.SHARED_TELEPHONE, *keys, others=sharing)
    for pair in pairs:
        other = pair.beside(person)
        yield _flag(FlagKind.DUPLICATE, other.record_key, pair.facts, others=[other])


# The work address -------------------------------------------------------------------------------------
def _domains_of(validations: Sequence[Validation]) -> Mapping[int, set[str]]:
    """Return the email domains of each organisation, and of the entry it counts as."""
    entries = {
        entry
        for validation in validations
        if (works_for := validation.person.organisation)
        for entry in (works_for.pk, works_for.current.pk)
    }
    domains: dict[int, set[str]] = defaultdict(set)
    keys = OrganisationKey.objects.filter(
        organisation__in=entries, kind=OrganisationKey.Kind.DOMAIN
    )
    for entry, key in keys.values_list("organisation", "key"):
        domains[entry].add(key)
    return domains


def _of_the_work_address(validation: Validation, domains: Mapping[int, set[str]]) -> Iterable[Flag]:
    person = validation.person
    domain = domain_of(person.work_email)
    if not domain:
        return
    if is_free_mail(domain):
        yield _flag(FlagKind.FREE_MAIL, domain)
        return
    if not person.organisation:
        return
    current = person.organisation.current
    if not _is_of(person.organisation, domain, domains):
        yield _flag(FlagKind.OTHER_DOMAIN, domain, current.record_key)


def _is_of(organisation: Organisation, domain: str, domains: Mapping[int, set[str]]) -> bool:
    """Say whether the register has a domain, or one that it stands under, for an organisation."""
    known = domains[organisation.pk] | domains[organisation.current.pk]
    return bool(known & set(domains_above(domain)))


# The referee --------------------------------------------------------------------------------------------
def _newest_referees(validations: Sequence[Validation]) -> dict[int, RefereeRequest]:
    newest = RefereeRequest.objects.filter(validation__in=validations).latest_ones()
    return {row.validation_id: row for row in newest if row.state != _NOT_ASKED_ANY_MORE}


def _sharing(referees: Iterable[RefereeRequest]) -> Mapping[str, list[RefereeRequest]]:
    """Return, by the key of a referee's address, each case's newest request where it names it."""
    keys = {referee.email_key for referee in referees}
    named = (
        RefereeRequest.objects.filter(email_key__in=keys)
        .latest_ones()
        .exclude(state=_NOT_ASKED_ANY_MORE)
        .select_related("validation__person")
        .defer("name", "role_title", "email", "asked", "answers")
        .order_by("pk")
    )
    shared: dict[str, list[RefereeRequest]] = defaultdict(list)
    for row in named:
        shared[row.email_key].append(row)
    return shared


def _of_the_referee(
    validation: Validation,
    referee: RefereeRequest,
    shared: Mapping[str, list[RefereeRequest]],
    domains: Mapping[int, set[str]],
) -> Iterable[Flag]:
    yield from _of_the_address(validation.person, referee, domains)
    others = {
        row.validation.person_id: row.validation.person
        for row in shared[referee.email_key]
        if row.validation_id != validation.pk
    }
    if others:
        keys = sorted(each.record_key for each in others.values())
        yield _flag(FlagKind.SHARED_REFEREE, referee.email_key, *keys, others=others.values())


def _of_the_address(
    person: Person, referee: RefereeRequest, domains: Mapping[int, set[str]]
) -> Iterable[Flag]:
    """Return what is told by a referee's name and address; of one that was erased, what was told then."""
    if referee.is_erased:
        for kind, facts in referee.answers.get("flagged", ()):
            yield Flag(FlagKind(kind), facts)
        return
    domain, works_for = domain_of(referee.email), person.organisation
    if is_free_mail(domain):
        yield _flag(FlagKind.REFEREE_FREE_MAIL, referee.email_key)
    elif not _is_vouched_for(works_for, domain, domains):
        employer = works_for.current.record_key if works_for else ""
        yield _flag(FlagKind.REFEREE_OTHER_DOMAIN, referee.email_key, employer)
    own = {person.work_email.lower(), person.user.email.lower() if person.user else ""}
    if referee.email.lower() in own or name_key(referee.name) == name_key(person.full_name):
        yield _flag(FlagKind.SELF_REFEREE, referee.email_key, name_key(referee.name))


def _is_vouched_for(
    organisation: Organisation | None, domain: str, domains: Mapping[int, set[str]]
) -> bool:
    """Say whether a referee's domain is the organisation's by an entry that somebody has checked.

    What a volunteer proposed vouches for nothing: nor does an entry without a domain.
    """
    if organisation is None or organisation.current.state != Organisation.State.PUBLISHED:
        return False
    return _is_of(organisation, domain, domains)


def flagged_of_address(referee: RefereeRequest) -> list[tuple[str, str]]:
    """Return what to keep of the flags on a referee's name and address when these are erased.

    Needs the request with its validation's person and account read along.
    """
    validation = referee.validation
    flags = _of_the_address(validation.person, referee, _domains_of([validation]))
    return [(flag.kind.value, flag.facts) for flag in flags]


def _said_against(validations: Sequence[Validation]) -> Mapping[int, list[Flag]]:
    """Return a flag for each referee who contested or denied, and for each check that contradicted.

    Whoever was asked in a referee's place since, and whatever a newer check of the kind showed: to ask
    again is no way to be rid of what was said the first time. A person settles it.
    """
    checks = Check.objects.filter(validation__in=validations, outcome=Check.Outcome.CONTRADICTED)
    found: dict[int, list[Flag]] = defaultdict(list)
    for check in checks.select_related("referee").order_by("pk"):
        if check.kind != CheckKind.REFEREE:
            flag = _flag(FlagKind.CHECK_CONTRADICTS, check.record_key)
            found[check.validation_id].append(replace(flag, check=check))
        elif check.referee is not None:
            knows_them = "name" in check.referee.answers
            kind = FlagKind.REFEREE_CONTESTS if knows_them else FlagKind.REFEREE_DENIES
            key = check.referee.record_key
            found[check.validation_id].append(replace(_flag(kind, key), referee=key))
    return found
