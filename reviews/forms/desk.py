"""What a reviewer may ask of their desk, read from an address that anybody can write."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.querysets import oldest_within_a_year
from projects.models import Contribution
from reviews.policies.desk import Waits
from stepchange import clock
from workstreams.models import Sector

WORDS_AT_MOST = 8
VALIDATION = (
    ("validated", _("Validated")),
    ("under way", _("Not yet validated")),
    ("refused", _("Refused")),
    ("none", _("Not begun")),
)
AGES = (
    ("7", _("More than 7 days")),
    ("14", _("More than 14 days")),
    ("28", _("More than 28 days")),
)
SORTS = (
    ("oldest", _("Longest waiting")),
    ("newest", _("Newest")),
    ("name", _("Name")),
    ("organisation", _("Organisation")),
    ("project", _("Project")),
    ("hours", _("Most hours")),
)
_SUBMITTED, _PERSON = "expression__submitted_at", "expression__person"
ORDER: dict[str, tuple[Any, ...]] = {
    "oldest": (F(_SUBMITTED).asc(), F("pk").asc()),
    "newest": (F(_SUBMITTED).desc(), F("pk").desc()),
    "name": (F(f"{_PERSON}__full_name").asc(), F("pk").asc()),
    "organisation": (F(f"{_PERSON}__organisation__name").asc(nulls_last=True), F("pk").asc()),
    "project": (F("project__code").asc(), F(_SUBMITTED).asc(), F("pk").asc()),
    "hours": (F("hours").desc(), F("pk").asc()),
}
STATES = tuple(
    (state.value, state.label)
    for state in ProjectChoice.State
    if state != ProjectChoice.State.WITHDRAWN
)
NAMES = ("waits", "project", "contribution", "sector", "validation", "state", "age")
"""What narrows the list by a word out of a few; an organisation by its random id."""


@dataclass(frozen=True)
class DeskFilter:
    """What the list is narrowed to, and its order; `left_out` if not all that was asked was used."""

    chosen: dict[str, str]
    organisation: UUID | None
    sort: str
    search: str
    """The key of what was searched for: the words themselves stand in no address."""
    words: str
    left_out: bool

    @classmethod
    def read(cls, query: QueryDict, codes: Collection[str], words: str | None) -> "DeskFilter":
        """Read an address's query; `codes` are the projects', `words` what its search stands for."""
        known = {
            "waits": Waits.values,
            "project": codes,
            "contribution": Contribution.values,
            "sector": Sector.values,
            "validation": [value for value, _label in VALIDATION],
            "state": [value for value, _label in STATES],
            "age": [value for value, _label in AGES],
        }
        asked = {name: query.get(name, "") for name in NAMES}
        chosen = {name: value for name, value in asked.items() if value in known[name]}
        organisation = _as_uuid(query.get("organisation", ""))
        sort = query.get("sort", "")
        return cls(
            chosen=chosen,
            organisation=organisation,
            sort=sort if sort in ORDER else "oldest",
            search=query.get("q", "") if words else "",
            words=words or "",
            left_out=any(value and name not in chosen for name, value in asked.items())
            or bool(query.get("organisation") and organisation is None)
            or bool(sort and sort not in ORDER)
            or bool(query.get("q") and not words),
        )

    def __bool__(self) -> bool:
        """Say whether it narrows the list, beside for whom it waits."""
        narrowed = {name for name in self.chosen if name != "waits"}
        return bool(narrowed or self.organisation or self.words)

    def options(self, name: str, offered: list[tuple[str, Any]]) -> list[tuple[str, Any, bool]]:
        """Return what can be chosen for a name, each with whether it is."""
        now = self.sort if name == "sort" else self.chosen.get(name, "")
        return [(value, label, value == now) for value, label in offered]

    @property
    def order(self) -> tuple[Any, ...]:
        """Return the order of the list: no two of its rows are equal in it."""
        return ORDER[self.sort]

    def apply(self, choices: Any) -> Any:
        """Return those of a desk's `waiting()` that it lets through, in no order."""
        plain = {
            "waits": "waits",
            "project": "project__code",
            "contribution": "contribution",
            "state": "state",
        }
        for name, lookup in plain.items():
            if name in self.chosen:
                choices = choices.filter(**{lookup: self.chosen[name]})
        works = f"{_PERSON}__organisation"
        if "sector" in self.chosen:
            sector = self.chosen["sector"]
            merged = Q(**{f"{works}__merged_into__sector": sector})
            own = Q(**{f"{works}__merged_into__isnull": True, f"{works}__sector": sector})
            choices = choices.filter(merged | own)
        if self.organisation:
            entry = self.organisation
            choices = choices.filter(
                Q(**{f"{works}__public_id": entry})
                | Q(**{f"{works}__merged_into__public_id": entry})
            )
        if "age" in self.chosen:
            before = clock.now() - timedelta(days=int(self.chosen["age"]))
            choices = choices.filter(expression__submitted_at__lt=before)
        if "validation" in self.chosen:
            choices = choices.filter(_validation(self.chosen["validation"]))
        for word in self.words.split()[:WORDS_AT_MOST]:
            choices = choices.filter(
                Q(**{f"{_PERSON}__full_name__icontains": word})
                | Q(**{f"{works}__name__icontains": word})
                | Q(**{f"{works}__merged_into__name__icontains": word})
                | Q(expression__reference__icontains=word)
                | Q(project__code__iexact=word)
            )
        return choices

    def as_query(self, **instead: str) -> str:
        """Return the query that asks the same, without the page; with some of it put otherwise."""
        said = self.chosen | {
            "organisation": str(self.organisation or ""),
            "sort": "" if self.sort == "oldest" else self.sort,
            "q": self.search,
        }
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in (said | instead).items() if value})
        return query.urlencode()


def _validation(asked: str) -> Q:
    given = f"{_PERSON}__validation"
    since = clock.start_of(oldest_within_a_year(clock.today()))
    in_date = Q(**{f"{given}__state": "validated", f"{given}__validated_at__gte": since})
    match asked:
        case "validated":
            return in_date
        case "refused":
            return Q(**{f"{given}__state": "refused"})
        case "none":
            return Q(**{f"{given}__isnull": True})
    return Q(**{f"{given}__isnull": False}) & ~in_date & ~Q(**{f"{given}__state": "refused"})


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
