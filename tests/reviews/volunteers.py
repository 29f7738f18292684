"""Volunteers for one desk, of everything that law 3 tells apart, and choices in every state."""

from datetime import timedelta
from typing import Any

from participants import workflow as participants_workflow
from participants.models import ConflictSuggestion, Person, ProjectChoice
from participants.workflow.declarations import InterestGiven
from participants.workflow.matching import match_declarations
from reviews import workflow
from reviews.models import Decision
from stepchange import clock
from stepchange.models import User
from tests.builders import (
    make_declaration,
    make_organisation,
    make_project,
    make_submitted,
    make_user,
)
from tests.reviews.deciding import Desk
from workstreams.models import Organisation


def volunteer(desk: Desk, works_for: Organisation | None = None, **fields: Any) -> ProjectChoice:
    """Return the choice of another volunteer for the desk's project, who works for an organisation."""
    user = fields.pop("user", None) or make_user()
    project = fields.pop("project", desk.project)
    choice = make_submitted(project, user=user, call=desk.call).choices.get()
    person = choice.expression.person
    person.organisation = works_for or make_organisation(sector=fields.pop("sector", "private"))
    person.full_name = fields.get("name", person.full_name)
    person.save()
    return desk.now(choice)


def declares(user: User | None, party: str, **fields: Any) -> None:
    """Let somebody declare an interest, which is matched with the register."""
    assert user is not None
    given = {"kind": "directorship", "party": party, "gain": "More contracts"} | fields
    match_declarations([make_declaration(user, InterestGiven(**given))])


def of_every_kind(desk: Desk) -> dict[str, ProjectChoice]:
    """Return choices of volunteers whom law 3 tells apart, by what it is about them."""
    business, police = desk.organisations["business"], desk.organisations["police"]
    other = make_project(work_stream=desk.project.work_stream)
    group = make_organisation(name="Harrowgate Holdings")
    Organisation.objects.filter(pk=business.pk).update(group=group)
    sister = make_organisation(name="Harrowgate Rail", group=group)
    unit = make_organisation(name=police.name, sector="police", unit="Dogs")
    found = {
        "nobody's": volunteer(desk),
        "same": volunteer(desk, business),
        "group": volunteer(desk, sister),
        "force": volunteer(desk, police),
        "unit": volunteer(desk, unit),
        "deputy's": volunteer(desk, desk.organisations["police deputy"]),
        "themself": volunteer(desk, user=desk.people["business stand-in"]),
        "other project": volunteer(desk, project=other),
    }
    before = found["worked there"] = volunteer(desk, business)
    before.expression.person.organisation = make_organisation()
    before.expression.person.save()
    named = make_organisation(name="Sablebrook Quarries")
    found["named by the reviewer"] = volunteer(desk, named)
    declares(desk.people["police"], "Sablebrook Quarries, as a director")
    names = found["names the reviewer's"] = volunteer(desk)
    declares(names.expression.person.user, f"{business.name}, which I advise")
    merged = found["merged"] = volunteer(desk)
    kept = found["of one counted as another"] = volunteer(desk, business)
    Person.objects.filter(pk=merged.expression.person_id).update(
        merged_into=kept.expression.person_id
    )
    declares(desk.people["business deputy"], "A firm", project=other.code)
    common = found["in common"] = volunteer(desk)
    ConflictSuggestion.objects.create(
        person=common.expression.person,
        other=participants_workflow.person_of(desk.people["police"]),
        organisation=named,
        work_stream=desk.project.work_stream,
        reasons=["both declare"],
        facts_digest="0123456789abcdef",
    )
    aside = found["stood aside"] = volunteer(desk)
    workflow.stand_aside(aside, by=desk.people["business"], reason="We are friends.")
    whole = found["stood aside from all"] = volunteer(desk)
    workflow.stand_aside(whole, by=desk.people["police"], reason="Kin.", from_person=True)
    return {kind: desk.now(choice) for kind, choice in found.items()}


def in_every_state(desk: Desk) -> dict[str, ProjectChoice]:
    """Return choices for which somebody else waits, by for whom."""
    found = {name: volunteer(desk) for name in _STEPS}
    for name, views in _STEPS.items():
        desk.choice = found[name]
        for who, view in views:
            desk.cast(who, view)
    office = desk.people["office"]
    for name in ("reserved", "declined"):
        workflow.release(Decision.objects.get(choice=found[name]), by=office)
    workflow.shortlist([found["shortlisted"]], by=desk.people["business"])
    workflow.reassign(
        found["given on"], side="business", to="deputy", by=office, reason="Away for a month."
    )
    return {name: desk.now(choice) for name, choice in found.items()}


_STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "shortlisted": (),
    "given on": (),
    "one key": (("business", "accept"),),
    "other key": (("police", "decline"),),
    "split": (("business", "accept"), ("police", "decline")),
    "held": (("business", "accept"), ("police", "accept")),
    "reserved": (("business", "reserve"), ("police", "reserve")),
    "declined": (("business", "decline"), ("police", "decline")),
}


def end_term(desk: Desk, who: str) -> None:
    """Let a term have ended yesterday."""
    term = desk.terms[who]
    type(term).objects.filter(pk=term.pk).update(ends_on=clock.today() - timedelta(days=1))
