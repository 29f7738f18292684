"""The demonstration's validations: every state that there is, made by the same functions as everybody's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from participants import policies
from participants.models import FlagKind, RefereeRequest, Validation
from participants.validation_words import told_of
from participants.workflow.looking import LOOKED
from projects.models import IdentityLevel, Project
from stepchange import audit, clock
from stepchange.models import Event, User
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

FLAGGED = FlagKind.REFEREE_OTHER_DOMAIN


def case(number: int) -> Validation:
    return Validation.objects.select_related("person__user").get(
        person__user__email=f"volunteer{number}@stepchange.example"
    )


def stand(number: int) -> str:
    return told_of(User.objects.get(email=f"volunteer{number}@stepchange.example")).stand


def flags(number: int) -> set[str]:
    return {flag.kind.value for flag in policies.open_flags(case(number))}


def referee(number: int) -> str:
    return referee_of(case(number))


def referee_of(validation: Validation) -> str:
    return RefereeRequest.objects.filter(validation=validation).latest("pk").state


def test_there_is_one_in_every_state(loaded):
    stands = {number: stand(number) for number in (1, 2, 21, 22, 10, 18, 15, 17, 29, 6)}

    assert stands == {
        1: "validated",
        2: "validated",
        21: "validated",
        22: "referee",
        10: "answer",
        18: "refused",
        15: "looked at",
        17: "looked at",
        29: "referee",
        6: "nothing",
    }
    assert case(29).state == "not started"
    assert (case(1).level, case(2).level) == (IdentityLevel.LOW, IdentityLevel.MEDIUM)


def test_one_runs_out_in_two_months_and_one_has_and_was_begun_again(loaded):
    assert case(21).expires_on is not None
    left = case(21).expires_on - clock.today()
    assert timedelta(days=59) <= left <= timedelta(days=61)
    kinds = Event.objects.about(case(22)).values_list("kind", flat=True)
    assert "participants.validation.expired" in kinds
    assert case(22).state == "in progress"


def test_whoever_decided_has_looked_and_they_read_it(loaded):
    for number in (1, 2, 21, 22, 10, 18, 15):
        person = case(number).person
        looks = (
            Event.objects.about(person).of_kind(LOOKED).filter(actor__email__startswith="office")
        )
        seen = {look.facts["what"] for look in looks}
        assert "identity evidence" in seen, number


def test_one_of_the_office_takes_part_and_is_withheld_from_her_team(loaded):
    hers = Validation.objects.get(person__user__email="office3@stepchange.example")
    assert (hers.state, referee_of(hers)) == ("in progress", "confirmed")
    sees = {
        address: Validation.objects.judged_by(
            User.objects.get(email=f"{address}@stepchange.example")
        )
        .filter(pk=hers.pk)
        .exists()
        for address in ("office", "office2", "office3")
    }
    assert sees == {"office": True, "office2": False, "office3": False}


def test_the_office_is_of_no_force(loaded):
    office = Organisation.objects.filter(name="Step-Change Coordination Office")
    assert set(office.values_list("sector", flat=True)) == {"government"}


def test_an_appeal_is_for_somebody_else(loaded):
    office = User.objects.get(email="office@stepchange.example")
    other = User.objects.get(email="office2@stepchange.example")
    assert (case(15).refused_by, case(15).caseworker) == (office, None)
    assert policies.may_take(office, case(15))
    assert policies.may_settle(office, case(15))
    assert policies.may_settle(other, case(15)) is None


def test_referees_answer_in_every_way_and_not_at_all(loaded):
    assert {number: referee(number) for number in (1, 14, 11, 3, 29)} == {
        1: "confirmed",
        14: "contested",
        11: "unknown person",
        3: "expired",
        29: "sent",
    }
    assert flags(14) == {"referee contests"}
    assert flags(11) == {"referee denies"}
    assert "shared referee" in flags(16) & flags(7)


def test_only_who_names_a_referee_of_elsewhere_is_flagged_for_it(loaded):
    flagged = policies.flags_of(Validation.objects.select_related("person__organisation"))
    keys = {key for key, of_it in flagged.items() if FLAGGED in {flag.kind for flag in of_it}}
    assert case(16).pk in keys  # of another force
    assert keys <= {case(number).pk for number in (16, 22)}


def test_two_projects_ask_for_more_and_say_so(loaded):
    asking = Project.objects.exclude(identity_level=IdentityLevel.LOW)
    assert set(asking.values_list("code", flat=True)) == {"T1", "CF2"}
    assert all("card" in project.identity_wanted and "card" in project.needs for project in asking)
    assert Project.objects.get(code="T2").identity_wanted == ""


def test_the_record_of_it_is_whole(loaded):
    assert audit.verify().broken == ""
