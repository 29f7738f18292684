"""What a referee's word is worth, and that it stays as it was given."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from participants import policies
from participants.models import RefereeRequest
from participants.querysets import anniversary
from participants.tasks import forget_referees
from participants.workflow import REFEREE, referees, validation
from participants.workflow.referees import Answer, Referee
from stepchange import audit, clock
from stepchange.events import record
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.office import signed_in
from tests.participants.identity import cases, desk
from tests.participants.identity.cases import YES, again, make_case

pytestmark = pytest.mark.django_db

OTHER = Referee(name="Ottoline Brandt", role_title="Director", email="o@vanity.example")
SAYS = {
    "confirmed": YES,
    "contested": Answer(name_is_right=True, comment="No longer."),
    "unknown person": Answer(knows_them=False),
}


# Whose domain it is -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "domains", "address", "flagged"),
    [
        ("published", "harbour-vale.example", "w@harbour-vale.example", None),
        ("published", "harbour-vale.example", "w@MAIL.harbour-vale.example", None),
        ("published", "harbour-vale.example", "w@vanity.example", "referee other domain"),
        ("published", "harbour-vale.example", "w@notharbour-vale.example", "referee other domain"),
        ("published", "", "w@harbour-vale.example", "referee other domain"),
        ("proposed", "harbour-vale.example", "w@harbour-vale.example", "referee other domain"),
        (None, "", "w@harbour-vale.example", "referee other domain"),
        ("published", "gmail.com", "w@gmail.com", "referee free mail"),
    ],
)
def test_a_referee_is_flagged_unless_the_register_vouches_for_their_domain(
    state, domains, address, flagged
):
    case = make_case()
    works_for = case.person.organisation
    works_for.state, works_for.domains = state or "proposed", domains
    works_for.save()
    if state is None:
        case.person.organisation = None
        case.person.save()
    RefereeRequest.objects.filter(validation=case).update(email=address)

    kinds = {flag.kind.value for flag in policies.open_flags(again(case))}
    assert kinds & {"referee other domain", "referee free mail"} == ({flagged} - {None})


def test_while_it_stands_open_the_case_is_not_validated_and_who_settles_it_says_why(clerk):
    case = make_case()
    cases.referee_says(case)
    cases.call_back(case, clerk)
    flags = {flag.kind.value: flag for flag in policies.open_flags(case)}
    doubt = flags.pop("referee other domain")
    for flag in flags.values():
        validation.settle_flag(case, kind=flag.kind, facts=flag.facts, by=clerk, reason="It is so.")
    with pytest.raises(Refused, match="flag"):
        validation.validate(case, by=clerk, reason="Known.")
    assert "Once the flag about the referee is settled" in desk.read(signed_in(clerk), case)
    with pytest.raises(Refused, match="Say why"):
        validation.settle_flag(case, kind=doubt.kind, facts=doubt.facts, by=clerk, reason=" ")
    validation.settle_flag(
        case, kind=doubt.kind, facts=doubt.facts, by=clerk, reason="A firm of the group."
    )
    assert "Once the flag about the referee" not in desk.read(signed_in(clerk), case)
    validation.validate(case, by=clerk, reason="Known.")


# What was answered ------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [*SAYS, "expired"])
def test_what_a_referee_answered_stays_when_another_is_asked(clerk, state):
    case = make_case()
    first = cases.asked(case)
    if state == "expired":
        referees.expire(first, by=None)
    else:
        cases.referee_says(case, SAYS[state])
    referees.ask_again(again(case), by=clerk, reason="Another is better.", named=OTHER)

    assert list(RefereeRequest.objects.order_by("pk").values_list("state", flat=True)) == [
        state,
        "sent",
    ]
    assert not Event.objects.about(first).filter(kind=REFEREE.kind("replace")).exists()
    if state == "confirmed":  # it stays, and counts no more
        check = case.checks.get(kind="referee")
        assert "Another referee" in str(policies.why_not_counting(again(case), check))
        assert check not in policies.counting(again(case))


@pytest.mark.parametrize("state", SAYS)
def test_an_answer_is_never_replaced_whoever_tries(clerk, state):
    case = make_case()
    cases.referee_says(case, SAYS[state])
    asking = RefereeRequest.objects.get()
    with pytest.raises(Refused):
        REFEREE.move(asking, "replace", by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefereeRequest.objects.filter(pk=asking.pk).update(state="replaced")


def test_who_answered_for_somebody_who_names_another_now_is_not_shared():
    case, other = desk.make_case(), desk.make_case(email="bao@harbour-vale.example", name="Bao")

    def shared() -> bool:
        return "shared referee" in {flag.kind.value for flag in policies.open_flags(again(case))}

    assert shared()
    cases.referee_says(other)
    assert shared()
    referees.name_another(again(other), OTHER, by=other.person.user)
    assert not shared()


# For how long -----------------------------------------------------------------------------------------
def a_year_on(asking: RefereeRequest, seconds: int = 0) -> datetime:
    """Return the first instant of the day a year after a request ended, and some seconds."""
    day = clock.day_of(asking.answered_at or asking.expires_at)
    return clock.start_of(anniversary(day)) + timedelta(seconds=seconds)


@pytest.mark.parametrize("said", [*SAYS, "expired"])
def test_a_year_after_the_answer_the_details_go_and_what_was_found_stays(clerk, said):
    case = make_case()
    asking = cases.asked(case)
    if said == "expired":
        referees.expire(asking, by=None)
    else:
        cases.referee_says(case, SAYS[said])
    asking.refresh_from_db()
    before = sorted((flag.kind, flag.facts) for flag in policies.open_flags(again(case)))
    made = list(case.checks.filter(kind="referee").values())
    with time_machine.travel(a_year_on(asking, -1), tick=False):
        assert referees.forget_old() == 0
    with time_machine.travel(a_year_on(asking), tick=False):
        forget_referees()
        assert referees.forget_old() == 0
    asking.refresh_from_db()
    assert (asking.name, asking.role_title, asking.email, asking.state) == ("", "", "", said)
    assert "comment" not in asking.answers
    assert list(case.checks.filter(kind="referee").values()) == made
    assert sorted((flag.kind, flag.facts) for flag in policies.open_flags(again(case))) == before
    (event,) = Event.objects.of_kind("participants.referee.forgotten")
    assert event.actor is None
    assert "Details removed, a year after the answer" in desk.read(signed_in(clerk), case)
    assert audit.verify().broken == ""


def test_who_is_asked_at_this_moment_is_not_forgotten_and_who_was_can_be_named_again(clerk):
    case = make_case()
    first = cases.asked(case)
    cases.referee_says(case)
    first.refresh_from_db()
    named = Referee(name=first.name, role_title=first.role_title, email=first.email)
    with time_machine.travel(a_year_on(first), tick=False):
        referees.ask_again(again(case), by=clerk, reason="For the new year.")
        assert referees.forget_old() == 1
        assert cases.asked(case).email == named.email
        referees.expire(cases.asked(case), by=None)
    second = RefereeRequest.objects.latest("pk")
    with time_machine.travel(a_year_on(second), tick=False):
        assert referees.forget_old() == 1
        with pytest.raises(Refused, match="name a referee anew"):
            referees.ask_again(again(case), by=clerk, reason="Once more.")
        referees.ask_again(again(case), by=clerk, reason="Once more.", named=named)
        assert cases.asked(case).email == named.email


# What an earlier release replaced ---------------------------------------------------------------------
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite lets a check be passed over")
@pytest.mark.parametrize(("state", "recorded"), [("contested", True), ("replaced", False)])
def test_an_answer_that_was_replaced_before_this_release_is_given_back(state, recorded):
    case = make_case()
    cases.referee_says(case, SAYS["contested"])
    asking = RefereeRequest.objects.get()
    if recorded:
        facts = {"from": "contested", "to": "replaced"}
        record(REFEREE.kind("replace"), asking, by=None, facts=facts)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        RefereeRequest.objects.update(state="replaced")
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    migration = import_module(
        "participants.migrations.0017_keep_referees_answers_and_what_was_relied_on"
    )
    migration.give_back_answers(apps, None)
    asking.refresh_from_db()
    assert (asking.state, asking.answered_at is not None) == (state, recorded)
