"""What a visitor may ask of the list of projects, read from an address that anybody can write."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.http import QueryDict

from projects.models import Contribution
from projects.querysets import WORDS_AT_MOST, ProjectQuerySet

LONGEST_SEARCH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class ProjectFilter:
    """Work-streams, contributions wanted and words; `left_out` if not all was used."""

    work_streams: tuple[str, ...]
    contributions: tuple[str, ...]
    words: str
    left_out: bool

    @classmethod
    def read(cls, query: QueryDict, known: Collection[str]) -> "ProjectFilter":
        """Read an address's query; `known` are the slugs. Nothing in it is an error."""
        asked_streams = [value.lower() for value in query.getlist("work-stream") if value]
        asked_contributions = [value.lower() for value in query.getlist("contribution") if value]
        typed = _CONTROL.sub(" ", query.get("words", ""))
        words = " ".join(typed.split())
        return cls(
            work_streams=tuple(slug for slug in known if slug in asked_streams),
            contributions=tuple(wanted for wanted in Contribution if wanted in asked_contributions),
            words=words[:LONGEST_SEARCH].rstrip(),
            left_out=not set(asked_streams) <= set(known)
            or not set(asked_contributions) <= set(Contribution)
            or len(words) > LONGEST_SEARCH
            or len(words.split()) > WORDS_AT_MOST,
        )

    def __bool__(self) -> bool:
        """Say whether it narrows the list at all."""
        return bool(self.work_streams or self.contributions or self.words)

    def apply(self, projects: ProjectQuerySet) -> ProjectQuerySet:
        """Return those of the projects that it lets through."""
        if self.work_streams:
            projects = projects.filter(work_stream__slug__in=self.work_streams)
        if self.contributions:
            projects = projects.wanting(*self.contributions)
        return projects.mentioning(self.words)

    def as_query(self) -> str:
        """Return the query that asks the same, in one order, without the page."""
        query = QueryDict(mutable=True)
        query.setlist("work-stream", list(self.work_streams))
        query.setlist("contribution", [str(wanted) for wanted in self.contributions])
        if self.words:
            query["words"] = self.words
        return query.urlencode()
