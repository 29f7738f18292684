"""Law 3 asked of rows and of one person: the scope of every page, and the words that say why, agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants import policies, workflow
from participants.models import Person, Validation
from participants.workflow import suggestions, validation
from stepchange import clock
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    complete_answers,
    make_call,
    make_declaration,
    make_interest,
    make_organisation,
    make_project,
    make_seat,
    make_user,
)
from tests.office import make_holder
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
    for number in range(data.draw(st.integers(2, 4), "entries")):
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
    number = data.draw(st.integers(1, 3), "people")
    reader, *people = [make_person() for _number in range(number + 1)]
    now = clock.now()
    days_ago = st.sampled_from([800, 366, 365, 364, 30, 0])
    for days in sorted(data.draw(st.lists(days_ago, min_size=2, max_size=3), "when"), reverse=True):
        with clock.set_to(now - timedelta(days=days)):
            for person in (reader, *people):
                _say(data, person, some)
            suggestions.compare_queued()

    withheld = set(Person.objects.withheld_from(reader.user))
    told = {each for each in (reader, *people) if policies.why_conflicted(reader.user, each)}

    assert told <= withheld
    if all(one.sector == "private" for one in entries.values()):
        assert withheld == told  # a force's own name is its other units', too: there rows tell more


def _say(data, person, some):
    """Let somebody give an employer, sit for somebody, or sign what they have an interest in, or nil."""
    kinds = ["employer", "employer", "employer", "seat", "interest", "nil"]
    what = data.draw(st.sets(st.sampled_from(kinds), min_size=1, max_size=2), "says")
    if "employer" in what:
        person.organisation = data.draw(some)
        person.save(update_fields=["organisation"])
    sits = data.draw(some) if "seat" in what else None
    if sits:
        begun = clock.today()
        ends = data.draw(st.sampled_from([None, begun, begun + timedelta(days=30)]))
        Term.objects.create(
            seat=make_seat(),
            holder=person.user,
            organisation=sits,
            starts_on=begun,
            ends_on=ends,
        )
    named = data.draw(some) if "interest" in what else None
    if named:
        make_interest(person.user, party=named.name)
    if "nil" in what:
        make_declaration(person.user)


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


@pytest.mark.parametrize("declares", ["reader", "subject"])
def test_an_interest_outlives_a_nil_by_a_year(declares):
    bank = make_organisation(name="Ostrelle Bank")
    reader, subject = make_person(), make_person()
    one, other = (reader, subject) if declares == "reader" else (subject, reader)
    other.organisation = bank
    other.save(update_fields=["organisation"])
    make_interest(one.user, party="Ostrelle Bank")
    make_declaration(one.user)
    suggestions.compare_queued()

    for days, is_withheld in ((0, True), (364, True), (366, False)):
        with clock.set_to(clock.now() + timedelta(days=days)):
            assert bool(policies.why_conflicted(reader.user, subject)) is is_withheld
            withheld = Person.objects.withheld_from(reader.user)
            assert withheld.filter(pk=subject.pk).exists() is is_withheld


@pytest.mark.parametrize("who", ["reader", "subject"])
def test_a_form_amended_to_another_employer_opens_no_case(who):
    """What a caseworker tried who was refused a colleague's case: the form is the only thing they need."""
    project, call = make_project(), make_call()
    colleague = make_holder(Role.CASEWORKER)
    make_organisation(name="Harbour & Vale Hotels")
    make_organisation(name="Quayside Rooms")
    forms = {}
    for name, user in (("reader", colleague), ("subject", make_user())):
        said = complete_answers(project, email=user.email)
        said["organisation"] |= {"organisation": "Harbour & Vale Hotels", "parent": ""}
        forms[name] = workflow.start(user, call, received_at=clock.now())
        for page, answers in said.items():
            workflow.save_page(forms[name], page, answers, revision=0)
        workflow.submit(forms[name], by=user, received_at=clock.now())
    mover = forms[who]
    said = complete_answers(project, email=mover.person.user.email)["organisation"]
    said |= {"organisation": "Quayside Rooms", "parent": ""}
    revision = mover.pages.get(page="organisation").revision
    workflow.save_page(mover, "organisation", said, revision=revision)
    workflow.amend(mover, by=mover.person.user, received_at=clock.now())
    case = Validation.objects.get(person=forms["subject"].person)

    assert Person.objects.get(pk=mover.person.pk).organisation.name == "Quayside Rooms"
    assert not Validation.objects.judged_by(colleague).filter(pk=case.pk).exists()
    with pytest.raises(Refused, match="same organisation"):
        validation.take(case, by=colleague)
