"""Law 3 asked of rows and of one person: the scope of every page, and the words that say why, agree."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants import policies, workflow
from participants.models import Person
from participants.workflow import suggestions
from tests.builders import make_interest, make_organisation, make_project, make_seat, make_user
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

SECTORS = ("private", "private", "private", "police", "government")


def make_person(organisation=None) -> Person:
    person = workflow.person_of(make_user())
    person.organisation = organisation
    person.save(update_fields=["organisation"])
    return person


@given(data=st.data())
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_scope_and_the_words_agree_on_any_register(data):
    with transaction.atomic():
        _compare_on_a_register(data)
        transaction.set_rollback(True)


def _compare_on_a_register(data):
    entries: dict[tuple[str, str, str], Organisation] = {}
    for number in range(data.draw(st.integers(2, 6), "entries")):
        sector = data.draw(st.sampled_from(SECTORS))
        same = [one for one in entries.values() if (one.sector, one.state) == (sector, "published")]
        group = data.draw(st.sampled_from([None, *same])) if sector == "private" else None
        into = data.draw(st.sampled_from([None, *same])) if group is None else None
        unit = "" if sector == "private" else data.draw(st.sampled_from(["", "Dogs", "Horses"]))
        name = f"Body {number if sector == 'private' else data.draw(st.integers(1, 2))}"
        if (name, unit, sector) in entries:
            continue
        entries[name, unit, sector] = make_organisation(
            name=name,
            unit=unit,
            sector=sector,
            group=group,
            state="merged" if into else "published",
            merged_into=into,
            state_before_merge="published" if into else "",
        )
    some = st.sampled_from([None, *entries.values()])
    people = [make_person(data.draw(some)) for _number in range(data.draw(st.integers(1, 4)))]
    reader = make_person(data.draw(some))
    for person in (reader, *people):
        sits = data.draw(some)
        if sits and data.draw(st.booleans()):
            Term.objects.create(seat=make_seat(), holder=person.user, organisation=sits)
        named = data.draw(some)
        if named and data.draw(st.booleans()):
            make_interest(person.user, party=named.name)
    suggestions.compare_queued()

    withheld = set(Person.objects.withheld_from(reader.user))
    told = {each for each in (reader, *people) if policies.why_conflicted(reader.user, each)}

    assert told <= withheld
    if all(one.sector == "private" for one in entries.values()):
        assert withheld == told  # a force's own name is its other units', too: there rows tell more


def test_nobody_without_an_organisation_is_withheld():
    reader, other = make_person(), make_person()

    assert set(Person.objects.withheld_from(reader.user)) == {reader}
    assert policies.why_conflicted(reader.user, other) is None


def test_membership_needs_identity_declaration_and_undertaking_at_once():
    bars = policies.membership_bars(make_person(), make_project())

    assert [str(bar) for bar in bars] == [
        "Their identity is not validated at this moment.",
        str(policies.interests_bar(make_person(), make_project())),
        "They have not accepted the current undertaking.",
    ]
