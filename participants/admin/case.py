"""What a caseworker's pages show of a validation: read at once, in words, for one reader.

The queue reads a page of cases along (`read_rows`), the page of a case all that there is to it
(`the_whole`). Each asks the same number of queries for few and for many.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants import policies
from participants.admin.withheld import seen_by
from participants.evidence import MEANS, NAME, ORGANISATION, WORK_EMAIL, CheckKind
from participants.forms.casework import PARTS, number_given
from participants.gpg45 import GUIDE_VERSION, Profile
from participants.models import (
    AddressConfirmation,
    Check,
    FlagKind,
    FlagSettlement,
    InformationRequest,
    Person,
    ProjectChoice,
    RefereeRequest,
    Validation,
)
from participants.workflow import REFEREE
from projects.models import IdentityLevel
from stepchange import clock
from stepchange.console import Named, row_page, who_did, words_of_kind
from stepchange.models import Event
from stepchange.transitions import Words
from stepchange.uk_time import uk_list_moment, uk_moment, uk_short_date
from workstreams.free_mail import is_free_mail
from workstreams.models import Organisation
from workstreams.names import domain_of

# A shape beside the words, so that no state is told by colour alone.
SHAPES = {
    Validation.State.NOT_STARTED: "○",
    Validation.State.IN_PROGRESS: "◐",
    Validation.State.ASKED: "◇",
    Validation.State.VALIDATED: "✓",
    Validation.State.REFUSED: "✕",
}
WAITS_FOR = {
    "office": gettext_lazy("The office"),
    "referee": gettext_lazy("The referee"),
    "person": gettext_lazy("The person"),
    "evidence": gettext_lazy("More evidence"),
    "nobody": gettext_lazy("Nobody"),
    "withdrawn": gettext_lazy("Nobody: has withdrawn"),
}
REFERRED_TO = (
    Prefetch(
        "person", Person.objects.select_related("user", "organisation__merged_into")
    ),  # at once, and not table by table
    "organisation__merged_into",
    "caseworker",
    "refused_by",
)
BY_THE_REFEREE = tuple(REFEREE.kind(name) for name in ("confirm", "contest", "deny"))
"""What only a referee does, by their link: the record knows no account of theirs."""
MOST_WAYS = 4
"""So many ways to a level are told, the shortest first: a choice, and no catalogue."""
MOST_EVENTS = 30
"""So many of the newest events stand on the page of a case; the record has all of them."""


# The queue -------------------------------------------------------------------------------------------
def read_rows(rows: Sequence[Validation]) -> None:
    """Read along with a page of the queue its open flags, the level reached, and since when it waits.

    And the people, their employers and the caseworkers, where they were not joined.
    """
    prefetch_related_objects(list(rows), *REFERRED_TO)
    unread = [row for row in rows if "flags_read" not in vars(row)]
    flags = policies.flags_of(unread) if unread else {}
    for row in unread:
        vars(row)["flags_read"] = flags[row.pk]
    checks: dict[int, list[Check]] = defaultdict(list)
    newest = Check.objects.filter(validation__in=rows).latest_ones().defer("method", "number")
    for check in newest.select_related("organisation__merged_into"):
        checks[check.validation_id].append(check)
    asked = dict(
        InformationRequest.objects.filter(validation__in=rows, answered_at__isnull=True)
        .order_by()
        .values_list("validation", "asked_at")
    )
    requests = RefereeRequest.objects.filter(validation__in=rows).latest_ones().order_by()
    referees = {
        key: (sent, answered or ran_out)
        for key, sent, answered, ran_out in requests.values_list(
            "validation", "asked_at", "answered_at", "expires_at"
        )
    }
    for row in rows:
        sent, came_back = referees.get(row.pk, (None, None))
        read: Any = row
        read.open_flags = [flag for flag in read.flags_read if flag.is_open]
        read.profile_met = policies.profile_of(policies.counting_of(row, checks[row.pk]))
        read.waits_since = {
            "office": _latest(row.opened_at, came_back),
            "referee": sent,
            "person": asked.get(row.pk),
            "evidence": row.validated_at,
        }.get(read.waits_for)


def _latest(opened_at: datetime, came_back: datetime | None) -> datetime:
    """Return since when the office's turn is: from the opening, or since the referee's was over."""
    if came_back is not None and opened_at < came_back <= clock.now():
        return came_back
    return opened_at


def state_in_words(validation: Validation) -> Words:
    """Return the state as it counts now: what was validated may hold no more before anybody records it."""
    identity = policies.identity_in(validation)
    if validation.state == Validation.State.VALIDATED and not identity.is_validated:
        return _("Validated, holds no more")
    return validation.get_state_display()


def level_in_words(validation: Validation, met: Profile | None) -> str:
    """Return the level and the profile: as given while it holds, else as the checks so far meet."""
    if policies.identity_in(validation).is_validated:
        return f"{validation.get_level_display()} ({validation.profile})"
    return f"{met.level.label} ({met.name})" if met else str(_("None yet"))


def sector_of(validation: Validation) -> str:
    """Return the sector of whom they work for, as far as that is known."""
    works_for = validation.person.organisation
    return works_for.current.sector if works_for else ""


# The page of a case ---------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A level that some of the projects ask for, with what is missing to it."""

    level: IdentityLevel
    projects: list[str]
    is_reached: bool
    ways: list[str]
    more: int


@dataclass(frozen=True, kw_only=True)
class FlagShown:
    """A flag in words, and the people it is about beside, as far as its reader may know of them."""

    flag: policies.Flag
    detail: str
    others: list[Named]
    withheld: int
    step: str

    @property
    def settlement(self) -> FlagSettlement | None:
        """Return what was made of it, if anything was."""
        return self.flag.settlement


@dataclass(frozen=True, kw_only=True)
class CheckShown:
    """The newest check of a kind, and why it does not count where it does not."""

    check: Check
    why_not: Words | None
    is_flagged: bool
    scores: list[int]
    by: str

    @property
    def is_confirmed(self) -> bool:
        """Say whether it showed what it was made for."""
        return self.check.outcome == Check.Outcome.CONFIRMED

    @property
    def how(self) -> Words:
        """Say how it was made: in the words of who made it, or of its kind where the portal did."""
        if self.check.method or not self.is_confirmed:
            return str(self.check.method)
        return MEANS[self.check.kind].how


@dataclass(frozen=True, kw_only=True)
class RefereeShown:
    """A request to a referee, and what came of it."""

    asking: RefereeRequest
    is_newest: bool
    is_free_mail: bool
    answers: list[tuple[Words, Words]]

    @property
    def comment(self) -> str:
        """Return what they added in their own words."""
        return str(self.asking.answers.get("comment", ""))

    @property
    def state(self) -> Words:
        """Return how it stands by the clock, and beside whoever was asked since."""
        words: Words = self.asking.get_state_display()
        if self.asking.has_run_out:
            words = RefereeRequest.State.EXPIRED.label
        if self.is_newest or self.asking.state == RefereeRequest.State.REPLACED:
            return words
        return _("%(state)s; another was asked since") % {"state": words}


ABOUT_REFEREES = frozenset(
    {
        FlagKind.REFEREE_FREE_MAIL,
        FlagKind.REFEREE_OTHER_DOMAIN,
        FlagKind.SELF_REFEREE,
        FlagKind.SHARED_REFEREE,
    }
)
"""The flags on whoever was asked, and not on what they said."""
THEIRS = {
    NAME: gettext_lazy("Their name"),
    WORK_EMAIL: gettext_lazy("Their work address"),
    policies.LOG_IN: gettext_lazy("The address they sign in with"),
    ORGANISATION: gettext_lazy("Their organisation"),
}
"""The facts that a validation relies on, as its page calls them."""
ANSWERED = (
    ("name", gettext_lazy("Name")),
    ("role", gettext_lazy("Job")),
    ("employer", gettext_lazy("Employer")),
)


@dataclass
class Whole:
    """All that there is to one case, as one reader may see it."""

    validation: Validation
    request: HttpRequest
    flags: list[policies.Flag] = field(default_factory=list)

    # What was found ---------------------------------------------------------------------------------
    @cached_property
    def newest(self) -> list[Check]:
        """Return the newest check of each kind."""
        order = list(MEANS)
        found = policies.latest(self.validation)
        return sorted(found, key=lambda check: order.index(check.kind))

    @cached_property
    def counting(self) -> list[Check]:
        """Return those that count."""
        return policies.counting_of(self.validation, self.newest)

    @cached_property
    def met(self) -> Profile | None:
        """Return the highest profile that they meet."""
        return policies.profile_of(self.counting)

    @cached_property
    def checks(self) -> list[CheckShown]:
        """Return the newest of each kind in words, those that count first."""
        shown = [
            CheckShown(
                check=check,
                why_not=policies.why_not_counting(self.validation, check),
                is_flagged=check.kind == CheckKind.REFEREE and self._doubts_the_referee,
                scores=[getattr(check.scores, part) for part in PARTS],
                by=self._by(check),
            )
            for check in self.newest
        ]
        return sorted(shown, key=lambda each: each.why_not is not None)

    @property
    def _doubts_the_referee(self) -> bool:
        """Say whether a flag about whoever was asked stands open: nothing is settled by their word yet."""
        return any(flag.is_open and flag.kind in ABOUT_REFEREES for flag in self.flags)

    def _by(self, check: Check) -> str:
        if check.kind == CheckKind.REFEREE:
            return str(_("The referee"))
        return who_did(check.checked_by, self.request).words

    @cached_property
    def referees(self) -> list[RefereeShown]:
        """Return the requests to referees, the newest first."""
        found = RefereeRequest.objects.filter(validation=self.validation).select_related("named_by")
        return [
            RefereeShown(
                asking=asking,
                is_newest=number == 0,
                is_free_mail=is_free_mail(domain_of(asking.email)),
                answers=[
                    (words, _("right") if asking.answers[name] else _("not right"))
                    for name, words in ANSWERED
                    if name in asking.answers
                ],
            )
            for number, asking in enumerate(found.order_by("-pk"))
        ]

    @cached_property
    def questions(self) -> list[InformationRequest]:
        """Return what the person was asked, the newest first."""
        found = InformationRequest.objects.filter(validation=self.validation)
        return list(found.select_related("asked_by").order_by("-pk"))

    @cached_property
    def choices(self) -> list[ProjectChoice]:
        """Return the live choices of the person's submitted forms."""
        found = ProjectChoice.objects.live().filter(
            expression__person=self.validation.person_id, expression__state="submitted"
        )
        return list(
            found.select_related("project__work_stream", "expression__call")
            .defer("reason")
            .order_by("-expression__submitted_at", "rank")
        )

    # Who ----------------------------------------------------------------------------------------------
    @cached_property
    def number(self) -> str:
        """Return the number they gave for checks against a register."""
        return number_given(self.validation)

    @cached_property
    def confirmed(self) -> str:
        """Say how the work address was confirmed to be theirs."""
        person = self.validation.person
        if not person.work_email:
            return _("No work address was given.")
        if person.user is not None and person.user.email.lower() == person.work_email.lower():
            return _("It is the address they sign in with.")
        codes = AddressConfirmation.objects.filter(person=person).to(person.work_email)
        code = codes.confirmed().order_by("-confirmed_at").first()
        if code is None:
            return _("Not confirmed: no code sent there was typed.")
        return _("By a code sent there, on %(day)s.") % {"day": uk_moment(code.confirmed_at)}

    @cached_property
    def expressions(self) -> list[Named]:
        """Return the references of the live forms, each with its page."""
        found = {choice.expression.reference: choice.expression for choice in self.choices}
        return [Named(reference, row_page(each)) for reference, each in found.items()]

    @cached_property
    def changed(self) -> list[str]:
        """Say what has changed since it was last settled: what it was then, and what it is now."""
        validation = self.validation
        if not validation.relied_on:
            return []
        person = validation.person
        then, now = validation.relied_on_words, policies.words_of(person)
        changed = policies.changed_since(validation.relied_on, validation.organisation, person)
        settled = (
            _("it was refused")
            if validation.refused_by_id or validation.state == Validation.State.REFUSED
            else _("they were validated")
        )
        return [
            _("%(what)s was “%(then)s” when %(settled)s; it is “%(now)s” now.")
            % {
                "what": words,
                "then": then.get(name) or _("nothing that is kept"),
                "now": now.get(name) or _("none"),
                "settled": settled,
            }
            for name, words in THEIRS.items()
            if name in changed
        ]

    # What it takes ------------------------------------------------------------------------------------
    @cached_property
    def level_words(self) -> str:
        """Return the level reached, in words."""
        return level_in_words(self.validation, self.met)

    @cached_property
    def given(self) -> IdentityLevel | None:
        """Return the level that was given, while it holds."""
        return policies.identity_in(self.validation).level

    @property
    def is_below_given(self) -> bool:
        """Say whether the checks that count now meet less than was given, which is taken back by hand."""
        return self.given is not None and not policies.reaches(self.counting, self.given)

    @property
    def could_be_raised(self) -> bool:
        """Say whether the checks that count now meet more than was given."""
        return self.given is not None and policies.raises(self.given, self.met)

    @property
    def enough(self) -> list[str]:
        """Say for which chosen projects the level given is enough, or else the level met."""
        return enough_in_words(self.given or (self.met.level if self.met else None), self.choices)

    @property
    def enough_at_met(self) -> list[str]:
        """Say for which chosen projects the level is enough that a decision now would give."""
        return enough_in_words(self.met.level if self.met else None, self.choices)

    @cached_property
    def ahead(self) -> list[Ahead]:
        """Return the levels that the chosen projects ask for, each with the ways that are left to it."""
        names: dict[str, list[str]] = defaultdict(list)
        asking = [choice for choice in self.choices if choice.state in ProjectChoice.ASKING]
        for choice in asking:
            names[choice.project.identity_level].append(choice.project.code)
        found = []
        for level in policies.levels_wanted(asking):
            ways = policies.ways_to(level, self.counting, sector_of(self.validation))
            found.append(
                Ahead(
                    level=level,
                    projects=list(dict.fromkeys(names[level])),
                    is_reached=policies.reaches(self.counting, level),
                    ways=[in_words(way) for way in ways[:MOST_WAYS]],
                    more=len(ways[MOST_WAYS:]),
                )
            )
        return found

    @cached_property
    def guide_version(self) -> str:
        """Name the version of the guide that profiles are of."""
        return GUIDE_VERSION

    @cached_property
    def would_hold_until(self) -> date | None:
        """Return the day from which it would hold no more, were it validated, or raised, now."""
        given = self.validation.validated_at if self.given else None
        return Validation(validated_at=given or clock.now()).expires_on

    @cached_property
    def checked_by_words(self) -> list[str]:
        """Name the checks that count."""
        return [str(check.get_kind_display()) for check in self.counting]

    # Flags ----------------------------------------------------------------------------------------------
    @cached_property
    def flags_shown(self) -> list[FlagShown]:
        """Return the flags in words, the open ones first."""
        others = self._others()
        shown = [
            FlagShown(
                flag=flag,
                detail=self._detail(flag),
                others=[others[one.pk] for one in flag.others if one.pk in others],
                withheld=sum(one.pk not in others for one in flag.others),
                step=settling(flag.kind),
            )
            for flag in self.flags
        ]
        return sorted(shown, key=lambda each: not each.flag.is_open)

    @property
    def open_flags(self) -> int:
        """Return how many somebody has yet to settle."""
        return sum(flag.is_open for flag in self.flags)

    def _others(self) -> dict[int, Named]:
        """Return the people whom flags are about and whom the reader may know of, each with their case."""
        keys = {one.pk for flag in self.flags for one in flag.others}
        if not keys:
            return {}
        seen = seen_by(self.request, Person.objects.filter(pk__in=keys))
        found = {}
        for person in seen.select_related("validation", "user", "organisation__merged_into"):
            case = getattr(person, "validation", None)
            works_for = person.organisation and person.organisation.current
            words = f"{person}, {works_for}" if works_for else str(person)
            found[person.pk] = Named(words, row_page(case) if case else "")
        return found

    def _detail(self, flag: policies.Flag) -> str:
        person = self.validation.person
        requests = [each.asking for each in self.referees]
        if flag.referee:  # of an answer, whoever was asked since
            requests = [each for each in requests if each.record_key == flag.referee]
        asking = requests[0] if requests else None
        match flag.kind:
            case FlagKind.CHECK_CONTRADICTS if flag.check:
                words = {"check": flag.check.get_kind_display(), "how": flag.check.method}
                return _("%(check)s: %(how)s") % words
            case FlagKind.FREE_MAIL:
                return domain_of(person.work_email)
            case FlagKind.OTHER_DOMAIN:
                known = ", ".join(self.domains) or _("no domain is on its record yet")
                return _("%(domain)s; the organisation’s: %(known)s.") % {
                    "domain": domain_of(person.work_email),
                    "known": known,
                }
            case _ if asking and asking.is_erased:
                return ""  # the referee had their details removed
            case FlagKind.REFEREE_FREE_MAIL | FlagKind.SELF_REFEREE if asking:
                return f"{asking.name}, {asking.email}"
            case FlagKind.REFEREE_OTHER_DOMAIN if asking:
                return f"{asking.name}, {asking.email}. {self._why_nothing_vouches()}"
            case FlagKind.REFEREE_CONTESTS | FlagKind.REFEREE_DENIES if asking:
                return str(asking.answers.get("comment") or asking.name)
            case _:
                return ""

    def _why_nothing_vouches(self) -> Words:
        """Say why the organisation's entry does not vouch for a referee's domain."""
        works_for = self.validation.person.organisation
        if works_for is None:
            return _("Nothing vouches for the domain: no organisation is known.")
        if works_for.current.state != Organisation.State.PUBLISHED:
            return _("Nothing vouches for the domain: the organisation is not in the register yet.")
        if not self.domains:
            return _("Nothing vouches for it: the organisation has no domain on its record yet.")
        return _("The organisation’s domains: %(known)s.") % {"known": ", ".join(self.domains)}

    @cached_property
    def domains(self) -> list[str]:
        """Return the email domains on the organisation's record."""
        works_for = self.validation.person.organisation
        return works_for.current.domains.split() if works_for else []

    # The record -----------------------------------------------------------------------------------------
    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """Return the newest of what happened to the case and to its parts, in words."""
        parts = parts_of(self.validation)
        own = (self.validation._meta.label_lower, self.validation.record_key)
        events = Event.objects.about_any([own, *parts]).select_related("actor").order_by("-id")
        return [
            {
                "at": uk_list_moment(event.at),
                "what": words_of_kind(event.kind),
                "part": parts.get((event.subject_kind, event.subject_key), ""),
                "who": self._who(event),
                "why": event.reason,
            }
            for event in events[:MOST_EVENTS]
        ]

    def _who(self, event: Event) -> Named:
        """Name who did something: of this case's own people what they are here, and not their account."""
        if event.actor_id and event.actor_id == self.validation.person.user_id:
            return Named(_("The participant"))
        answered = event.kind in BY_THE_REFEREE or event.facts.get("kind") == CheckKind.REFEREE
        if event.actor_id is None and answered:
            return Named(_("The referee"))
        return who_did(event.actor, self.request)

    @property
    def is_history_cut(self) -> bool:
        """Say whether the record may have more."""
        return len(self.history) == MOST_EVENTS


def in_words(way: Iterable[CheckKind]) -> str:
    """Return the checks of a way as one phrase: “A, B and C”, small but for names."""
    names = [_small(str(kind.label)) for kind in way]
    if len(names) == 1:
        return names[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}


def _small(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def settling(kind: FlagKind) -> str:
    """Return the name of the step that settles a kind of flag."""
    return f"settle-{kind.value.replace(' ', '-')}"


def parts_of(validation: Validation) -> dict[tuple[str, str], str]:
    """Return what has events of its own and belongs to a case, with how each is called there."""
    found: dict[tuple[str, str], str] = {}
    for check in Check.objects.filter(validation=validation).defer("method", "number"):
        found[check._meta.label_lower, check.record_key] = (
            f"{check.get_kind_display()}, {str(check.get_outcome_display()).lower()}"
        )
    asked = RefereeRequest.objects.filter(validation=validation).order_by("pk")
    for number, key in enumerate(asked.values_list("public_id", flat=True), start=1):
        words = _("Referee %(number)s") % {"number": number}
        found[RefereeRequest._meta.label_lower, str(key)] = words
    settled = FlagSettlement.objects.filter(validation=validation).defer("reason")
    for row in settled:
        found[row._meta.label_lower, row.record_key] = str(row.get_kind_display())
    return found


def waiting_words(validation: Any) -> str:
    """Say whom a case waits for and since when."""
    whom = str(WAITS_FOR[validation.waits_for])
    since = uk_short_date(getattr(validation, "waits_since", None))
    return _("%(whom)s, since %(day)s") % {"whom": whom, "day": since} if since else whom


def holds_up_words(validation: Any) -> str:
    """Say how many choices of projects wait for a case, or for more than it was given at."""
    if not validation.holds_up:
        return _("Nothing")
    if validation.waits_for == "evidence":
        words = ngettext(
            "Needs more for %(number)s choice",
            "Needs more for %(number)s choices",
            validation.holds_up,
        )
    else:
        words = ngettext("%(number)s choice", "%(number)s choices", validation.holds_up)
    return words % {"number": validation.holds_up}


def enough_in_words(level: IdentityLevel | None, choices: Iterable[ProjectChoice]) -> list[str]:
    """Say for which chosen projects a level is enough, and for which it is not, with what they ask."""
    asking = (choice for choice in choices if choice.state in ProjectChoice.ASKING)
    enough, short = policies.enough_for(level, asking)
    said = []
    if enough:
        said.append(_("Enough for: %(codes)s.") % {"codes": ", ".join(_codes(enough))})
    if short:
        names = [
            _("%(code)s (asks %(level)s)") % {"code": code, "level": asks.label.lower()}
            for code, asks in _codes(short).items()
        ]
        said.append(_("Not enough for: %(projects)s.") % {"projects": ", ".join(names)})
    return said


def _codes(choices: Iterable[ProjectChoice]) -> dict[str, IdentityLevel]:
    return {each.project.code: IdentityLevel(each.project.identity_level) for each in choices}
