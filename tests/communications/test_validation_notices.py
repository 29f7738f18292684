"""When somebody is told that their validation waits, and a referee that they are asked: and when not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from communications import letters, workflow
from communications.models import Email
from communications.notices import NOTICES
from participants import policies
from participants.models import ExpressionOfInterest, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow import withdraw as withdraw_form
from participants.workflow.referees import Answer, Referee
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_user
from tests.communications.cast import give, make_case
from tests.communications.sink import Sink
from tests.office import make_holder

pytestmark = pytest.mark.django_db

AMINA, REFEREE = "amina@users.example", "referee@users.example"
CONFIRMS = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)
OTHER = Referee(name="Ola Boss", role_title="Boss", email="ola@users.example")
DAY = timedelta(days=1)


@pytest.fixture
def case() -> Validation:
    return make_case(user=make_user(AMINA))


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER)


def asked_of(case: Validation) -> RefereeRequest:
    return RefereeRequest.objects.filter(validation=case).latest("pk")


def told(sink: Sink) -> list[str]:
    """Send what is due; return to whom each letter about a validation went, by its notice."""
    workflow.sweep()
    sent = Email.objects.filter(state="sent").order_by("sent_at", "id")
    about = sent.exclude(notice__in=("receipt", "withdrawn"))
    assert len(sink.recipients) == sent.count()
    return [f"{email.notice} to {email.address}" for email in about]


FIRST = f"referee_asked to {REFEREE}"


def test_a_referee_is_written_to_once_at_the_address_as_it_is(case, sink):
    assert told(sink) == [FIRST]
    assert told(sink) == [FIRST]
    email = Email.objects.get(notice="referee_asked")
    assert email.recipient_key == f"referee:{asked_of(case).public_id}:work"
    assert email.occurrence != asked_of(case).email


@pytest.mark.parametrize("way", ["answered", "ran out", "named another", "erased", "job changed"])
def test_no_letter_goes_out_with_a_link_that_would_open_nothing(case, sink, way):
    asked, person = asked_of(case), case.person
    if way == "answered":
        referees.answer(referees.mint_link(asked), CONFIRMS)
    if way == "ran out":
        RefereeRequest.objects.update(expires_at=clock.now())
    if way == "named another":
        referees.name_another(case, OTHER, by=person.user)
    if way == "erased":
        referees.erase_instead(referees.mint_link(asked))
    if way == "job changed":
        person.role_title = "Director"
        person.save()

    assert FIRST not in told(sink)
    assert (
        Email.objects.get(subject_key=asked.record_key, notice="referee_asked").state
        == "suppressed"
    )


def test_a_question_is_told_of_until_it_is_answered(case, clerk, sink):
    validation.ask(case, question="Which site?", by=clerk)
    assert told(sink)[1:] == [f"validation_asked to {AMINA}"]

    validation.answer(case, answer="Both.", by=case.person.user)
    validation.ask(case, question="Since when?", by=clerk)
    validation.answer(case, answer="May.", by=case.person.user)
    assert told(sink)[1:] == [f"validation_asked to {AMINA}"]  # the second needs no letter any more


def test_an_older_question_is_not_told_of_beside_a_newer(case, clerk, sink):
    validation.ask(case, question="Which site?", by=clerk)
    validation.go_on(case, by=clerk, reason="Never mind")
    validation.ask(case, question="Since when?", by=clerk)

    assert told(sink)[1:] == [f"validation_asked to {AMINA}"]


def settled(case: Validation, clerk: User, how: str) -> None:
    if how == "validated":
        referees.answer(referees.mint_link(asked_of(case)), CONFIRMS)
        case.refresh_from_db()
        validation.record_check(
            case, kind="call-back", outcome="confirmed", method="The front desk", by=clerk
        )
        for flag in policies.open_flags(case):
            validation.settle_flag(
                case, kind=flag.kind, facts=flag.facts, by=clerk, reason="It is so."
            )
        validation.validate(case, by=clerk, reason="Known")
    else:
        validation.begin(case, by=clerk)
        validation.refuse(case, told="We could not reach you.", by=clerk, reason="No answer")
    case.refresh_from_db()


@pytest.mark.parametrize("how", ["validated", "refused"])
def test_news_is_told_in_the_same_words_whatever_it_is(case, clerk, sink, how):
    settled(case, clerk, how)

    (news,) = [each for each in told(sink) if each.endswith(AMINA)]
    assert news.startswith("validation_settled")
    email = Email.objects.get(notice__startswith="validation_settled", state="sent")
    other = NOTICES["validation_settled" if how == "refused" else "validation_settled_2"]
    mine = letters.write(email, NOTICES[email.notice])
    assert (mine.subject, mine.body) == (
        letters.write(email, other).subject,
        letters.write(email, other).body,
    )
    assert str(NOTICES[email.notice].label) == str(other.label)


def test_news_that_is_old_is_not_told(case, clerk, sink):
    settled(case, clerk, "refused")
    validation.appeal(case, by=case.person.user, reason="I was at sea.")

    assert [each for each in told(sink) if each.endswith(AMINA)] == []


def test_what_begins_again_is_told(case, clerk, sink):
    settled(case, clerk, "validated")
    case.person.full_name = "Amina Hartley"
    case.person.save()
    validation.recheck(case.person)

    assert f"validation_reopened to {AMINA}" in told(sink)


@pytest.mark.parametrize("way", ["expires", "contested", "denied", "erased"])
def test_whatever_a_referee_did_not_confirm_is_told_in_the_same_words(case, sink, way):
    asked = asked_of(case)
    if way == "expires":
        RefereeRequest.objects.update(expires_at=clock.now())
        referees.record_run_out()
    if way == "contested":
        referees.answer(referees.mint_link(asked), Answer(name_is_right=True))
    if way == "denied":
        referees.answer(referees.mint_link(asked), Answer(knows_them=False))
    if way == "erased":
        referees.erase_instead(referees.mint_link(asked))

    (letter,) = told(sink)
    assert letter.endswith(f" to {AMINA}")
    assert {
        str(NOTICES[name].label) for name in NOTICES if name.startswith("referee_to_be_named")
    } == {"Validation to be looked at"}
    email = Email.objects.get(notice__startswith="referee_to_be_named", state="sent")
    assert email.heading == "Action needed: please look at your validation"


@pytest.mark.parametrize("way", ["confirmed", "replaced", "named another", "settled", "withdrawn"])
def test_nobody_is_told_to_look_where_there_is_nothing_to_do(case, clerk, sink, way):
    asked = asked_of(case)
    if way == "confirmed":
        referees.answer(referees.mint_link(asked), CONFIRMS)
    if way == "replaced":
        referees.ask_again(case, by=clerk, reason="No answer")
    if way == "named another":
        referees.answer(referees.mint_link(asked), Answer(knows_them=False))
        referees.name_another(case, OTHER, by=case.person.user)
    if way == "settled":
        referees.answer(referees.mint_link(asked), Answer(knows_them=False))
        case.refresh_from_db()
        validation.refuse(case, told="No.", by=clerk, reason="No")
    if way == "withdrawn":
        referees.answer(referees.mint_link(asked), Answer(knows_them=False))
        withdraw_form(ExpressionOfInterest.objects.get(), by=case.person.user)

    assert not [each for each in told(sink) if each.startswith("referee_to_be_named")]


# By the clock -------------------------------------------------------------------------------------
def reminded(sink: Sink) -> list[str]:
    told(sink)
    sent = Email.objects.filter(notice="validation_expiring", state="sent").order_by("id")
    return [email.occurrence.split()[0] for email in sent]


def test_it_is_told_sixty_and_fourteen_days_before_it_runs_out(case, clerk, sink):
    with time_machine.travel("2027-01-10T12:00:00Z", tick=False) as clock_hands:
        give(case, clerk)
        for day, expected in (
            ("2027-11-10", []),
            ("2027-11-11", ["60d"]),  # it runs out on 10 January 2028
            ("2027-12-26", ["60d"]),
            ("2027-12-27", ["60d", "14d"]),
            ("2028-01-09", ["60d", "14d"]),
            ("2028-01-10", ["60d", "14d"]),
        ):
            clock_hands.move_to(f"{day}T12:00:00Z")
            assert reminded(sink) == expected, day
            assert reminded(sink) == expected, day
    assert Email.objects.filter(notice="validation_expiring")[0].occurrence == "14d 2028-01-10"


def test_it_goes_out_by_day(case, clerk, sink):
    with time_machine.travel("2027-01-10T12:00:00Z", tick=False) as clock_hands:
        give(case, clerk)
        clock_hands.move_to("2027-11-11T02:00:00Z")
        assert reminded(sink) == []
        clock_hands.move_to("2027-11-11T08:00:00Z")
        assert reminded(sink) == ["60d"]


@pytest.mark.parametrize("way", ["given anew", "name changed", "withdrawn", "begun again"])
def test_it_stops_when_it_is_not_so_any_more(case, clerk, sink, way):
    give(case, clerk, ago=360 * DAY)
    workflow.derive()
    Email.objects.update(due_at=clock.now())  # at night it would wait for the morning
    if way == "given anew":
        give(case, clerk)
    if way == "name changed":
        case.person.full_name = "Amina Hartley"
        case.person.save()
    if way == "withdrawn":
        withdraw_form(ExpressionOfInterest.objects.get(), by=case.person.user)
    if way == "begun again":
        validation.reopen(case, by=clerk, reason="A tip")

    assert reminded(sink) == []
    assert Email.objects.get(notice="validation_expiring").state == "suppressed"


def test_looking_for_them_costs_two_queries_and_finds_each_once(
    case, clerk, django_assert_num_queries
):
    give(case, clerk, ago=360 * DAY)
    looks = NOTICES["validation_expiring"].by_long_look
    with django_assert_num_queries(2):
        assert len(list(looks())) == 1
    workflow.derive()
    assert list(looks()) == []
