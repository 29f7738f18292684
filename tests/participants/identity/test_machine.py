"""Any sequence of what people, referees, the office and the clock can do to a validation (laws 1, 3, 6).

`VALIDATION_EXAMPLES` and `VALIDATION_STEPS` make it search longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from participants import policies, workflow
from participants.models import AddressConfirmation, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow.referees import Answer, Referee
from stepchange import clock
from stepchange.credentials import ADDRESS_CHANGED
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import complete_answers, make_call, make_organisation, make_project, make_user
from tests.office import make_holder
from tests.participants.identity.machine import IdentityOracle, Known, year_on
from tests.participants.identity.test_gpg45 import LEVELS
from workstreams import workflow as programme
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("VALIDATION_EXAMPLES", "6"))
STEPS = int(os.environ.get("VALIDATION_STEPS", "22"))

BEGINS = datetime(2027, 2, 20, 9, tzinfo=UTC)
# The nights of the clock, the leap day, and what lies a year on from it.
INSTANTS = [
    datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
    datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2028, 10, 28, 23, 30, tzinfo=UTC),
    datetime(2029, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2029, 3, 1, tzinfo=UTC),
]
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=UTC)
EVES = {"the eve of a year on": timedelta(seconds=1), "a year on": timedelta()}
WHO = st.sampled_from(["amina", "amina", "amina", "bao"])
OFFICE = st.sampled_from(["first", "first", "second", "second", "colleague", "bao", "amina"])
HOTELS, QUAY = "Harbour & Vale Hotels", "Quayside Rooms"
SAYS = {
    "confirms": Answer(name_is_right=True, role_is_right=True, employer_is_right=True),
    "contests": Answer(name_is_right=True, employer_is_right=True, comment="No longer."),
    "denies": Answer(knows_them=False),
}
BY_HAND = ("call-back", "call-back", "pass seen", "document seen", "company", "SIA licence")
# What the runs have to come to, to have tried anything.
COMES_ABOUT = (
    "validation.validated",
    "validation.level_raised",
    "validation.refused",
    "validation.reopened",
    "referee.confirmed",
    "referee.replaced",
    "flag.settled",
)
Method = TypeVar("Method", bound=Callable[..., None])
ACTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {}
OFTEN = ("amends", *["is_validated_and_then"] * 3, "is_refused")


def act(**drawn: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Let a method be one of the things that can happen, with what it is told drawn."""

    def mark(method: Method) -> Method:
        ACTS[method.__name__] = drawn
        return method

    return mark


class Identities(IdentityOracle):
    """Two people who submit, one of them of the office, and the office."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(BEGINS, tick=False)
        self.clock = self.travel.start()
        self.call = make_call(closes_at=clock.end_of(clock.today() + timedelta(days=20_000)))
        self.project = make_project()
        self.entries = [make_organisation(name=name) for name in (HOTELS, QUAY)]
        self.people: dict[str, User] = {
            "amina": make_user("amina@users.example"),
            "bao": make_holder(Role.CASEWORKER, email="bao@users.example"),
            "first": make_holder(Role.CASEWORKER),
            "second": make_holder(Role.OFFICE_MANAGER),
            "colleague": make_holder(Role.CASEWORKER),
        }
        colleague = workflow.person_of(self.people["colleague"])
        colleague.organisation = self.entries[0]
        colleague.save()
        self.last_event = 0
        self.employers = {}
        self.number = 0
        self.known = {name: Known(self.people[name]) for name in ("amina", "bao")}
        self.said: dict[str, dict[str, dict[str, Any]]] = {}
        for name, known in self.known.items():
            person = workflow.person_of(known.user)
            for address in (*self.addresses(name), *self.log_ins(name)):
                AddressConfirmation.objects.create(
                    person=person, address=address, confirmed_at=clock.now()
                )
            self.said[name] = complete_answers(self.project, email=self.log_ins(name)[0])
            self.said[name]["about-you"]["full_name"] = f"{name.title()} Thistlewood"
            self.said[name]["organisation"]["parent"] = ""
            self.submits(name)

    def teardown(self) -> None:
        if hasattr(self, "known"):
            try:
                self.every_state_is_explained_by_its_events()
            finally:
                self.travel.stop()
                transaction.set_rollback(True)
                self.atomic.__exit__(None, None, None)

    def addresses(self, name: str) -> list[str]:
        return [f"{name}@harbour-vale.example", f"{name}@quayside.example"]

    def log_ins(self, name: str) -> list[str]:
        return [f"{name}@users.example", f"{name}@elsewhere.example"]

    def expression(self, name: str) -> Any:
        return self.person(name).expressions.filter(state__in=["draft", "submitted"]).first()

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """Do one of ACTS, each as likely in every run as the next: rules of their own would not be."""
        what = data.draw(st.sampled_from([*ACTS, *OFTEN]))
        told = {name: data.draw(strategy, label=name) for name, strategy in ACTS[what].items()}
        getattr(self, what)(**told)

    # The person ------------------------------------------------------------------------------------
    def submits(self, name: str) -> None:
        user = self.known[name].user
        draft = workflow.start(user, self.call, received_at=clock.now())
        self.save(name, draft)
        workflow.submit(draft, by=user, received_at=clock.now())
        self.note_employers()

    def save(self, name: str, expression: Any) -> None:
        rows = {row.page: row for row in expression.pages.all()}
        for page, answers in self.said[name].items():
            row = rows.get(page)
            workflow.save_page(expression, page, answers, revision=row.revision if row else 0)

    @act(
        name=WHO,
        field=st.sampled_from(["full_name", "role_title", "organisation", "work_email", "referee"]),
        place=st.integers(0, 1),
    )
    def amends(self, name: str, field: str, place: int) -> None:
        said, first = self.said[name], name.title()
        match field:
            case "full_name":
                said["about-you"][field] = [f"{first} Thistlewood", f"{first} Hartley"][place]
            case "role_title":
                said["about-you"][field] = ["Hotel Security Manager", "Director"][place]
            case "organisation":
                said["organisation"][field] = [HOTELS, QUAY][place]
            case "work_email":
                said["organisation"][field] = self.addresses(name)[place]
            case "referee":
                said["confirming"] |= self.another()
        expression = self.expression(name)
        if expression is None or expression.state == "draft":
            self.submits(name)
            return
        self.save(name, expression)
        with self.refusing():
            workflow.amend(expression, by=self.known[name].user, received_at=clock.now())
        self.note_employers()

    @act(
        name=WHO,
        by=st.sampled_from(["colleague", "bao"]),
        moves=st.sampled_from(["reader", "both"]),
    )
    def gives_another_employer_and_judges(self, name: str, by: str, moves: str) -> None:
        """Let a reader retype their own employer, and the subject theirs: nobody's case opens by that."""
        actor, case = self.people[by], self.case(name)
        assert case is not None
        was_own = self.is_own(actor, name)
        for place in (0, 1):
            self.says_to_work_for(by, place)
            if moves == "both":
                self.amends(name, "organisation", place)
            assert self.is_own(actor, name) or not was_own
            shown = Validation.objects.judged_by(actor).filter(pk=case.pk)
            assert shown.exists() is not self.is_own(actor, name)
            self.works_on_it(name, by, "take")

    def says_to_work_for(self, by: str, place: int) -> None:
        if by in self.known:
            self.amends(by, "organisation", place)
            return
        person = workflow.person_of(self.people[by])
        person.organisation = self.entries[place]
        person.save(update_fields=["organisation"])
        self.note_employers()

    def another(self) -> dict[str, str]:
        self.number += 1
        name, address = f"Referee {self.number}", f"r{self.number}@harbour-vale.example"
        return {"referee_name": name, "referee_role": "Director", "referee_email": address}

    @act(name=WHO)
    def withdraws(self, name: str) -> None:
        expression = self.expression(name)
        if expression is not None and expression.state == "submitted":
            workflow.withdraw(expression, by=self.known[name].user)
            assert not RefereeRequest.objects.filter(
                validation__person__user=self.known[name].user, state="sent"
            ).exists()

    @act(name=WHO, place=st.integers(0, 1), is_told=st.booleans())
    def changes_the_log_in_address(self, name: str, place: int, is_told: bool) -> None:
        user = self.known[name].user
        user.email = self.log_ins(name)[place]
        user.save(update_fields=["email"])
        if is_told:
            record(ADDRESS_CHANGED, user, by=user)

    @act(name=WHO)
    def names_another_referee(self, name: str) -> None:
        said = self.another()
        named = Referee(
            name=said["referee_name"], role_title=said["referee_role"], email=said["referee_email"]
        )
        case = self.case(name)
        assert case is not None
        with self.refusing(expected=None if case.is_open else True):
            referees.name_another(case, named, by=self.known[name].user)

    @act(name=WHO, by=WHO)
    def answers_the_office(self, name: str, by: str) -> None:
        case = self.case(name)
        assert case is not None
        with self.refusing(expected=not (case.state == "more asked" and by == name)):
            validation.answer(case, answer="The Grand.", by=self.known[by].user)

    @act(name=WHO, by=WHO)
    def appeals(self, name: str, by: str) -> None:
        case = self.case(name)
        assert case is not None
        with self.refusing(expected=not (case.state == "refused" and by == name)):
            validation.appeal(case, by=self.known[by].user, reason="I was at sea.")

    # The referee -----------------------------------------------------------------------------------
    @act(name=WHO, says=st.sampled_from(["confirms", "confirms", *SAYS]))
    def the_referee_answers(self, name: str, says: str) -> None:
        asking = RefereeRequest.objects.filter(
            validation__person__user=self.known[name].user, state="sent"
        ).first()
        if asking is None:
            return
        token = referees.mint_link(asking)
        with self.refusing():
            referees.answer(token, SAYS[says])
        with self.refusing(expected=True):
            referees.answer(token, SAYS["confirms"])

    # The office ------------------------------------------------------------------------------------
    @act(
        name=WHO,
        by=OFFICE,
        kind=st.sampled_from(BY_HAND),
        outcome=st.sampled_from([*["confirmed"] * 4, "not confirmed", "contradicted"]),
    )
    def checks(self, name: str, by: str, kind: str, outcome: str) -> None:
        case, actor = self.case(name), self.people[by]
        assert case is not None
        may = self.takes_evidence(actor, name)
        with self.refusing(expected=not may):
            validation.record_check(
                case, kind=kind, outcome=outcome, method="Called the front desk.", by=actor
            )

    @act(name=WHO, by=OFFICE)
    def settles_flags(self, name: str, by: str) -> None:
        case, actor = self.case(name), self.people[by]
        assert case is not None
        may = self.takes_evidence(actor, name)
        for flag in policies.open_flags(case):
            with self.refusing(expected=not may):
                validation.settle_flag(
                    case, kind=flag.kind, facts=flag.facts, by=actor, reason="It is so."
                )

    @act(
        name=WHO,
        by=st.sampled_from(["first", "second"]),
        is_leap_day=st.sampled_from([False, False, True]),
        then=st.sampled_from(["full_name", "organisation", "work_email", "parted", *EVES]),
    )
    def is_validated_and_then(self, name: str, by: str, is_leap_day: bool, then: str) -> None:
        """Validate by all that it takes, and let something happen that it may not outlive."""
        if is_leap_day and clock.now() < LEAP_DAY:
            self.clock.move_to(LEAP_DAY)
        self.validates(name, by, is_complete=True)
        self.what_must_hold()
        self.raises_the_level(name, by, sees=then in {"full_name", *EVES})
        if then in EVES:
            self.clock.move_to(clock.start_of(year_on(clock.today())) - EVES[then])
            return
        if then == "parted":
            self.entries_are_merged_or_parted(0)
        said = "organisation" if then == "parted" else then
        for place in (0, 1):  # one of the two is another than it was
            self.amends(name, said, place)
            self.what_must_hold()
        if then == "parted":
            self.entries_are_merged_or_parted(0)

    @act(name=WHO, by=OFFICE, is_complete=st.booleans())
    def validates(self, name: str, by: str, is_complete: bool) -> None:
        """Validate, where every flag is settled by somebody else of the office before it or not."""
        case, actor = self.case(name), self.people[by]
        assert case is not None
        if is_complete and case.is_open:
            self.the_referee_answers(name, "confirms")
            for other in ("first", "second"):
                self.checks(name, other, "call-back", "confirmed")
                self.settles_flags(name, other)
                self.what_happened_was_anybodys_to_do()
            case = self.case(name)
            assert case is not None
        level = self.level_now(name)
        may = (
            case.state == "in progress"
            and self.may_settle(actor, name)
            and level is not None
            and not policies.open_flags(case)
        )
        with self.refusing(expected=not may):
            validation.validate(case, by=actor, reason="Known.")
        if may:
            now = self.case(name)
            assert now is not None
            assert now.level == level
            self.every_word_against_them_was_settled(name)

    @act(name=WHO, by=OFFICE, sees=st.booleans())
    def raises_the_level(self, name: str, by: str, sees: bool) -> None:
        """Raise the level, where a document was seen before it or not."""
        if sees:
            self.checks(name, by, "document seen", "confirmed")
            self.settles_flags(name, by)
            self.what_happened_was_anybodys_to_do()
        case, actor = self.case(name), self.people[by]
        assert case is not None
        met, given = self.level_now(name), self.known[name].level
        may = (
            self.holds(name)
            and self.may_settle(actor, name)
            and met is not None
            and LEVELS.index(met) > LEVELS.index(given)
            and not policies.open_flags(case)
        )
        with self.refusing(expected=not may):
            validation.raise_level(case, by=actor, reason="Seen.")

    def every_word_against_them_was_settled(self, name: str) -> None:
        """Say that whatever contradicted them was settled by somebody of the office, with a reason."""
        case = self.case(name)
        assert case is not None
        against = case.checks.filter(outcome="contradicted").count()
        kinds = ["referee contests", "referee denies", "check contradicts"]
        of_kind = case.settlements.filter(kind__in=kinds)
        assert of_kind.count() == against

    @act(name=WHO, by=OFFICE)
    def refuses(self, name: str, by: str) -> None:
        case, actor = self.case(name), self.people[by]
        assert case is not None
        may = case.state == "in progress" and self.may_settle(actor, name)
        with self.refusing(expected=not may):
            validation.refuse(case, told="Not reached.", by=actor, reason="No answer.")
        if may:
            assert not case.referees.filter(state="sent").exists()

    @act(name=WHO, by=st.sampled_from(["first", "second"]), is_mistaken=st.booleans())
    def is_refused(self, name: str, by: str, is_mistaken: bool) -> None:
        """Refuse, and let the person ask for it to be looked at again, or the office do it by itself."""
        other = "second" if by == "first" else "first"
        self.checks(name, other, "call-back", "contradicted")
        self.what_happened_was_anybodys_to_do()
        self.refuses(name, by)
        self.what_happened_was_anybodys_to_do()
        case = self.case(name)
        if case is None or case.state != "refused":
            return
        if is_mistaken:
            self.works_on_it(name, other, "reopen")
        else:
            self.appeals(name, name)
        self.what_happened_was_anybodys_to_do()
        self.validates(name, by, is_complete=True)

    @act(name=WHO, by=OFFICE, move=st.sampled_from(["ask", "go_on", "reopen", "take", "ask_again"]))
    def works_on_it(self, name: str, by: str, move: str) -> None:
        case, actor = self.case(name), self.people[by]
        assert case is not None
        sources = {
            "ask": ("not started", "in progress"),
            "go_on": ("more asked",),
            "reopen": ("validated", "refused"),
            "take": case.OPEN,
            "ask_again": case.OPEN,
        }[move]
        may = case.state in sources and self.holds_it(actor) and not self.is_own(actor, name)
        if move == "take":
            may = may and actor.pk not in {self.known[name].refuser, case.caseworker_id}
        # Whoever is asked may be the person by now: the one thing more that keeps from asking again.
        expected = None if move == "ask_again" and may else not may
        with self.refusing(expected=expected), transaction.atomic():
            match move:
                case "ask":
                    validation.ask(case, question="Which hotel?", by=actor)
                case "go_on":
                    validation.go_on(case, by=actor, reason="Found out.")
                case "reopen":
                    validation.reopen(case, by=actor, reason="A tip.")
                case "take":
                    validation.take(case, by=actor)
                case "ask_again":
                    referees.ask_again(case, by=actor, reason="No answer.")

    @act(into=st.integers(0, 1))
    def entries_are_merged_or_parted(self, into: int) -> None:
        one, other = (Organisation.objects.get(pk=entry.pk) for entry in self.entries)
        if into:
            one, other = other, one
        if one.merged_into_id or other.merged_into_id:
            merged = one if one.merged_into_id else other
            programme.unmerge_organisation(merged, by=None, reason="A mistake.")
        else:
            with self.refusing():
                programme.merge_organisation(one, into=other, by=None, reason="One firm.")

    # The clock and what it does by itself ----------------------------------------------------------
    @act(days=st.sampled_from([1, 13, 15, 200, 364, 365]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(timedelta(days=days))

    @act(instant=st.sampled_from(INSTANTS))
    def an_instant_comes(self, instant: datetime) -> None:
        if instant > clock.now():
            self.clock.move_to(instant)

    @act()
    def the_sweep_records_what_is_over(self) -> None:
        referees.record_run_out()
        validation.record_run_out()
        validation.record_changed()
        self.what_happened_was_anybodys_to_do()
        before = Event.objects.count()
        referees.record_run_out()
        validation.record_run_out()
        validation.record_changed()
        assert Event.objects.count() == before, "nothing is recorded twice"


def test_nobody_is_validated_but_by_another_on_evidence_for_who_they_are_now():
    run_state_machine_as_test(
        Identities,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=EXAMPLES == 6,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {f"participants.{kind}" for kind in COMES_ABOUT} <= Identities.seen.keys()
