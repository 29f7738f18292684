"""What a referee's word is worth, and that it stays as it was given."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from participants import policies
from participants.models import RefereeRequest
from participants.workflow import REFEREE, referees, validation
from participants.workflow.referees import Answer, Referee
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
