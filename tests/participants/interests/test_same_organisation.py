"""Law 3: who counts as somebody's own, by the register and by what either declared."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from participants import workflow
from participants.models import Person
from participants.policies import why_conflicted
from participants.policies.same_organisation import (
    NAMED_BY_THEM,
    NAMED_BY_YOU,
    OWN,
    SAME_GROUP,
    SAME_ORGANISATION,
    is_same,
)
from participants.workflow.declarations import InterestGiven
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_organisation, make_seat, make_user
from tests.office import make_holder
from tests.participants.interests.declaring import declare
from workstreams import workflow as programme_workflow
from workstreams.models import Organisation, Term

pytestmark = pytest.mark.django_db

POLICE = {"sector": "police", "name": "Northmere Police"}


@pytest.fixture
def judge() -> User:
    return make_user()


@pytest.fixture
def other() -> Person:
    return workflow.person_of(make_user())


def works_for(person: Person, organisation: Organisation | None) -> Person:
    person.organisation = organisation
    person.save(update_fields=["organisation"])
    return person


def put(judge: User, other: Person, mine: Organisation | None, theirs: Organisation | None) -> None:
    """Let two work for these, and never have worked for others."""
    for person, organisation in ((workflow.person_of(judge), mine), (other, theirs)):
        person.worked_for.all().delete()
        works_for(person, None)
        person.worked_for.all().delete()
        works_for(person, organisation)


def merge(organisation: Organisation, into: Organisation) -> None:
    programme_workflow.merge_organisation(
        organisation, into=into, by=make_holder(Role.OFFICE_MANAGER), reason="The same."
    )


def naming(party: str) -> InterestGiven:
    return InterestGiven(kind="shareholdings", party=party, gain="Dividends")


# Themself, and nobody's -------------------------------------------------------------------------------
def test_nobody_judges_themself(judge):
    assert why_conflicted(judge, workflow.person_of(judge)) is OWN


def test_having_no_organisation_equals_nobody_s(judge, other):
    put(judge, other, None, None)
    assert why_conflicted(judge, other) is None
    put(judge, other, make_organisation(), None)
    assert why_conflicted(judge, other) is None


def test_an_account_without_a_person_and_a_person_without_an_account(other):
    assert why_conflicted(make_user(), other) is None
    assert why_conflicted(make_user(), Person.objects.create(full_name="Iris")) is None


# The same organisation --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (POLICE | {"unit": "Port Unit"}, POLICE | {"unit": "Airport Command"}, False),
        (POLICE | {"unit": "Port Unit"}, POLICE | {"unit": ""}, True),  # the whole force
        (POLICE | {"unit": "Port Unit"}, {"sector": "police", "name": "Carrowdale Police"}, False),
        (
            POLICE | {"unit": "Port Unit"},
            {"sector": "police", "name": "Carrowdale Police", "unit": "Port Unit"},
            False,
        ),
        (POLICE | {"unit": "Port Unit"}, {"name": "NORTHMERE  Police", "sector": "private"}, False),
        (POLICE | {"unit": "Port Unit"}, POLICE | {"unit": "port  unit"}, True),  # a duplicate
        ({"name": "Harbour Ltd"}, {"name": "Harbour"}, True),
        ({"name": "Harbour"}, {"name": "Harbour", "unit": "North"}, True),  # firms have no units
        ({"name": "Harbour"}, {"name": "Vale"}, False),
        (
            {"sector": "government", "name": "Readiness", "unit": "Policy"},
            {"sector": "government", "name": "Readiness", "unit": "Buying"},
            False,
        ),
    ],
)
def test_two_entries_are_one_organisation(judge, other, one, two, same):
    mine, theirs = make_organisation(**one), make_organisation(**two)
    put(judge, other, mine, theirs)

    assert is_same(mine, theirs) is is_same(theirs, mine) is same
    assert why_conflicted(judge, other) == (SAME_ORGANISATION if same else None)
    put(judge, other, mine, mine)
    assert why_conflicted(judge, other) == SAME_ORGANISATION


def test_a_merged_entry_counts_as_the_one_that_stayed(judge, other):
    kept, gone = make_organisation(), make_organisation()
    put(judge, other, kept, gone)
    assert why_conflicted(judge, other) is None

    merge(gone, kept)

    assert why_conflicted(judge, other) == SAME_ORGANISATION
    put(judge, other, gone, gone)
    assert why_conflicted(judge, other) == SAME_ORGANISATION


def test_whom_somebody_sits_for_counts_while_the_term_runs(judge, other):
    bank = make_organisation()
    put(judge, other, None, bank)
    term = Term.objects.create(
        seat=make_seat(), holder=judge, organisation=bank, ends_on=clock.today()
    )
    assert why_conflicted(judge, other) == SAME_ORGANISATION

    last, first = clock.today().replace(year=clock.today().year - 1), date(2020, 1, 1)
    for ended, conflict in ((last + timedelta(days=1), SAME_ORGANISATION), (last, None)):
        Term.objects.filter(pk=term.pk).update(starts_on=first, ends_on=ended)

        assert why_conflicted(judge, other) == conflict
        assert Person.objects.withheld_from(judge).filter(pk=other.pk).exists() is bool(conflict)


# What was so until lately ---------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["reader", "subject"])
def test_a_conflict_outlives_another_employer_by_a_year(judge, other, side):
    bank, rail = make_organisation(), make_organisation()
    put(judge, other, bank, bank)
    mover = workflow.person_of(judge) if side == "reader" else other
    with time_machine.travel(datetime(2027, 2, 28, 12, tzinfo=UTC), tick=False) as travel:
        works_for(mover, rail)
        works_for(mover, None)
        for moment, conflict in (
            (datetime(2027, 2, 28, 12, tzinfo=UTC), SAME_ORGANISATION),
            (datetime(2028, 2, 27, 23, 59, 59, tzinfo=UTC), SAME_ORGANISATION),
            (datetime(2028, 2, 28, tzinfo=UTC), None),
        ):
            travel.move_to(moment)
            assert why_conflicted(judge, other) == conflict, moment
            withheld = Person.objects.withheld_from(judge)
            assert withheld.filter(pk=other.pk).exists() is bool(conflict), moment
        works_for(mover, bank)
        assert why_conflicted(judge, other) == SAME_ORGANISATION


def test_what_was_given_in_a_row_read_before_another_change_counts_too(judge, other):
    bank, rail, port = (make_organisation() for _ in range(3))
    put(judge, other, None, bank)
    read_before = Person.objects.get(pk=other.pk)
    works_for(other, rail)
    works_for(read_before, port)

    for each in (bank, rail, port):
        put(judge, Person.objects.create(), each, None)
        assert why_conflicted(judge, other) == SAME_ORGANISATION
        assert why_conflicted(judge, read_before) == SAME_ORGANISATION


# The same group ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("pair", ["members", "member and group", "group and member", "grandchild"])
def test_of_one_group(judge, other, pair):
    top = make_organisation()
    group = make_organisation(group=top)
    hotels, venues = make_organisation(group=group), make_organisation(group=group)
    mine, theirs = {
        "members": (hotels, venues),
        "member and group": (hotels, group),
        "group and member": (group, venues),
        "grandchild": (top, venues),
    }[pair]
    put(judge, other, mine, theirs)

    assert why_conflicted(judge, other) == SAME_GROUP


def test_a_group_that_was_merged_counts_as_another(judge, other):
    old, new = make_organisation(), make_organisation()
    put(judge, other, make_organisation(group=old), make_organisation(group=new))
    assert why_conflicted(judge, other) is None

    merge(old, new)

    assert why_conflicted(judge, other) == SAME_GROUP


def test_a_department_s_agencies_are_no_group(judge, other):
    department = make_organisation(sector="government", unit="Policy")
    put(
        judge,
        other,
        make_organisation(sector="government", unit="Inspection", group=department),
        make_organisation(sector="government", unit="Standards", group=department),
    )

    assert why_conflicted(judge, other) is None


def test_a_group_that_ends_in_itself_ends_the_question_too(judge, other):
    one, two = make_organisation(), make_organisation()
    Organisation.objects.filter(pk=one.pk).update(group=two)
    Organisation.objects.filter(pk=two.pk).update(group=one)
    put(judge, other, one, make_organisation())

    assert why_conflicted(judge, other) is None


# Interests --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("party", "is_named"),
    [
        ("Shares in ostrelle bank plc, from the employees' scheme", True),
        ("OB", True),  # an alias
        ("The Ostrelle Group", True),
        ("Ostrelle Cards", True),  # of its group
        ("Ostrelles Bank", False),
        ("The bank", False),
        (f"{'A long story. ' * 33}Ostrelle Bank", True),  # longer than a key of the register
    ],
)
def test_an_interest_that_names_the_other_s_organisation(judge, other, party, is_named):
    group = make_organisation(name="Ostrelle Group")
    bank = make_organisation(name="Ostrelle Bank", aliases="OB", group=group)
    make_organisation(name="Ostrelle Cards", group=group)
    put(judge, other, bank, make_organisation())
    declare(other, naming("A kennel"), naming(party))
    assert why_conflicted(judge, other) == (NAMED_BY_THEM if is_named else None)

    declare(other)  # they have it no more, and had it within the year
    assert why_conflicted(judge, other) == (NAMED_BY_THEM if is_named else None)
    with clock.set_to(clock.now() + timedelta(days=366)):
        assert why_conflicted(judge, other) is None

    other = workflow.person_of(make_user())
    put(judge, other, make_organisation(), bank)
    declare(workflow.person_of(judge), naming(party))
    assert why_conflicted(judge, other) == (NAMED_BY_YOU if is_named else None)


def test_what_an_organisation_was_called_before_it_was_merged_names_it(judge, other):
    kept, gone = make_organisation(name="Vale"), make_organisation(name="Harbour")
    merge(gone, kept)
    put(judge, other, kept, make_organisation())
    declare(other, naming("Harbour, my bank"))

    assert why_conflicted(judge, other) == NAMED_BY_THEM


def test_who_declares_their_own_force_has_not_named_its_other_units(judge, other):
    port = make_organisation(**POLICE, unit="Port Unit")
    airport = make_organisation(**POLICE, unit="Airport Command")
    put(judge, other, airport, port)
    declare(other, naming("Northmere Police, my employer"))
    assert why_conflicted(judge, other) is None

    declare(other, naming("My wife, of Northmere Police, Airport Command"))
    assert why_conflicted(judge, other) == NAMED_BY_THEM

    works_for(other, make_organisation())
    declare(other, naming("My brother, who trains dogs for Northmere Police"))
    assert why_conflicted(judge, other) == NAMED_BY_THEM
