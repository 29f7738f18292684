"""Whatever is done to the register: nothing chains, no group ends in itself, and undoing gives back all."""

from typing import Any

import pytest
from django.db import transaction
from django.forms import modelform_factory
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from stepchange.transitions import Refused
from tests.builders import make_organisation
from tests.office import seen
from workstreams import identifiers, policies, workflow
from workstreams.forms import OrganisationRegisterForm
from workstreams.models import COUNTING, Organisation

WHY = "Because."
ENTRIES = st.integers(0, 5)
NAMES = st.sampled_from(["Harbour", "harbour ltd", "Vale", "HV", "Kestrowe"])
NUMBERS = st.sampled_from(["", "1", "2"])
EDITED = ("name", "unit", "sector", "group", "identifier_kind", "identifier", "aliases", "domains")
Form = modelform_factory(Organisation, form=OrganisationRegisterForm, fields=EDITED)


def columns(row: Organisation) -> dict[str, Any]:
    return {**Organisation.objects.values().get(pk=row.pk)}


class Register(RuleBasedStateMachine):
    """Proposes, publishes, refuses, merges, parts and edits, in any order, by the functions users reach."""

    @initialize()
    def begin(self) -> None:
        self.example = transaction.atomic()
        self.example.__enter__()
        self.rows = [make_organisation(state="proposed") for _ in range(3)]
        self.before: dict[int, dict[str, Any]] = {}

    def teardown(self) -> None:
        if hasattr(self, "example"):
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    def row(self, number: int) -> Organisation:
        return Organisation.objects.get(pk=self.rows[number % len(self.rows)].pk)

    @rule(name=NAMES, parent=NAMES)
    def propose(self, name: str, parent: str) -> None:
        found = workflow.propose_organisation(name, "", "private", by=None, parent=parent)
        for row in Organisation.objects.filter(pk__in=[found.pk, found.group_id or 0]):
            if row.pk not in {each.pk for each in self.rows}:
                self.rows.append(row)

    @rule(one=ENTRIES)
    def publish(self, one: int) -> None:
        row = self.row(one)
        try:
            workflow.publish_organisation(row, by=None)
        except Refused:
            assert row.state != "proposed"

    @rule(one=ENTRIES, other=ENTRIES)
    def merge(self, one: int, other: int) -> None:
        row, into = self.row(one), self.row(other)
        was = columns(row)
        try:
            workflow.merge_organisation(row, into=into, by=None, reason=WHY)
        except Refused:
            assert columns(row) == was
        else:
            self.before[row.pk] = was

    @rule(one=ENTRIES)
    def unmerge(self, one: int) -> None:
        row = self.row(one)
        was = columns(row)
        try:
            workflow.unmerge_organisation(row, by=None, reason=WHY)
        except Refused:
            assert columns(row) == was
        else:
            assert columns(row) == self.before.pop(row.pk)

    @rule(one=ENTRIES, group=st.none() | ENTRIES, number=NUMBERS, name=NAMES)
    def edit(self, one: int, group: int | None, number: str, name: str) -> None:
        row = self.row(one)
        typed = {
            "name": name,
            "sector": "private",
            "group": "" if group is None else self.row(group).pk,
            "identifier_kind": number and identifiers.COMPANIES_HOUSE,
            "identifier": number,
            **seen(row),
        }
        form = Form(typed, instance=row)
        if policies.may_edit(row) is None and form.is_valid():
            form.save()

    @invariant()
    def nothing_chains_and_no_group_ends_in_itself(self) -> None:
        rows = {row.pk: row for row in Organisation.objects.all()}
        for row in rows.values():
            assert row.merged_into_id is None or rows[row.merged_into_id].merged_into_id is None
        counts_as = {pk: rows[row.merged_into_id or pk] for pk, row in rows.items()}
        for row in rows.values():
            at, above = counts_as[row.pk], []
            while at.group_id is not None:
                assert at.pk not in above
                above.append(at.pk)
                at = counts_as[at.group_id]

    @invariant()
    def what_is_merged_is_as_it_was(self) -> None:
        for key, was in self.before.items():
            now = Organisation.objects.values().get(pk=key)
            changed = {name for name, value in now.items() if value != was[name]}
            assert changed == {"state", "merged_into_id", "state_before_merge"}

    @invariant()
    def a_number_is_one_entrys_that_counts(self) -> None:
        counting = Organisation.objects.filter(state__in=COUNTING).exclude(identifier="")
        numbers = list(counting.values_list("identifier", flat=True))
        assert len(numbers) == len(set(numbers))
        assert all(identifiers.plainly("companies house", each) == each for each in numbers)


@pytest.mark.django_db
def test_the_register_holds_whatever_is_done_to_it():
    run_state_machine_as_test(
        Register,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
