"""Reads of the programme's structure, in its own words."""

from collections.abc import Iterable
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, cast

from django.db import models
from django.db.models import Case, Q, Value, When

from workstreams.identifiers import COMPANIES_HOUSE
from workstreams.names import domains_above, name_key, telling_words

if TYPE_CHECKING:
    from workstreams.models import Call, Organisation, OrganisationKey, Term

SUGGESTED_AT_MOST = 10
LOOKED_AT = 200
ALIKE = 0.6
# How a name fits what was typed, the best first.
EXACTLY, BEGINS, GOES_ON, SHARES_A_WORD, OF_THE_DOMAIN = range(1, 6)


class CallQuerySet(models.QuerySet["Call"]):
    """Calls by where the clock stands; open, coming and past are computed, never stored."""

    def shown(self) -> "CallQuerySet":
        """Return the calls the public may know of."""
        return self.exclude(state="draft")

    def open_at(self, instant: datetime) -> "CallQuerySet":
        """Return the published call open at an instant (the closing instant is exclusive)."""
        return self.filter(state="published", opens_at__lte=instant, closes_at__gt=instant)

    def coming_at(self, instant: datetime) -> "CallQuerySet":
        """Return published calls that have yet to open."""
        return self.filter(state="published", opens_at__gt=instant)

    def ended_at(self, instant: datetime) -> "CallQuerySet":
        """Return published calls whose closing instant has come."""
        return self.filter(state="published", closes_at__lte=instant)

    def current(self, instant: datetime) -> "Call | None":
        """Return the call a visitor should hear of: the open one, else the next, else the last."""
        calls = list(self.shown().order_by("-opens_at")[:20])
        open_now = [call for call in calls if call.is_open(instant)]
        coming = [call for call in calls if call.is_coming(instant)]
        return next(iter(open_now or coming[-1:] or calls), None)


class TermQuerySet(models.QuerySet["Term"]):
    """Who holds which seat, by the day."""

    def on(self, day: date) -> "TermQuerySet":
        """Return the terms that run on a UK calendar day (the last day included)."""
        return self.not_over_on(day).filter(starts_on__lte=day)

    def not_over_on(self, day: date) -> "TermQuerySet":
        """Return the terms that run on a UK calendar day or have yet to begin."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day))

    def held_since(self, first: date, last: date) -> "TermQuerySet":
        """Return the terms that ran on any of some UK calendar days."""
        return self.not_over_on(first).filter(starts_on__lte=last)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Organisations, by what somebody calls them."""

    def published(self) -> "OrganisationQuerySet":
        """Return the entries that anybody may be shown (law 8)."""
        return self.filter(state="published")

    def in_sector(self, sector: str) -> "OrganisationQuerySet":
        """Return those of a sector; all of them for none."""
        return self.filter(sector=sector) if sector else self

    def called(self, *parts: str) -> "OrganisationQuerySet":
        """Return those with this name (and unit) or alias, however it is written.

        What was merged is found as itself: whoever asks takes its `current`, or must not (a form that
        names it keeps naming it).
        """
        key = name_key(*parts)
        if not key:
            return self.none()
        return self.filter(keys__kind__in=("name", "alias"), keys__key=key).distinct()

    def counting_as(self, organisation: "Organisation") -> "OrganisationQuerySet":
        """Return every entry that is the same organisation now: itself, and what was merged into it."""
        current = organisation.merged_into_id or organisation.pk
        return self.filter(Q(pk=current) | Q(merged_into=current))

    def identified_by(self, kind: str, identifier: str, unit: str) -> "OrganisationQuerySet":
        """Return the entries that count which another register knows by this number.

        Of a force or a department each unit is an entry of its own, under the same code.
        """
        counting = self.filter(
            state__in=("proposed", "published"), identifier_kind=kind, identifier=identifier
        )
        return counting if kind == COMPANIES_HOUSE else counting.filter(unit=unit)

    def namesakes_of(self, known: "Iterable[Organisation]") -> "OrganisationQuerySet":
        """Return the entries that are one organisation with any of these, by name, sector and unit."""
        named = Q(pk__in=())
        for one in known:
            same = Q(name_key=one.name_key, sector=one.sector)
            if one.sector != "private" and one.unit:
                same &= Q(unit__iexact=one.unit) | Q(unit="")
            named |= same
        return self.filter(named | Q(pk__in=[one.pk for one in known])).order_by()

    def suggested(self, typed: str, *, domain: str = "") -> "list[Organisation]":
        """Return at most ten entries for what is being typed, the likeliest first. One query.

        Those whose email domain is given come first, then the same name, then names that begin or go
        on with it, then names alike. Needs no published() of its own: only such are ever suggested.
        What was merged into one is that one, by all its names and domains.
        """
        return [organisation for _rank, organisation in self.ranked(typed, domain=domain)]

    def ranked(
        self, typed: str, *, unit: str = "", domain: str = ""
    ) -> "list[tuple[int, Organisation]]":
        """Return what is suggested, each with how it fits: EXACTLY is the name itself, or with the unit.

        One query.
        """
        key = name_key(typed)
        ranks = []
        if key:
            named = Q(kind__in=("name", "alias"))
            exactly = [key, *([name_key(typed, unit)] if unit else [])]
            some = Q()
            for word in telling_words(key)[:6]:
                some |= Q(key__startswith=word) | Q(key__contains=f" {word}")
            ranks = [
                (named & Q(key__in=exactly), EXACTLY),
                (named & Q(key__startswith=key), BEGINS),
                (named & Q(key__contains=f" {key}"), GOES_ON),
                (named & some, SHARES_A_WORD),
            ]
        if domain:
            ranks.append((Q(key__in=domains_above(domain), kind="domain"), OF_THE_DOMAIN))
        return _likeliest(key, self._keys_by(ranks)) if ranks else []

    def _keys_by(self, ranks: "list[tuple[Q, int]]") -> "Iterable[tuple[int, str, Organisation]]":
        wanted = Q()
        for condition, _rank in ranks:
            wanted |= condition
        ranked = Case(*(When(condition, then=Value(rank)) for condition, rank in ranks))
        found = self._shown_by(wanted).annotate(rank=ranked)
        for row in found.order_by("rank", "key", "organisation_id")[:LOOKED_AT]:
            yield row.rank, row.key, row.organisation.current

    def keys_that_are(self, *keys: str) -> "models.QuerySet[OrganisationKey]":
        """Return the names and aliases that are one of these whole keys, of entries that may be shown."""
        return self._shown_by(Q(kind__in=("name", "alias"), key__in=keys)).order_by("organisation")

    def _shown_by(self, keys: Q) -> "models.QuerySet[OrganisationKey]":
        """Return keys of what is published, or merged into what is, with the entry as it counts now."""
        shown = self.published().order_by().values("pk")
        return (
            _keys_of(self.model)
            .objects.filter(keys)
            .filter(Q(organisation__in=shown) | Q(organisation__merged_into__in=shown))
            .select_related(
                "organisation__group__merged_into",
                "organisation__merged_into__group__merged_into",
            )
        )

    def likely_the_same(self, organisation: "Organisation") -> "list[Organisation]":
        """Return published entries of the sector that it may be another name for. Two queries."""
        domains = [row.key for row in organisation.keys.all() if row.kind == "domain"]
        others = self.in_sector(organisation.sector).exclude(pk=organisation.pk)
        return others.suggested(str(organisation), domain=domains[0] if domains else "")


def _keys_of(model: "type[Organisation]") -> "type[OrganisationKey]":
    return cast("type[OrganisationKey]", model._meta.get_field("keys").related_model)


def _likeliest(
    key: str, found: "Iterable[tuple[int, str, Organisation]]"
) -> "list[tuple[int, Organisation]]":
    """Return the best of what was found, each once: what only shares a word must be alike, too."""
    best: dict[int, tuple[int, float, Organisation]] = {}
    of_the_domain = set()
    for rank, name, organisation in found:
        if rank == OF_THE_DOMAIN:
            of_the_domain.add(organisation.pk)
        alike = SequenceMatcher(None, key, name).ratio() if rank == SHARES_A_WORD else 1.0
        if alike >= ALIKE:
            place = (rank, -alike, organisation)
            if organisation.pk not in best or place[:2] < best[organisation.pk][:2]:
                best[organisation.pk] = place
    ordered = sorted(
        best.values(),
        key=lambda each: (each[2].pk not in of_the_domain, each[0], each[1], str(each[2])),
    )
    return [(rank, organisation) for rank, _alike, organisation in ordered[:SUGGESTED_AT_MOST]]


LEVELS_AT_MOST = 10
"""How deep a group of groups is followed."""


def judged_as_one_with(organisation: "Organisation") -> "OrganisationQuerySet":
    """Return every entry whose people may not judge those of this organisation (law 3).

    It and its namesakes, however merged; in the private sector every member of the groups above it too.
    Of the police and government the unit counts: the test is the force or department *and* the unit,
    else half the programme could judge nobody. An entry that names no unit stands for all of them.
    """
    every: OrganisationQuerySet = type(organisation)._default_manager.all()
    above = [organisation.current]
    if organisation.sector == "private":
        while (group := above[-1].current_group) and group not in above:
            above.append(group)
            if len(above) > LEVELS_AT_MOST:
                break
    house = set(every.namesakes_of(above).values_list("pk", flat=True))
    if organisation.sector == "private":
        newest = house
        for _level in range(LEVELS_AT_MOST):
            below = Q(group__in=newest) | Q(merged_into__in=newest)
            newest = set(every.filter(below).values_list("pk", flat=True)) - house
            if not newest:
                break
            house |= newest
    return every.filter(Q(pk__in=house) | Q(merged_into__in=house))
