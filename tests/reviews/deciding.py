"""The people who decide, in tests: both sides of one work-stream, the office, the board, and volunteers."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from participants import workflow as participants_workflow
from participants.models import ProjectChoice
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from reviews import policies, workflow
from reviews.models import Key, SettlementView, Split, StandIn
from reviews.workflow import Said
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import (
    make_call,
    make_declaration,
    make_organisation,
    make_project,
    make_ready,
    make_submitted,
    make_user,
)
from tests.office import make_holder
from workstreams.models import Call, Organisation, Seat, Term

SIDES = ("business", "police")


def said(view: str = "accept", **fields: Any) -> Said:
    """Return what a key says, with a reason."""
    return Said(**{"view": view, "reason": "They have done this for years."} | fields)


@dataclass
class Desk:
    """One work-stream with its seats filled, and one volunteer's choice that waits."""

    project: Project
    call: Call
    people: dict[str, User]
    organisations: dict[str, Organisation]
    terms: dict[str, Term]
    choice: ProjectChoice

    @property
    def volunteer(self) -> User:
        """Return the account of who volunteers."""
        user = self.choice.expression.person.user
        assert user is not None
        return user

    def with_another(self) -> "Desk":
        """Return the same desk with another volunteer's choice."""
        choice = make_submitted(self.project, call=self.call).choices.get()
        return replace(self, choice=self.now(choice))

    def now(self, choice: ProjectChoice | None = None) -> ProjectChoice:
        """Return the choice as it is now."""
        return ProjectChoice.objects.select_related(
            "expression__person__user", "expression__call", "project__work_stream"
        ).get(pk=(choice or self.choice).pk)

    def cast(self, who: str, view: str = "accept", **fields: Any) -> Key:
        """Let somebody turn their key on what they see now."""
        choice = self.now()
        seen = policies.versions_of(choice).seen
        return workflow.cast(choice, by=self.people[who], said=said(view, **fields), seen=seen)

    def settle(self, who: str, view: str = "accept") -> SettlementView:
        """Let a member of the board say what they make of the split."""
        split = Split.objects.get(choice=self.choice, state="open")
        seen = policies.versions_of(self.now()).seen
        return workflow.settle(
            split, by=self.people[who], view=view, reason="Weighed both.", seen=seen
        )

    def stand_in(self, who: str, side: str, **fields: Any) -> StandIn:
        """Let the board name somebody for a month."""
        today = clock.today()
        named: dict[str, Any] = {
            "side": side,
            "holder": self.people[who],
            "organisation": self.organisations[who],
            "starts_on": today,
            "ends_on": today + timedelta(days=30),
            "by": self.people["board private"],
            "reason": "Both have to stand aside.",
        }
        return workflow.name_stand_in(self.project.work_stream, **named | fields)

    def declare(self, *interests: InterestGiven) -> None:
        """Let the volunteer sign a declaration anew."""
        make_declaration(self.volunteer, *interests)

    def amend(self) -> None:
        """Let the volunteer change what they submitted."""
        form = self.now().expression
        revision = form.pages.get(page="experience").revision
        answers = {"experience": f"{revision + 10} years."}
        participants_workflow.save_page(form, "experience", answers, revision=revision)
        participants_workflow.amend(form, by=self.volunteer, received_at=clock.now())


def make_desk(*, is_rolling: bool = True, call: Call | None = None) -> Desk:
    """Return a work-stream's desk: two co-chairs, two deputies, two who may stand in, office and board."""
    project = make_project()
    call = call or make_call(is_rolling=is_rolling)
    people: dict[str, User] = {}
    organisations: dict[str, Organisation] = {}
    terms: dict[str, Term] = {}
    for side, sector in (("business", "private"), ("police", "police")):
        for kind in ("co-chair", "deputy", "stand-in"):
            who = side if kind == "co-chair" else f"{side} {kind}"
            people[who] = make_ready(make_user(name=who))
            organisations[who] = make_organisation(sector=sector)
            if kind == "stand-in":
                _employ(people[who], organisations[who])
                continue
            seat = Seat.objects.create(work_stream=project.work_stream, side=side, kind=kind)
            terms[who] = Term.objects.create(
                seat=seat,
                holder=people[who],
                organisation=organisations[who],
                starts_on=clock.today() - timedelta(days=30),
            )
    for sector in ("private", "police", "government"):
        who = f"board {sector}"
        people[who] = make_holder(Role.BOARD, name=who)
        organisations[who] = make_organisation(sector=sector)
        _employ(people[who], organisations[who])
    people["office"] = make_holder(Role.OFFICE_MANAGER, name="office")
    choice = make_submitted(project, call=call).choices.get()
    desk = Desk(project, call, people, organisations, terms, choice)
    desk.choice = desk.now()
    return desk


def _employ(user: User, organisation: Organisation) -> None:
    person = participants_workflow.person_of(user)
    person.organisation = organisation
    person.save()
