"""The demonstration's expressions of interest: drafts, submitted, withdrawn, begun again.

What its volunteers did (`fixtures/demonstration-forms.toml`) is done again through `workflow`, in the
order and at the instants of the story: the record, the snapshots and the receipts are true to it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from participants import pages, workflow
from participants.forms.interests import GENERAL
from participants.models import AddressConfirmation, ExpressionOfInterest
from participants.texts import STATEMENTS, VERSIONS
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
    domain: str
    role_title: str


def tell_forms(
    call: Call,
    people: Mapping[str, User],
    works: Mapping[str, Works],
    *,
    office: User,
    beside: Iterable[Act] = (),
) -> None:
    """Do what the volunteers did since the call opened, each thing at its instant, oldest first.

    `office` gives what only the office can; `beside` is what others did meanwhile. What would lie ahead
    of now is left out, so that no one acted in the future.
    """
    projects = {project.code: project for project in Project.objects.select_related("work_stream")}
    acts = list(beside)
    for row in read_fixture("demonstration-forms")["form"]:
        person = row["person"]
        acts += _Story(call, people[person], works[person], projects, row, office).acts()
    now = clock.now()
    for instant, act in sorted(acts, key=lambda each: each[0]):
        if instant <= now:
            with clock.set_to(instant):
                act()


class _Story:
    """What one volunteer did with their forms in the call."""

    def __init__(
        self,
        call: Call,
        user: User,
        works: Works,
        projects: Mapping[str, Project],
        row: Row,
        office: User,
    ) -> None:
        self.call, self.user, self.works, self.row, self.office = call, user, works, row, office
        self.projects = projects
        self.opened = clock.day_of(call.opens_at)
        self.form: ExpressionOfInterest | None = None

    def acts(self) -> list[Act]:
        """Return each thing done with its instant."""
        row = self.row
        found = list(self._form(row, [offer["project"] for offer in row.get("offer", ())]))
        if again := row.get("again"):
            found += self._form(again, again["offer"])
        if given := row.get("extension"):
            found.append((self._instant(given["given"]), lambda: self._extend(given)))
        return found

    def _form(self, told: Row, codes: list[str]) -> Iterator[Act]:
        """Yield the things done with one form: begun, saved page by page, and what became of it."""
        chosen = [self.projects[code] for code in codes]
        answers = answers_of(self.row, self.user, self.works, chosen)
        begun = self._instant(told["begun"])
        yield begun, self._begin
        for position, page in enumerate(pages.PAGES, start=1):
            at = begun + timedelta(minutes=MINUTES_A_PAGE * position)
            if page.slug in answers:
                yield at, partial(self._save, page, answers[page.slug])
            elif page.slug == "work-email":
                yield at, partial(self._confirm_address, answers["organisation"]["work_email"])
            if page.slug == told.get("until"):
                return
        if "submitted" in told:
            yield self._instant(told["submitted"]), self._submit
        if "amended" in told:
            hours = {f"hours_{codes[0]}": str(told["amended_hours"])}
            yield self._instant(told["amended"]), partial(self._amend, answers, hours)
        if "withdrawn" in told:
            yield self._instant(told["withdrawn"]), self._withdraw

    def _instant(self, given: tuple[int, time]) -> datetime:
        """Return the instant of a day since the call opened, at a UK time of day."""
        days, at = given
        local = datetime.combine(self.opened + timedelta(days=days), at, tzinfo=clock.UK)
        return local.astimezone(UTC)

    def _begin(self) -> None:
        self.form = workflow.start(self.user, self.call, received_at=clock.now())

    def _begun(self) -> ExpressionOfInterest:
        if self.form is None:
            raise LookupError(f"{self.user.email} acts on a form that is not begun.")
        return self.form

    def _save(self, page: pages.Page, sent: Row) -> None:
        """Keep a page as its form keeps what a browser sends."""
        journey = workflow.journey_of(self.user, self._begun())
        row = self._begun().pages.filter(page=page.slug).first()
        workflow.save_page(
            self._begun(),
            page.slug,
            page.form(journey, data=sent).typed(),
            revision=row.revision if row else 0,
        )

    def _confirm_address(self, address: str) -> None:
        person = self._begun().person
        if not AddressConfirmation.objects.filter(address=address, confirmed_at__isnull=False):
            code = workflow.ask_for_code(person, address, by=self.user).code
            workflow.confirm_address(person, address, code, by=self.user)

    def _submit(self) -> None:
        workflow.submit(self._begun(), by=self.user, received_at=clock.now())

    def _amend(self, answers: Mapping[str, Row], hours: Row) -> None:
        self._save(pages.BY_SLUG["contributions"], {**answers["contributions"], **hours})
        workflow.amend(self._begun(), by=self.user, received_at=clock.now())

    def _withdraw(self) -> None:
        because = self.row["withdrawn_because"]
        workflow.withdraw(self._begun(), by=self.user, reason=because)

    def _extend(self, given: Row) -> None:
        closing_day = clock.last_day_before(self.call.closes_at)
        workflow.give_extension(
            self._begun().person,
            self.call,
            until=clock.end_of(closing_day + timedelta(days=given["days"])),
            reason=given["because"],
            by=self.office,
        )


def answers_of(
    row: Row, user: User, works: Works, chosen: list[Project]
) -> dict[str, dict[str, Any]]:
    """Return what a volunteer of the cast sends from each page, as a browser would.

    What the story leaves out stays empty: those pages are unfinished.
    """
    organisation = works.organisation
    referee, referees_role = row.get("referee", ("", ""))
    interests = row.get("interests", ())
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
            "parent": organisation.group.name if organisation.group else "",
            "work_email": address_of(user.name, works.domain),
        },
        "projects": _chosen(chosen),
        "contributions": _offered(chosen, offers),
        "experience": {"experience": row.get("experience", "")},
        "confirming": {
            "referee_name": referee,
            "referee_role": referees_role,
            "referee_email": address_of(referee, works.domain) if referee else "",
            "identifier": row.get("identifier", ""),
        },
        "interests": _declared([*(project.code for project in chosen), GENERAL], interests)
        | {"signed": VERSIONS["interests"]},
        "confidence": {name: VERSIONS[name] for name in STATEMENTS},
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


def _declared(keys: list[str], interests: Iterable[Row]) -> dict[str, Any]:
    found = dict.fromkeys((f"has_{key}" for key in keys), "no")
    for each in interests:
        key = each["project"]
        if key in keys:
            said = {"has": "yes", "kind": each["kind"], "party": each["who"], "gain": each["gain"]}
            found |= {f"{name}_{key}": value for name, value in said.items()}
    return found


def address_of(name: str, domain: str) -> str:
    """Return somebody's address at their organisation: first and last name, in plain letters."""
    parted = unicodedata.normalize("NFD", name).lower()
    words = "".join(filter(lambda letter: letter.isalpha() or letter in " -", parted)).split()
    return f"{words[0]}.{words[-1]}@{domain}"
