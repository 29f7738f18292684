"""Fairness of who takes part (design.md, section 8): balance, concentration, and who may clear it.

The arithmetic is of plain counts, so that what a page previews and what opens a review are one. Nothing is
stored but the settings and what an ethics reviewer recorded: shares are computed anew each time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from participants.models import InterestCase, InterestKind, Person, ProjectChoice
from participants.policies import may_see_people, why_conflicted, why_of_organisation
from participants.policies.houses import houses
from participants.policies.same_organisation import WITH_UNITS
from projects.models import Contribution, Project
from reviews.models import EthicsReview, FairnessSettings, Membership
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Organisation, Sector, WorkStream

SUPPLIER_KINDS = (
    InterestKind.FINANCIAL,
    InterestKind.PROCUREMENT,
    InterestKind.INTELLECTUAL_PROPERTY,
)
"""The kinds of interest that somebody has who sells what a project could call for."""
SETS_THE_STANDARD = (Contribution.DEVELOP, Contribution.LEAD)
"""The contributions that shape what a project asks for."""

HELD = _(
    "Acceptances from your organisation’s group wait in this project, until an ethics reviewer has looked "
    "at its part there. Your offer does not lapse meanwhile."
)
NOT_CLEARED = _(
    "An ethics reviewer found that your organisation’s group has too large a part in this project: nobody "
    "more of it can join for now."
)


class Why(StrEnum):
    """What a review opens for."""

    SEATS = "seats"
    LEADS = "leads"
    HERFINDAHL = "herfindahl"
    SELLS = "sells"

    @property
    def words(self) -> Words:
        """Say it to who looks at it."""
        return {
            Why.SEATS: _("It holds more of the seats than the settings allow one group."),
            Why.LEADS: _(
                "It holds more of the leads in the work-stream than the settings allow one group."
            ),
            Why.HERFINDAHL: _(
                "The seats of the project are in few hands (Herfindahl index), and it holds the most."
            ),
            Why.SELLS: _(
                "It sets the standard and sells to it: it develops or leads the project, and has declared "
                "what it could sell."
            ),
        }[self]


# Settings -----------------------------------------------------------------------------------------
def settings_now() -> FairnessSettings:
    """Return the settings that hold: the row, or the defaults where nobody has changed any."""
    return FairnessSettings.objects.first() or FairnessSettings(pk=FairnessSettings.ONLY)


def may_change_settings(by: User | None, _settings: object = None) -> Words | None:
    """Permit office managers."""
    if by is not None and by.is_active and (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return None
    return _("Only an office manager can do this.")


# Arithmetic ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Seat:
    """One place in a project as fairness sees it: of which organisation, group and sector."""

    organisation: int | None
    group: int | None
    sector: str
    is_lead: bool
    project: int = 0


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    number: int
    total: int

    @property
    def fraction(self) -> Fraction:
        """The share, from 0 to 1; none of none is 0."""
        return Fraction(self.number, self.total) if self.total else Fraction(0)

    @property
    def percent(self) -> int:
        """The share in whole hundredths, for reading."""
        return round(self.fraction * 100)

    def is_over(self, most: int, *, least_total: int) -> bool:
        """Say whether it is more than so many hundredths, of enough to be a share at all."""
        return self.total >= least_total and self.number * 100 > most * self.total


@dataclass(frozen=True)
class SectorShare:
    """The share of one side of the tri-partite approach, beside its target band."""

    sector: Sector
    share: Share
    least: int
    most: int
    least_total: int

    @property
    def stand(self) -> str:
        """Return `below`, `above`, `within`, or `too few` where shares say nothing yet."""
        if self.share.total < self.least_total:
            return "too few"
        if self.share.number * 100 < self.least * self.share.total:
            return "below"
        return "above" if self.share.number * 100 > self.most * self.share.total else "within"

    @property
    def is_within(self) -> bool:
        """Say whether nothing is wrong with it."""
        return self.stand in {"within", "too few"}


def balance(seats: Sequence[Seat], settings: FairnessSettings) -> list[SectorShare]:
    """Return the share of each sector in some seats, beside the band that the settings give.

    A seat of somebody without an organisation counts among all, and in no sector.
    """
    found = Counter(seat.sector for seat in seats)
    return [
        SectorShare(
            sector=sector,
            share=Share(found[sector.value], len(seats)),
            least=getattr(settings, f"least_{sector.value}"),
            most=getattr(settings, f"most_{sector.value}"),
            least_total=settings.least_seats,
        )
        for sector in Sector
    ]


def shares_of(holders: Iterable[int | None]) -> dict[int, Share]:
    """Return the share of each holder among all of them, largest first; who has none counts among all."""
    counted = list(holders)
    found = Counter(holder for holder in counted if holder is not None)
    return {holder: Share(number, len(counted)) for holder, number in found.most_common()}


def herfindahl(holders: Iterable[int | None]) -> Fraction:
    """Return the Herfindahl index of seats by who holds them: the sum of the squared shares.

    H = s1² + s2² + ... + sn², each s a share of the seats between 0 and 1. It lies between 1/n, for n
    holders with equal shares, and 1, for one who holds all; 0 where there are no seats. A seat of
    nobody's organisation is a holder of its own. (O. C. Herfindahl, "Concentration in the Steel Industry",
    1950; the US merger guidelines give the same of shares in hundredths, from 0 to 10,000.)
    """
    counted = list(holders)
    if not counted:
        return Fraction(0)
    grouped = Counter(holder for holder in counted if holder is not None)
    alone = sum(holder is None for holder in counted)
    squares = sum(number * number for number in grouped.values()) + alone
    return Fraction(squares, len(counted) ** 2)


@dataclass(frozen=True)
class Figures:
    """What fairness says of a project or a work-stream: as it is, or after one more acceptance."""

    seats: tuple[Seat, ...]
    settings: FairnessSettings

    @property
    def total(self) -> int:
        """How many seats are held."""
        return len(self.seats)

    @property
    def balance(self) -> list[SectorShare]:
        """The share of each sector."""
        return balance(self.seats, self.settings)

    @property
    def by_organisation(self) -> dict[int, Share]:
        """The share of the seats of each organisation, by its key."""
        return shares_of(seat.organisation for seat in self.seats)

    @property
    def by_group(self) -> dict[int, Share]:
        """The share of the seats of each group, by its key."""
        return shares_of(seat.group for seat in self.seats)

    @property
    def leads_by_organisation(self) -> dict[int, Share]:
        """The share of the leads of each organisation, by its key."""
        return shares_of(seat.organisation for seat in self.seats if seat.is_lead)

    @property
    def leads_by_group(self) -> dict[int, Share]:
        """The share of the leads of each group, by its key."""
        return shares_of(seat.group for seat in self.seats if seat.is_lead)

    @property
    def herfindahl(self) -> Fraction:
        """The Herfindahl index by group, from 0 to 1."""
        return herfindahl(seat.group for seat in self.seats)

    @property
    def herfindahl_hundredths(self) -> int:
        """The same in whole hundredths, for reading."""
        return round(self.herfindahl * 100)

    def with_one_more(self, seat: Seat) -> "Figures":
        """Return the figures as they would be with another seat."""
        return Figures((*self.seats, seat), self.settings)


# Whose seats --------------------------------------------------------------------------------------
def groups_now() -> Mapping[int, int]:
    """Return the group of every entry of the register, by its key, as it counts for concentration.

    A firm's group is that of law 3. A force or a department is one with all its units here: law 3 tells
    units apart so that half the programme is not conflicted, but a force that holds every seat is one hand.
    """
    register = houses()
    whole: dict[tuple[str, str], int] = {}
    rows = Organisation.objects.order_by("pk").values_list("pk", "sector", "name_key")
    by_key = {key: (sector, name) for key, sector, name in rows}
    found = {}
    for key, house in register.items():
        sector, name = by_key[house]
        found[key] = whole.setdefault((sector, name), house) if sector in WITH_UNITS else house
    return found


def seats_in(projects: Iterable[Project], groups: Mapping[int, int] | None = None) -> list[Seat]:
    """Return the seats that are held in some projects, by memberships that have not ended."""
    register = groups_now() if groups is None else groups
    rows = Membership.objects.live().in_projects(projects)
    read = rows.order_by("pk").values_list(
        "person__organisation",
        "person__organisation__merged_into",
        "person__organisation__sector",
        "role",
        "project",
    )
    return [
        Seat(
            organisation=merged or organisation,
            group=register.get(organisation) if organisation else None,
            sector=sector or "",
            is_lead=role == Membership.Role.LEAD,
            project=project,
        )
        for organisation, merged, sector, role, project in read
    ]


def seat_of(choice: ProjectChoice, groups: Mapping[int, int] | None = None) -> Seat:
    """Return the seat that a choice would become, were it accepted."""
    register = groups_now() if groups is None else groups
    organisation = choice.expression.person.organisation
    current = organisation.current if organisation else None
    return Seat(
        organisation=current.pk if current else None,
        group=register.get(current.pk) if current else None,
        sector=current.sector if current else "",
        is_lead=choice.contribution == Contribution.LEAD and not has_lead(choice.project),
        project=choice.project_id,
    )


def has_lead(project: Project) -> bool:
    """Say whether somebody leads a project: its membership has not ended."""
    led = Membership.objects.live().filter(project=project, role=Membership.Role.LEAD)
    return led.exists()


def figures_of_project(project: Project) -> Figures:
    """Return what fairness says of a project now: four queries, whatever its size."""
    return Figures(tuple(seats_in([project])), settings_now())


def figures_of_stream(work_stream: WorkStream) -> Figures:
    """Return what fairness says of a work-stream now, across its projects."""
    projects = Project.objects.filter(work_stream=work_stream)
    return Figures(tuple(seats_in(projects)), settings_now())


@dataclass(frozen=True)
class Preview:
    """A project's and its work-stream's figures before one acceptance, and after it."""

    before: Figures
    after: Figures
    stream_before: Figures
    stream_after: Figures
    would_open: tuple[Why, ...]
    """For what an ethics review of the person's group would open."""


def preview(choice: ProjectChoice, groups: Mapping[int, int] | None = None) -> Preview:
    """Return what accepting a choice would do to balance and concentration; changes nothing."""
    groups = groups_now() if groups is None else groups
    settings = settings_now()
    stream = Project.objects.filter(work_stream=choice.project.work_stream_id)
    in_stream = seats_in(stream, groups)
    in_project = [seat for seat in in_stream if seat.project == choice.project_id]
    one = seat_of(choice, groups)
    before, wide = Figures(tuple(in_project), settings), Figures(tuple(in_stream), settings)
    after, wide_after = before.with_one_more(one), wide.with_one_more(one)
    sellers = sellers_to(choice.project, groups)
    if choice.contribution in SETS_THE_STANDARD and one.group is not None:
        sellers |= suppliers_of(choice.project, groups) & {one.group}
    over = _over(choice.project, after, wide_after, sellers)
    return Preview(
        before=before,
        after=after,
        stream_before=wide,
        stream_after=wide_after,
        would_open=over.get(one.group, ()) if one.group is not None else (),
    )


# Sets the standard and sells to it ----------------------------------------------------------------
def suppliers_of(project: Project, groups: Mapping[int, int]) -> set[int]:
    """Return the groups of which somebody declares now that they sell what a project could call for.

    Interests that touch the project, or any; but for those that were assessed as no conflict.
    """
    declared = InterestCase.objects.declared().filter(interest__kind__in=SUPPLIER_KINDS)
    touching = declared.filter(interest__project=project) | declared.filter(
        interest__project__isnull=True
    )
    kept = touching.exclude(nature=InterestCase.Nature.NONE)
    organisations = kept.filter(person__organisation__isnull=False)
    return {groups[key] for key in organisations.values_list("person__organisation", flat=True)}


def sellers_to(project: Project, groups: Mapping[int, int]) -> set[int]:
    """Return the groups that set a project's standard and sell to it: they lead or develop it as well."""
    shaping = Membership.objects.live().filter(
        project=project,
        choice__contribution__in=SETS_THE_STANDARD,
        person__organisation__isnull=False,
    )
    leading = Membership.objects.live().filter(
        project=project, role=Membership.Role.LEAD, person__organisation__isnull=False
    )
    keys = {*shaping.values_list("person__organisation", flat=True)}
    keys |= {*leading.values_list("person__organisation", flat=True)}
    return {groups[key] for key in keys} & suppliers_of(project, groups) if keys else set()


# Over a threshold ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Over:
    """A group that is over a threshold in a project, and for what."""

    group: int
    why: tuple[Why, ...]
    seats: int
    figures: dict[str, int]


def over_thresholds(project: Project, groups: Mapping[int, int] | None = None) -> list[Over]:
    """Return the groups that are over a threshold in a project now, with the figures that say so."""
    register = groups_now() if groups is None else groups
    settings = settings_now()
    stream = Project.objects.filter(work_stream=project.work_stream_id)
    in_stream = seats_in(stream, register)
    here = Figures(tuple(seat for seat in in_stream if seat.project == project.pk), settings)
    wide = Figures(tuple(in_stream), settings)
    found = _over(project, here, wide, sellers_to(project, register))
    shares, leads = here.by_group, wide.leads_by_group
    return [
        Over(
            group=group,
            why=why,
            seats=shares[group].number,
            figures={
                "seats": shares[group].number,
                "of_seats": shares[group].total,
                "leads": leads[group].number if group in leads else 0,
                "of_leads": sum(share.number for share in leads.values()),
                "herfindahl": here.herfindahl_hundredths,
            },
        )
        for group, why in found.items()
    ]


def _over(
    project: Project, here: Figures, wide: Figures, sellers: set[int]
) -> dict[int, tuple[Why, ...]]:
    """Return for what each group of a project is over a threshold, where it is."""
    settings, shares, leads = here.settings, here.by_group, wide.leads_by_group
    leading = {seat.group for seat in here.seats if seat.is_lead}
    in_few_hands = (
        here.total >= settings.least_seats and here.herfindahl * 100 > settings.most_herfindahl
    )
    most = max((share.number for share in shares.values()), default=0)
    found = {}
    for group, share in shares.items():
        why = {
            Why.SEATS: share.is_over(
                settings.most_seats_of_group, least_total=settings.least_seats
            ),
            Why.LEADS: group in leading
            and leads[group].is_over(
                settings.most_leads_of_group, least_total=settings.least_leads
            ),
            Why.HERFINDAHL: in_few_hands and share.number == most,
            Why.SELLS: group in sellers,
        }
        if any(why.values()):
            found[group] = tuple(each for each, so in why.items() if so)
    return found


def needs_review(over: Over, newest: EthicsReview | None) -> bool:
    """Say whether a review is to open: none did yet, or what was settled was less than there is now."""
    if newest is None:
        return True
    if newest.state == EthicsReview.State.OPEN:
        return False
    return over.seats > newest.seats or not set(over.why) <= set(newest.why)


def review_of(
    project: Project, group: int | None, groups: Mapping[int, int]
) -> EthicsReview | None:
    """Return the newest review of a group in a project, as the register counts now."""
    if group is None:
        return None
    opened = EthicsReview.objects.filter(project=project).order_by("-pk")
    same = (each for each in opened if groups.get(each.organisation_id) == group)
    return next(same, None)


def held_for_ethics(choice: ProjectChoice) -> Words | None:
    """Say that an acceptance waits for ethics, where a review of the person's group in the project does.

    An open review holds it; so does one that was not cleared, for as long as the group would be over a
    threshold. The words are for the participant. One query where no review was ever opened.
    """
    person = choice.expression.person
    if person.organisation_id is None:
        return None
    if not EthicsReview.objects.filter(project=choice.project_id).exists():
        return None
    groups = groups_now()
    group = groups.get(person.organisation_id)
    review = review_of(choice.project, group, groups)
    if review is None:
        return None
    if review.state == EthicsReview.State.OPEN:
        return HELD
    if review.state == EthicsReview.State.NOT_CLEARED and preview(choice).would_open:
        return NOT_CLEARED
    return None


# Who may ------------------------------------------------------------------------------------------
def reviews_ethics(by: User | None) -> Words | None:
    """Permit ethics reviewers who have undertaken and declared."""
    if by is None or not holds(by, Role.ETHICS_REVIEWER):
        return _("Only an ethics reviewer can do this.")
    return may_see_people(by)


def why_not_impartial(by: User, review: EthicsReview) -> Words | None:
    """Say why an ethics reviewer may not judge a group's part in a project; None if they may (law 3).

    Of the group, or in conflict with one of its members there, or a member of the project themself.
    """
    if refusal := why_of_organisation(by, review.organisation.current):
        return refusal
    groups = groups_now()
    group = groups.get(review.organisation_id)
    members = Membership.objects.live().filter(project=review.project_id)
    for each in members.select_related("person__organisation__merged_into"):
        person: Person = each.person
        if person.user_id == by.pk:
            return _("You are a member of this project: somebody else has to do this.")
        is_of_it = person.organisation_id and groups.get(person.organisation_id) == group
        if is_of_it and (refusal := why_conflicted(by, person)):
            return refusal
    mine = Person.objects.of(by)
    if mine and mine.organisation_id and groups.get(mine.organisation_id) == group:
        return _("You are of the same organisation as they are: somebody else has to do this.")
    return None


def may_settle_review(by: User | None, review: EthicsReview) -> Words | None:
    """Permit an ethics reviewer who is none of that group's."""
    if refusal := reviews_ethics(by):
        return refusal
    return why_not_impartial(by, review) if by else None


def may_open_review(by: User | None, _review: object = None) -> Words | None:
    """Permit the portal alone: a review opens by what is counted."""
    return None if by is None else _("A review opens by itself, where a threshold is passed.")
