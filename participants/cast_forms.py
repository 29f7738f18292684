"""The demonstration's expressions of interest: drafts, submitted, withdrawn, begun again.

What its volunteers did (`fixtures/demonstration-forms.toml`) is done again through `workflow`, in the
order and at the instants of the story: the record, the snapshots and the receipts are true to it.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from participants import pages, workflow
from participants.models import ExpressionOfInterest
from participants.texts import STATEMENTS
from projects.loading import read_fixture
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from workstreams.models import Call, Organisation

Row = Mapping[str, Any]
Act = tuple[datetime, Callable[[], None]]
MINUTES_A_PAGE = 2


@dataclass(frozen=True)
class Works:
    """Where one of the cast works, as they would write it on the form."""

    organisation: Organisation
    role_title: str


def tell_forms(call: Call, people: Mapping[str, User], works: Mapping[str, Works]) -> None:
    """Do what the volunteers did since the call opened, each thing at its instant, oldest first.

    What would lie ahead of now is left out, so that no one acted in the future.
    """
    opened = clock.day_of(call.opens_at)
    projects = {project.code: project for project in Project.objects.select_related("work_stream")}
    acts: list[Act] = []
    for row in read_fixture("demonstration-forms")["form"]:
        user = people[row["person"]]
        acts += _Story(call, opened, user, works[row["person"]], projects, row).acts()
    now = clock.now()
    for instant, act in sorted(acts, key=lambda each: each[0]):
        if instant <= now:
            with clock.standing_at(instant):
                act()


class _Story:
    """What one volunteer did with their forms in the call."""

    def __init__(
        self,
        call: Call,
        opened: date,
        user: User,
        works: Works,
        projects: Mapping[str, Project],
        row: Row,
    ) -> None:
        self.call, self.opened, self.user, self.row = call, opened, user, row
        self.works, self.projects = works, projects
        self.form: ExpressionOfInterest | None = None

    def acts(self) -> list[Act]:
        """Return each thing done with its instant."""
        found = list(self._form(self.row, [offer["project"] for offer in self._offers()]))
        if again := self.row.get("again"):
            found += self._form(again, again["offer"])
        return found

    def _offers(self) -> list[dict[str, Any]]:
        return list(self.row.get("offer", ()))

    def _form(self, told: Row, codes: list[str]) -> Iterator[Act]:
        """Yield the things done with one form: begun, saved page by page, and what became of it."""
        answers = answers_of(
            self.row, self.user, self.works, [self.projects[code] for code in codes]
        )
        begun = self._instant(told["begun"])
        yield begun, self._begin
        for position, page in enumerate(pages.PAGES, start=1):
            saved_at = begun + timedelta(minutes=MINUTES_A_PAGE * position)
            yield saved_at, self._saving(page.slug, answers[page.slug])
            if page.slug == told.get("until"):
                return
        if "submitted" in told:
            yield self._instant(told["submitted"]), self._submit
        if "withdrawn" in told:
            yield self._instant(told["withdrawn"]), self._withdraw

    def _instant(self, given: tuple[int, time]) -> datetime:
        """Return the instant of a day since the call opened, at a UK time of day."""
        days, at = given
        day = self.opened + timedelta(days=days)
        local = datetime.combine(day, at, tzinfo=clock.UK)
        return local.astimezone(self.call.opens_at.tzinfo)

    def _begin(self) -> None:
        self.form = workflow.start(self.user, self.call, received_at=clock.now())

    def _begun(self) -> ExpressionOfInterest:
        if self.form is None:
            raise LookupError(f"{self.user.email} acts on a form that is not begun.")
        return self.form

    def _saving(self, page: str, answers: Row) -> Callable[[], None]:
        return lambda: workflow.save_page(self._begun(), page, answers, revision=0)

    def _submit(self) -> None:
        workflow.submit(self._begun(), by=self.user, received_at=clock.now())

    def _withdraw(self) -> None:
        because = self.row["withdrawn_because"]
        workflow.withdraw(self._begun(), by=self.user, reason=because)


def answers_of(
    row: Row, user: User, works: Works, chosen: list[Project]
) -> dict[str, dict[str, Any]]:
    """Return what a volunteer of the cast types on each page, as a browser would send it.

    What the story leaves out stays empty: those pages are unfinished.
    """
    organisation = works.organisation
    referee, referees_role = row.get("referee", ("", ""))
    interests = {each["project"]: each for each in row.get("interests", ())}
    offers = {each["project"]: each for each in row.get("offer", ())}
    return {
        "eligibility": {"sector": organisation.sector},
        "about-you": {
            "full_name": user.name,
            "role_title": works.role_title,
            "telephone": row.get("telephone", ""),
        },
        "organisation": {
            "organisation": organisation.name,
            "unit": organisation.unit,
            "work_email": address_of(user.name, organisation.domain),
        },
        "projects": _chosen(chosen),
        "contributions": _offered(chosen, offers),
        "experience": {"experience": row.get("experience", "")},
        "confirming": {
            "referee_name": referee,
            "referee_role": referees_role,
            "referee_email": address_of(referee, organisation.domain) if referee else "",
            "identifier": row.get("identifier", ""),
        },
        "interests": _declared([*(project.code for project in chosen), "general"], interests),
        "confidence": dict.fromkeys(STATEMENTS, True),
        "updates": {"campaigns": row.get("campaigns", False)},
    }


def _chosen(chosen: list[Project]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for project in chosen:
        found.setdefault(f"projects_{project.work_stream.slug}", []).append(project.code)
    return found


def _offered(chosen: list[Project], offers: Mapping[str, Row]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rank, project in enumerate(chosen, start=1):
        offer = offers[project.code]
        if len(chosen) > 1:
            found[f"rank_{project.code}"] = str(rank)
        found[f"contribution_{project.code}"] = offer["contribution"]
        found[f"hours_{project.code}"] = str(offer["hours"])
        found[f"reason_{project.code}"] = offer["reason"]
    return found


def _declared(keys: list[str], interests: Mapping[str, Row]) -> dict[str, Any]:
    found = {}
    for key in keys:
        interest = interests.get(key)
        found[f"has_{key}"] = "yes" if interest else "no"
        found[f"details_{key}"] = f"{interest['who']}. {interest['gain']}" if interest else ""
    return found


def address_of(name: str, domain: str) -> str:
    """Return somebody's address at their organisation: first and last name, in plain letters."""
    parted = unicodedata.normalize("NFD", name).lower()
    words = "".join(filter(lambda letter: letter.isalpha() or letter in " -", parted)).split()
    return f"{words[0]}.{words[-1]}@{domain}"
