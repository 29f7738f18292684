"""Validated below what a chosen project asks: told to the office and the person, and raised by evidence."""

import html
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.test import Client

from participants import policies
from participants.gpg45 import Scores
from participants.models import Check, ProjectChoice, Validation
from participants.policies.identity import identity_bar
from participants.workflow import validation
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_project
from tests.office import PASSWORD, make_holder, signed_in
from tests.participants.identity.desk import (
    METHOD,
    QUEUE,
    call_back,
    make_case,
    page_of,
    read,
    referee_confirms,
    take_step,
)

pytestmark = pytest.mark.django_db
PAGE = "/validation/"


@pytest.fixture
def caseworker():
    return make_holder(Role.CASEWORKER, name="Beatrix Okonjo", password=PASSWORD)


@pytest.fixture
def desk(caseworker):
    return signed_in(caseworker)


@pytest.fixture
def easy():
    return make_project(code="E1", title="Posters")


@pytest.fixture
def demanding():
    return make_project(code="D1", title="Guard training", identity_level="medium")


@pytest.fixture
def ripe(desk, easy, demanding):
    """Return a case that can be validated at the low level, of somebody who chose both projects."""
    case = make_case(easy, demanding)
    referee_confirms(case)
    call_back(desk, case)
    for flag in ("settle-other-domain", "settle-referee-other-domain"):
        take_step(desk, case, flag, reason="The hotel has a new domain.")
    return case


@pytest.fixture
def short(desk, ripe):
    """Return a case validated below what one of the chosen projects asks."""
    take_step(desk, ripe, "validate", reason="Known by call and referee.")
    assert (ripe.state, ripe.level) == ("validated", "low")
    return ripe


def document_seen(client: Client, case: Validation, outcome: str = "confirmed"):
    scores = {"strength": "4", "validity": "2", "fraud": "0", "verification": "2"}
    typed = scores | {"outcome": outcome, "method": METHOD}
    return take_step(client, case, "check-document-seen", **typed)


def words_of(client: Client, path: str) -> str:
    return " ".join(html.unescape(client.get(path).content.decode()).split())


def row_of(client: Client):
    (row,) = client.get(QUEUE).context["cl"].result_list
    return row


# What the office sees ---------------------------------------------------------------------------------
def test_the_page_that_validates_says_for_which_chosen_projects_it_is_enough(desk, ripe):
    for page in ("change", "validate"):
        words = words_of(desk, page_of(ripe, page))
        assert "Enough for: E1." in words, page
        assert "Not enough for: D1 (asks medium)." in words, page


def test_what_was_declined_or_withdrawn_asks_nothing(desk, ripe, demanding):
    ProjectChoice.objects.filter(project=demanding).update(state="declined")
    assert "Not enough for" not in words_of(desk, page_of(ripe, "validate"))


def test_the_queue_counts_the_choices_that_ask_for_more(desk, short, demanding):
    row = row_of(desk)
    assert (row.waits_for, row.holds_up) == ("evidence", 1)
    words = words_of(desk, f"{QUEUE}?waits=evidence")
    assert "Needs more for 1 choice" in words
    assert "Validated below what a project asks" in words_of(desk, "/admin/")

    ProjectChoice.objects.filter(project=demanding).update(state="accepted")
    assert row_of(desk).holds_up == 1  # their membership waits for it
    ProjectChoice.objects.filter(project=demanding).update(state="withdrawn")
    row = row_of(desk)
    assert (row.waits_for, row.holds_up) == ("nobody", 0)
    assert "Validated below" not in words_of(desk, "/admin/")


def test_they_stand_before_the_other_settled_and_after_the_open(desk, short, easy):
    settled = make_case(easy, email="bert@harbour-vale.example", name="Bert")
    by = make_holder(Role.CASEWORKER)
    validation.begin(settled, by=by)
    validation.refuse(settled, told="No.", by=by, reason="Nobody knows them.")
    still = make_case(easy, email="cora@harbour-vale.example", name="Cora")
    order = [row.pk for row in desk.get(QUEUE).context["cl"].result_list]
    assert order == [still.pk, short.pk, settled.pk]


# Raised -----------------------------------------------------------------------------------------------
def test_a_check_is_added_while_what_was_given_stands_and_raises_it(
    desk, short, caseworker, demanding
):
    given = short.validated_at
    assert identity_bar(short.person, demanding) is not None
    assert "Raise the level" in read(desk, short)  # and why not now
    assert desk.get(page_of(short, "raise_level")).status_code == HTTPStatus.CONFLICT

    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        assert document_seen(desk, short).status_code == HTTPStatus.FOUND
        assert (short.state, short.level) == ("validated", "low")
        assert "Raise the level, and it counts" in words_of(desk, page_of(short))
        page = words_of(desk, page_of(short, "raise_level"))
        assert "Enough for: E1, D1." in page
        take_step(desk, short, "raise_level", reason="Passport seen.")

    assert (short.state, short.level, short.profile) == ("validated", "medium", "M1A")
    assert short.validated_at == given  # it holds until the day that it was given for
    assert identity_bar(short.person, demanding) is None
    event = Event.objects.get(kind="participants.validation.level_raised")
    assert (event.actor, event.reason) == (caseworker, "Passport seen.")
    assert (event.facts["level_before"], event.facts["level"]) == ("low", "medium")
    assert set(event.facts["checks"]) == {
        check.record_key for check in Check.objects.all() if check.kind != "domain"
    }
    assert (row_of(desk).waits_for, row_of(desk).holds_up) == ("nobody", 0)


def test_what_confirms_nothing_leaves_what_was_given_and_the_case_says_so(desk, short):
    call_back(desk, short, outcome="not confirmed")
    assert (short.state, short.level) == ("validated", "low")
    assert "meet less than was given" in words_of(desk, page_of(short))
    assert desk.get(page_of(short, "raise_level")).status_code == HTTPStatus.CONFLICT


def refused_to(by, case: Validation) -> str:
    fresh = Validation.objects.select_related(
        "person__user", "person__organisation__merged_into", "organisation__merged_into"
    ).get(pk=case.pk)
    with pytest.raises(Refused) as refused:
        validation.raise_level(fresh, by=by, reason="Known.")
    return str(refused.value)


def see(case: Validation, by) -> None:
    fresh = Validation.objects.select_related("person").get(pk=case.pk)
    validation.record_check(fresh, kind="document seen", outcome="confirmed", method=METHOD, by=by)


def test_whom_it_is_refused_to(short, caseworker):
    see(short, caseworker)
    assert "caseworker or an office manager" in refused_to(short.person.user, short)
    assert "caseworker or an office manager" in refused_to(make_holder(Role.AUDITOR), short)
    Validation.objects.filter(pk=short.pk).update(raised_by=make_holder(Role.OFFICE_MANAGER))
    raiser = Validation.objects.get(pk=short.pk).raised_by
    assert "You raised this one" in refused_to(raiser, short)
    colleague = make_holder(Role.CASEWORKER)
    type(short.person).objects.filter(user=colleague).update(organisation=short.person.organisation)
    refused_to(colleague, short)


@pytest.mark.parametrize("because", ["a year is over", "their name changed"])
def test_what_holds_no_more_takes_no_check_and_is_not_raised(short, caseworker, because):
    see(short, caseworker)
    instant = clock.now()
    if because == "a year is over":
        instant += timedelta(days=366)
    else:
        type(short.person).objects.filter(pk=short.person_id).update(full_name="Amina Hartley")
    with time_machine.travel(instant):
        assert "It holds no more" in refused_to(caseworker, short)
        with pytest.raises(Refused, match="settled"):
            see(short, caseworker)


def test_a_refused_case_takes_no_check_before_it_is_looked_at_again(ripe, caseworker):
    validation.refuse(ripe, told="No.", by=caseworker, reason="Nobody knows them.")
    with pytest.raises(Refused, match="settled"):
        see(ripe, caseworker)


def test_an_open_flag_is_settled_before_it_is_raised(desk, short, caseworker):
    see(short, caseworker)
    make_case(email="bert@elsewhere.example", name="Bert")  # names the same referee
    assert "Settle every flag first" in refused_to(caseworker, short)
    flags = [flag.kind for flag in policies.open_flags(short)]
    assert flags
    for kind in flags:
        take_step(desk, short, f"settle-{kind.value.replace(' ', '-')}", reason="One hotel.")
    take_step(desk, short, "raise_level", reason="Passport seen.")
    assert short.level == "medium"


def test_nobody_works_on_what_was_given_as_on_what_is_open(desk, short):
    for step in ("take", "ask", "ask-again", "refuse", "validate"):
        assert desk.get(page_of(short, step)).status_code == HTTPStatus.CONFLICT, step


# What the person reads --------------------------------------------------------------------------------
def own_page(case: Validation) -> str:
    assert case.person.user
    return words_of(signed_in(case.person.user), PAGE)


def test_a_person_reads_of_each_project_what_it_asks_and_what_is_missing(desk, short, caseworker):
    page = own_page(short)
    assert "enough for most projects" not in page
    assert "More has to be confirmed" in page
    assert "It asks for the level “medium”" in page
    assert "your passport or driving licence, seen on a video call" in page
    assert "You are validated, and stay so." in page

    see(short, caseworker)
    assert "Enough is confirmed, and the office decides" in own_page(short)
    take_step(desk, short, "raise_level", reason="Passport seen.")
    page = own_page(short)
    assert "More has to be confirmed" not in page
    assert page.count("Enough is confirmed") == 2


def test_a_person_who_waits_reads_what_is_still_missing(easy, demanding):
    page = own_page(make_case(easy, demanding))
    assert "that a referee confirms who you are" in page
    assert "You are validated, and stay so." not in page


def test_a_level_that_no_check_reaches_is_said_to_be_so(desk, ripe, easy):
    type(easy).objects.filter(pk=easy.pk).update(identity_level="very high")
    assert "The portal knows no check that reaches it: ask the office." in own_page(ripe)


@pytest.mark.parametrize("met", [None, Scores(strength=2, validity=2, fraud=1, verification=1)])
def test_a_level_is_raised_by_a_higher_one_alone(met):
    from participants.gpg45 import highest_met
    from projects.models import IdentityLevel

    profile = highest_met([met] if met else [])
    assert not policies.raises(IdentityLevel.LOW, profile)
