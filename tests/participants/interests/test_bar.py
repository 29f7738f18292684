"""Law 1's interest half: what interests keep somebody out of, whatever was done in whatever order."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from participants import policies, workflow
from participants.models import InterestCase
from participants.policies.interest_cases import CHECK_OVERDUE, EXCLUDED, NOT_DECLARED, UNDECIDED
from participants.querysets import anniversary
from participants.workflow import interest_cases
from participants.workflow.declarations import InterestGiven
from projects.models import Project
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_project
from tests.office import make_holder
from tests.participants.interests.declaring import (
    DONE,
    GUARDS,
    TODO,
    WHY,
    assessed,
    case_of,
    cases_of,
    declare,
    excluded,
    in_days,
    managed,
    proved,
)

pytestmark = pytest.mark.django_db


# One by one ---------------------------------------------------------------------------------------------
def test_without_a_declaration_in_date_every_project_is_barred(person):
    project = make_project()
    assert policies.interests_bar(person, project) == NOT_DECLARED

    declare(person)
    assert policies.interests_bar(person, project) is None
    due = clock.start_of(anniversary(clock.today()))
    with time_machine.travel(due - timedelta(seconds=1), tick=False):
        assert policies.interests_bar(person, project) is None
    with time_machine.travel(due, tick=False):
        assert policies.interests_bar(person, project) == NOT_DECLARED


def test_an_interest_in_one_project_says_nothing_of_another(person, clerk):
    about, other = make_project(), make_project()
    case = case_of(person, InterestGiven(**vars(GUARDS) | {"project": about.code}))

    def bars() -> tuple[Any, Any]:
        return policies.interests_bar(person, about), policies.interests_bar(person, other)

    assert bars() == (UNDECIDED, None)
    assessed(case, clerk, "none")
    assert bars() == (UNDECIDED, None)
    interest_cases.take_no_action(case, reason=WHY, by=clerk)
    assert bars() == (None, None)
    interest_cases.reassess(case, nature="actual", reason=WHY, by=clerk)
    assert bars() == (UNDECIDED, None)
    interest_cases.exclude(case, projects=[other], reason=WHY, by=clerk)
    assert bars() == (None, EXCLUDED)


def test_a_general_interest_touches_every_project(person, clerk):
    project, other = make_project(), make_project()
    case = case_of(person)
    assert policies.interests_bar(person, project) == UNDECIDED
    excluded(case, clerk, other)
    assert policies.interests_bar(person, project) is None
    assert policies.interests_bar(person, other) == EXCLUDED


def test_what_is_managed_bars_again_once_it_is_overdue(person, clerk):
    project = make_project()
    case = managed(case_of(person), clerk, days=0)
    assert policies.interests_bar(person, project) is None
    with time_machine.travel(clock.start_of(in_days(1)), tick=False):
        assert policies.interests_bar(person, project) == CHECK_OVERDUE
        proved(case)
        assert policies.interests_bar(person, project) is None


def test_an_interest_without_a_case_bars_too(person):
    declare(person, GUARDS)
    InterestCase.objects.all().delete()

    assert policies.interests_bar(person, make_project()) == UNDECIDED


def test_it_costs_the_same_for_many_interests(person, clerk, django_assert_max_num_queries):
    project = make_project()
    many = [InterestGiven(kind="other", party=str(number), gain="") for number in range(30)]
    declare(person, *many)
    for case in cases_of(person)[:5]:
        excluded(case, clerk, make_project())

    with django_assert_max_num_queries(5):
        assert policies.interests_bar(person, project) == UNDECIDED


# In any order -------------------------------------------------------------------------------------------
SAYINGS = st.lists(
    st.tuples(st.sampled_from(["a bank", "A  BANK", "a kennel"]), st.integers(-1, 1)), max_size=3
)

DECIDED = {"no action", "managed", "excluded"}
BEGINS = {
    "assess": {"declared"},
    "reassess": {"assessed", *DECIDED},
    "take_no_action": {"assessed"},
    "manage": {"assessed"},
    "exclude": {"assessed"},
    "prove": {"managed"},
    "move_check": {"managed"},
}


NONSENSE = {("actual", "take_no_action"), ("none", "manage"), ("none", "exclude")}


@dataclass
class Known:
    """What has come of one interest, told apart from the code under test."""

    state: str = "declared"
    nature: str = ""
    check_on: date | None = None
    is_done: bool = False
    out_of: set[int] = field(default_factory=set)
    owners: set[int] = field(default_factory=set)

    def bars(self, about: int, project: int, today: date) -> bool:
        if project in self.out_of:
            return True
        if about not in {-1, project}:
            return False
        late = bool(
            self.state == "managed" and not self.is_done and self.check_on and self.check_on < today
        )
        return self.state in {"declared", "assessed"} or late


class InterestsMachine(RuleBasedStateMachine):
    """One person declares as they like, two of the office decide as they like, time goes on."""

    person: Any
    projects: list[Project]
    office: list[User]

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel("2026-03-02T12:00:00Z", tick=False)
        self.traveller = self.travel.start()
        self.projects = [make_project(), make_project()]
        # The person is of the office too: they have every right but over their own.
        self.own, *others = [make_holder(Role.CASEWORKER) for _each in range(3)]
        self.office = others
        self.person = workflow.person_of(self.own)
        self.known: dict[tuple[str, int], Known] = {}
        self.said: set[tuple[str, int]] = set()
        self.declares([("a bank", -1), ("a bank", 0)])

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            self.the_record_explains_each_state_and_nobody_decided_about_their_own()
        finally:
            self.travel.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # What they do ---------------------------------------------------------------------------------------
    @rule(said=SAYINGS)
    def declares(self, said: list[tuple[str, int]]) -> None:
        given = [
            InterestGiven(
                kind="other",
                party=party,
                gain="A fee",
                project="" if about < 0 else self.projects[about].code,
            )
            for party, about in said
        ]
        declare(self.person, *given)
        self.said = {(" ".join(party.lower().split()), about) for party, about in said}
        for key in self.said:
            self.known.setdefault(key, Known())
        self.signed_on = clock.today()

    @rule(days=st.sampled_from([1, 1, 2, 20, 200]))
    def wait(self, days: int) -> None:
        self.traveller.shift(timedelta(days=days))

    @rule(data=st.data(), is_any=st.integers(0, 3), is_own=st.integers(0, 5))
    def decides(self, data: Any, is_any: int, is_own: int) -> None:
        """Make a step that can be made, but for each fourth time any, and each sixth their own."""
        key = data.draw(st.sampled_from(sorted(self.said or self.known)[:2]))
        if is_any == 0:
            key = data.draw(st.sampled_from(sorted(self.known)))
        case, known = self.case(key), self.known[key]
        possible = [step for step, states in BEGINS.items() if known.state in states]
        name = data.draw(st.sampled_from(sorted(BEGINS) if is_any == 0 else possible))
        by = self.own if is_own == 0 else self.office[is_own % 2]
        out_of = data.draw(st.sampled_from([{0}, {1}, {0, 1}])) if name == "exclude" else set()
        days = data.draw(st.sampled_from([0, 1, 2, 20])) if name in {"manage", "move_check"} else 0
        check_on = clock.today() + timedelta(days=days)
        owner = self.office[data.draw(st.integers(0, 1))]
        natures = ["potential", "actual", "none"] if name.endswith("assess") else ["potential"]
        nature = data.draw(st.sampled_from(natures))
        by_step: dict[str, dict[str, Any]] = {
            "assess": {"nature": nature, "reason": WHY},
            "reassess": {"nature": nature, "reason": WHY},
            "take_no_action": {"reason": WHY},
            "manage": {"mitigation": TODO, "owner": owner, "check_on": check_on},
            "prove": {"proof": DONE},
            "move_check": {
                "owner": owner,
                "check_on": check_on,
                "reason": WHY,
            },
            "exclude": {"projects": [self.projects[each] for each in out_of], "reason": WHY},
        }
        more = by_step[name]
        if not self.may(key, known, name, by):
            with pytest.raises(Refused):
                getattr(interest_cases, name)(case, by=by, **more)
            return
        try:
            getattr(interest_cases, name)(case, by=by, **more)
        except Refused:  # the same owner and day again
            assert name == "move_check"
            assert known.check_on == check_on
            return
        after = {"take_no_action": "no action", "exclude": "excluded"}.get(name, "managed")
        known.state = "assessed" if name.endswith("assess") else after
        known.out_of = set(out_of)
        known.is_done = name == "prove"
        if name.endswith("assess"):
            known.owners, known.nature = set(), nature
        if name in {"manage", "move_check"}:
            known.check_on = check_on
            known.owners.add(more["owner"].pk)

    decides_again = decides

    def may(self, key: tuple[str, int], known: Known, name: str, by: User) -> bool:
        is_over = known.is_done and name in {"prove", "move_check"}
        right = by is not self.own and key in self.said
        if name == "prove" and by.pk in known.owners:
            return False
        if (known.nature, name) in NONSENSE:
            return False
        return right and known.state in BEGINS[name] and not is_over

    def case(self, key: tuple[str, int]) -> InterestCase:
        (found,) = [
            case
            for case in cases_of(self.person)
            if (case.interest.party.lower().split(), self.about(case)) == (key[0].split(), key[1])
        ]
        return found

    def about(self, case: InterestCase) -> int:
        project = case.interest.project
        return self.projects.index(project) if project else -1

    # What must hold -------------------------------------------------------------------------------------
    @invariant()
    def the_bar_the_lists_and_the_model_say_the_same(self) -> None:
        if not hasattr(self, "atomic"):
            return
        today = clock.today()
        is_due = anniversary(self.signed_on) <= today
        declared = policies.declared_by(self.person)
        for number, project in enumerate(self.projects):
            barred = any(self.known[key].bars(key[1], number, today) for key in self.said)
            assert bool(declared.bar(project)) is (is_due or barred)
        live = {each.case for each in declared.interests}
        listed: list[Any] = list(InterestCase.objects.by_urgency(today))
        assert {case for case in listed if case.is_declared} == live
        assert [case.urgency for case in listed] == sorted(
            3 if case not in live else {"overdue": 0, "undecided": 1}.get(case.outcome, 2)
            for case in listed
        )

    def the_record_explains_each_state_and_nobody_decided_about_their_own(self) -> None:
        for case in cases_of(self.person):
            opened, *steps = Event.objects.about(case)
            state = InterestCase.State.DECLARED
            assert opened.kind == "participants.interest.declared"
            for step in steps:
                assert step.facts["from"] == state
                assert step.actor in self.office
                assert step.reason
                state = step.facts["to"]
            assert state == case.state
            if case.assessed_by:
                assert self.own not in {case.assessed_by, case.owner, case.proved_by}
            assert case.proved_by is None or case.proved_by != case.owner


def test_the_bar_is_what_the_facts_say_whatever_was_done():
    run_state_machine_as_test(
        InterestsMachine,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # shrinking would take minutes, and the steps are few
            suppress_health_check=list(HealthCheck),
        ),
    )
