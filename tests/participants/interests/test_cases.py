"""What comes of a declared interest: who may say so, what each step needs, and what stays in the record."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from participants import policies, workflow
from participants.models import InterestCase, InterestExclusion
from participants.workflow import interest_cases
from participants.workflow.declarations import InterestGiven
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Overtaken, Refused
from tests.builders import make_organisation, make_project, make_submitted, make_user
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


def told(case: InterestCase) -> list[tuple[str, str]]:
    return [(each.kind.rpartition(".")[2], each.reason) for each in Event.objects.about(case)]


# From declaration to declaration ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "again",
    [
        GUARDS,
        InterestGiven(**vars(GUARDS) | {"since": " \n"}),
        InterestGiven(**vars(GUARDS) | {"party": " SABLEBROOK\n security"}),
    ],
)
def test_an_interest_said_again_keeps_its_case_and_its_outcome(person, clerk, again):
    case = case_of(person)
    first = case.interest
    managed(case, clerk)

    newest = declare(person, InterestGiven(kind="other", party="A kennel"), again)

    kept, opened = cases_of(person)
    assert (kept.pk, kept.state, kept.outcome) == (case.pk, "managed", "managed")
    assert kept.interest == newest.interests.get(position=2)
    assert (kept.first_interest, kept.relied_on) == (first, first.declaration.digest)
    assert opened.state == "declared"
    assert told(opened) == [("declared", "")]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"party": "Sablebrook"},
        {"gain": "A fee"},
        {"since": "From next Monday, for the winning bidder"},
    ],
)
def test_other_words_open_another_case_and_the_old_one_counts_no_more(person, clerk, change):
    old = managed(case_of(person), clerk)

    new = case_of(person, InterestGiven(**vars(GUARDS) | change))

    assert (new.state, new.nature, new.relied_on) == ("declared", "", "")
    assert list(InterestCase.objects.declared()) == [new]
    old.refresh_from_db()
    assert old.state == "managed"  # as it was decided
    with pytest.raises(Refused, match="declare this any more"):
        interest_cases.prove(old, proof=DONE, by=clerk)
    declare(person, GUARDS)
    proved(cases_of(person)[0])


def test_another_project_is_another_interest_and_another_person_s_another_case(person):
    project = make_project()
    declare(person, GUARDS, InterestGiven(**vars(GUARDS) | {"project": project.code}))
    case_of(workflow.person_of(make_user()))

    assert len({case.key for case in InterestCase.objects.all()}) == 3


def test_what_is_said_twice_in_one_declaration_is_one_case(person, clerk):
    case = case_of(
        person, GUARDS, InterestGiven(**vars(GUARDS) | {"party": " SABLEBROOK\n security"})
    )

    assert cases_of(person) == [case]
    assessed(case, clerk)
    assert [each.case for each in policies.declared_by(person).interests] == [case, case]


def test_a_nil_ends_all(person):
    case_of(person)
    declare(person)

    assert not InterestCase.objects.declared().exists()
    assert policies.declared_by(person).interests == ()


def test_the_form_opens_cases_too(iris):
    project = make_project()
    draft = make_submitted(project, user=iris)
    said = {f"has_{project.code}": "yes", f"kind_{project.code}": "other"}
    row = draft.pages.get(page="interests")
    answers = (
        row.answers | said | {f"party_{project.code}": "A friend", f"gain_{project.code}": "Tea"}
    )
    workflow.save_page(draft, "interests", answers, revision=row.revision)
    workflow.amend(draft, by=iris, received_at=clock.now())

    (case,) = InterestCase.objects.all()
    assert (case.person.user, case.interest.project, case.state) == (iris, project, "declared")


def test_cases_survive_a_new_secret_key(person, clerk, settings):
    case = assessed(case_of(person), clerk)

    settings.SECRET_KEY = "another"
    assert policies.declared_by(person).interests[0].case == case
    declare(person, GUARDS)

    (kept,) = cases_of(person)
    assert (kept.state, kept.key) == ("assessed", InterestCase.key_of(kept.interest))
    assert kept.key != case.key


def test_the_migration_opens_the_same_cases_for_what_was_declared_before(person):
    declare(person, GUARDS, InterestGiven(kind="other", party="A kennel"))
    declare(person, GUARDS)
    case_of(workflow.person_of(make_user()))
    fields = ("person", "interest", "first_interest", "opened_at", "state")
    signed = set(InterestCase.objects.values_list(*fields))
    InterestCase.objects.all().delete()

    import_module("participants.migrations.0014_interest_cases").open_cases(apps, None)

    assert set(InterestCase.objects.values_list(*fields)) == signed
    assert len(signed) == 3


def test_the_migration_opens_what_differed_from_another_by_its_since_alone(person):
    """As that was one case before: its other half would bar, and nobody could decide about it."""
    declare(person, GUARDS, InterestGiven(**vars(GUARDS) | {"since": "2019"}))
    first, second = cases_of(person)
    second.delete()
    name = "participants.migrations.0019_checks_that_contradict_are_flagged"

    for _again in range(2):
        import_module(name).open_cases_by_since(apps, None)

    kept, opened = cases_of(person)
    assert (kept, opened.interest, opened.state) == (first, second.interest, "declared")
    assert opened.key == InterestCase.key_of(opened.interest)


# Natures and outcomes -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nature", "step", "words"),
    [
        ("actual", "take_no_action", "An actual conflict"),
        ("none", "manage", "no conflict"),
        ("none", "exclude", "no conflict"),
    ],
)
def test_what_comes_of_it_fits_what_it_is(person, clerk, nature, step, words):
    case = assessed(case_of(person), clerk, nature)
    told: dict[str, dict[str, Any]] = {
        "take_no_action": {"reason": "I think it is fine."},
        "manage": {"mitigation": TODO, "owner": clerk, "check_on": in_days(3)},
        "exclude": {"projects": [make_project()], "reason": WHY},
    }
    with pytest.raises(Refused, match=words):
        getattr(interest_cases, step)(case, by=clerk, **told[step])
    offers = {
        each.transition.name: each for each in interest_cases.INTEREST_CASE.offers(case, clerk)
    }
    assert words in str(offers[step].refusal)

    interest_cases.reassess(case, nature="potential", reason=WHY, by=clerk)
    getattr(interest_cases, step)(case, by=clerk, **told[step])


# The steps ----------------------------------------------------------------------------------------------
def test_an_interest_is_assessed_managed_and_shown_to_be_done(person, clerk):
    case, owner = case_of(person), make_holder(Role.OFFICE_MANAGER)
    version = case.interest.declaration.digest
    assert case.outcome == "undecided"

    assessed(case, clerk, "actual")
    case.refresh_from_db()
    assert (case.state, case.nature, case.reason) == ("assessed", "actual", WHY)
    assert (case.assessed_by, case.relied_on, case.outcome) == (clerk, version, "undecided")
    interest_cases.manage(case, mitigation=TODO, owner=owner, check_on=in_days(30), by=clerk)
    assert (case.outcome, case.mitigation, case.owner) == ("managed", TODO, owner)
    interest_cases.prove(case, proof=DONE, by=clerk)

    case.refresh_from_db()
    assert (case.state, case.outcome) == ("managed", "proved")
    assert (case.proof, case.proved_by) == (DONE, clerk)
    assert told(case) == [("declared", ""), ("assessed", WHY), ("managed", TODO), ("proved", DONE)]
    facts = Event.objects.about(case).of_kind("participants.interest.managed").get().facts
    assert facts == {
        "from": "assessed",
        "to": "managed",
        "person": person.record_key,
        "declaration": version,
        "owner": owner.record_key,
        "check_on": str(in_days(30)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, mitigation, proof FROM participants_interestcase")
        rest = str(cursor.fetchall())
    assert "gAAAA" in rest
    assert not any(words in rest for words in (WHY, TODO, DONE))


def test_a_day_to_check_by_that_passed_is_overdue_until_it_is_done_or_moved(person, clerk):
    case = managed(case_of(person), clerk, days=3)
    with time_machine.travel(clock.start_of(in_days(4)) - timedelta(seconds=1), tick=False):
        assert (case.outcome, case.is_overdue) == ("managed", False)
    with time_machine.travel(clock.start_of(in_days(4)), tick=False):
        assert case.outcome == "overdue"
        assert InterestCase.objects.overdue_on(clock.today()).get() == case
        interest_cases.move_check(case, owner=clerk, check_on=in_days(9), reason=WHY, by=clerk)
        assert case.outcome == "managed"
    moved = Event.objects.about(case).latest("id")
    assert (moved.kind, moved.reason) == ("participants.interest.check_moved", WHY)
    assert (moved.facts["check_on_before"], moved.facts["check_on"]) == (
        str(in_days(3)),
        str(in_days(13)),
    )
    with time_machine.travel(clock.start_of(in_days(40)), tick=False):
        proved(case)
        assert case.outcome == "proved"
        assert not InterestCase.objects.overdue_on(clock.today()).exists()


@pytest.mark.parametrize("outcome", ["assessed", "no action", "managed", "proved", "excluded"])
def test_from_any_outcome_it_is_assessed_again(person, clerk, outcome):
    case = case_of(person)
    if outcome in {"managed", "proved"}:
        managed(case, clerk)
    elif outcome == "excluded":
        excluded(case, clerk, make_project())
    else:
        assessed(case, clerk)
    if outcome == "proved":
        proved(case)
    if outcome == "no action":
        interest_cases.take_no_action(case, reason=WHY, by=clerk)

    with pytest.raises(Refused, match="Say why"):
        interest_cases.reassess(case, nature="none", reason=" ", by=clerk)
    interest_cases.reassess(case, nature="none", reason="They left the board.", by=clerk)

    case.refresh_from_db()
    assert (case.state, case.nature, case.outcome) == ("assessed", "none", "undecided")
    assert (case.mitigation, case.owner, case.check_on, case.proof) == ("", None, None, "")
    assert not InterestExclusion.objects.exists()
    assert told(case)[-1] == ("reassessed", "They left the board.")


def test_excluded_from_projects_or_from_a_whole_work_stream(person, clerk):
    one, two, other = make_project(), make_project(), make_project()
    later = make_project(work_stream=other.work_stream)
    case = excluded(case_of(person), clerk, two, one, one)
    assert [case.excludes(each) for each in (one, two, other)] == [True, True, False]
    facts = Event.objects.about(case).latest("id").facts
    assert (facts["projects"], facts["work_stream"]) == (sorted([one.code, two.code]), "")

    interest_cases.reassess(case, nature="actual", reason=WHY, by=clerk)
    interest_cases.exclude(case, work_stream=other.work_stream, reason=WHY, by=clerk)
    assert [case.excludes(each) for each in (one, other, later)] == [False, True, True]


def test_each_step_asks_for_what_it_needs(person, clerk):
    case = case_of(person)
    for move in (
        lambda: interest_cases.assess(case, nature="dubious", reason=WHY, by=clerk),
        lambda: interest_cases.assess(case, nature="", reason=WHY, by=clerk),
        lambda: interest_cases.assess(case, nature="none", reason="", by=clerk),
        lambda: interest_cases.reassess(case, nature="none", reason=WHY, by=clerk),
        lambda: interest_cases.take_no_action(case, reason=WHY, by=clerk),
    ):
        with pytest.raises(Refused):
            move()
    assessed(case, clerk)
    way = {"mitigation": TODO, "owner": clerk, "check_on": in_days(9), "by": clerk}
    for wrong in (
        {"mitigation": " "},
        {"check_on": in_days(-1)},
        {"check_on": in_days(367)},
        {"owner": make_user()},
        {"owner": make_holder(Role.AUDITOR)},
        {"owner": person.user},
    ):
        with pytest.raises(Refused):
            interest_cases.manage(case, **way | wrong)
    with pytest.raises(Refused, match="Choose the projects"):
        interest_cases.exclude(case, reason=WHY, by=clerk)
    interest_cases.manage(case, **way)
    other = make_holder(Role.CASEWORKER)
    with pytest.raises(Refused, match="Say why"):
        interest_cases.prove(case, proof="", by=other)
    with pytest.raises(Refused, match="Neither"):
        interest_cases.move_check(case, owner=clerk, check_on=in_days(9), reason=WHY, by=clerk)
    interest_cases.prove(case, proof=DONE, by=other)
    for move in (
        lambda: interest_cases.prove(case, proof=DONE, by=other),
        lambda: interest_cases.move_check(
            case, owner=clerk, check_on=in_days(2), reason=WHY, by=clerk
        ),
    ):
        with pytest.raises(Refused, match="shown to be done"):
            move()


# Who may ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("roles", "fields", "may"),
    [
        ((Role.CASEWORKER,), {}, True),
        ((Role.OFFICE_MANAGER,), {}, True),
        ((Role.ETHICS_REVIEWER,), {"is_staff": True}, True),
        ((), {"is_superuser": True}, True),
        ((Role.ETHICS_REVIEWER,), {}, False),
        ((Role.COMMUNICATIONS_OFFICER,), {}, False),
        ((Role.AUDITOR,), {}, False),
        ((Role.BOARD,), {}, False),
        ((Role.CASEWORKER,), {"is_active": False}, False),
    ],
)
def test_who_deals_with_interests(person, roles, fields, may):
    case, by = case_of(person), make_holder(*roles, **fields)

    assert (policies.may_deal_with(by, case) is None) is may
    assert (policies.why_not_owner(by, case) is None) is may
    assert policies.may_deal_with(None, case) is not None


def test_nobody_deals_with_their_own_nor_proves_it(clerk):
    person = workflow.person_of(clerk)
    case, other = case_of(person), make_holder(Role.CASEWORKER)
    for move in (
        lambda: assessed(case, clerk),
        lambda: managed(case, other, owner=clerk),
    ):
        with pytest.raises(Refused, match="Nobody"):
            move()
    case.refresh_from_db()
    interest_cases.manage(case, mitigation=TODO, owner=other, check_on=in_days(2), by=other)
    with pytest.raises(Refused, match="Nobody"):
        interest_cases.prove(case, proof=DONE, by=clerk)


def test_who_answers_for_a_mitigation_is_not_who_says_that_it_is_done(person, clerk):
    case, other = managed(case_of(person), clerk), make_holder(Role.ETHICS_REVIEWER, is_staff=True)
    with pytest.raises(Refused, match="somebody else looks at what shows"):
        interest_cases.prove(case, proof=DONE, by=clerk)
    assert policies.may_prove(other, case) is None

    interest_cases.move_check(case, owner=other, check_on=in_days(30), reason=WHY, by=clerk)
    for by in (clerk, other):  # handed on, it is still not theirs to say
        with pytest.raises(Refused, match="somebody else looks at what shows"):
            interest_cases.prove(case, proof=DONE, by=by)
    assert proved(case).outcome == "proved"

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        interest_cases.reassess(case, nature="actual", reason=WHY, by=clerk)
        interest_cases.manage(case, mitigation=TODO, owner=other, check_on=in_days(30), by=clerk)
        assert policies.may_prove(clerk, case) is None  # what they answered for is over


def test_nobody_deals_with_those_of_their_own_organisation(person, clerk):
    case = case_of(person)
    mine = workflow.person_of(clerk)
    mine.organisation = person.organisation = make_organisation()
    mine.save(update_fields=["organisation"])
    person.save(update_fields=["organisation"])

    with pytest.raises(Refused, match="same organisation"):
        assessed(InterestCase.objects.get(pk=case.pk), clerk)
    other = make_holder(Role.CASEWORKER)
    assessed(InterestCase.objects.get(pk=case.pk), other)
    with pytest.raises(Refused, match="may not judge"):
        interest_cases.manage(
            InterestCase.objects.get(pk=case.pk),
            mitigation=TODO,
            owner=clerk,
            check_on=in_days(2),
            by=other,
        )


# Two at once ------------------------------------------------------------------------------------------
def test_of_two_who_decide_one_is_told_that_the_other_was_faster(person, clerk):
    case = assessed(case_of(person), clerk)
    mine, theirs = (InterestCase.objects.get(pk=case.pk) for _each in range(2))
    interest_cases.take_no_action(mine, reason=WHY, by=clerk)

    with pytest.raises(Overtaken):
        interest_cases.manage(theirs, mitigation=TODO, owner=clerk, check_on=in_days(1), by=clerk)


def test_nobody_decides_of_a_version_that_was_replaced_meanwhile(person, clerk):
    case = case_of(person)
    opened = InterestCase.objects.get(pk=case.pk)
    declare(person, GUARDS)

    with pytest.raises(Refused):
        assessed(opened, clerk)
    assert assessed(cases_of(person)[0], clerk).relied_on == declare(person, GUARDS).digest


# The database is the last guard -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "values",
    [
        {"state": "resolved"},
        {"state": "no action"},
        {"nature": "actual"},
        {"state": "assessed", "nature": "dubious"},
        {"mitigation": "x"},
        {"proof": "x"},
        {"check_on": "2026-01-01"},
    ],
)
def test_the_database_refuses_what_no_step_makes(person, values):
    case = case_of(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        InterestCase.objects.filter(pk=case.pk).update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"owner": None},
        {"check_on": None},
        {"mitigation": ""},
        {"state": "no action"},
        {"proof": "x"},
        {"proved_at": "2026-01-01T00:00:00Z"},
        {"reason": ""},
        {"relied_on": ""},
        {"assessed_by": None},
    ],
)
def test_the_database_keeps_what_is_managed_whole(person, clerk, values):
    case = managed(case_of(person), clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        InterestCase.objects.filter(pk=case.pk).update(**values)
