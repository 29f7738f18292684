"""Races over a referee's link, with real threads on PostgreSQL."""

from collections import Counter

import pytest
from django.test import Client

from participants import workflow
from participants.models import Check, ExpressionOfInterest, RefereeRequest, Validation
from participants.workflow import referees, validation
from participants.workflow.referees import Answer, Referee
from stepchange.models import Event
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_submitted
from tests.concurrency.racing import at_once
from tests.office import make_holder
from tests.participants.identity.refereeing import HERE, THANKS, YES, token_of

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

CONFIRMS = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)
OTHER = Referee(name="Ola Boss", role_title="Boss", email="ola@harbour-vale.example")


@pytest.fixture
def asked() -> RefereeRequest:
    make_submitted()
    return RefereeRequest.objects.select_related("validation__person__user").get()


def answers() -> list[str]:
    """Return the kinds of what was recorded of referees' answers."""
    kinds = Event.objects.filter(kind__startswith="participants.referee.")
    return list(kinds.exclude(kind__endswith=".asked").values_list("kind", flat=True))


def test_of_twenty_posts_on_one_link_one_is_taken(asked):
    token = token_of(asked)
    clients = [Client() for _ in range(20)]
    for client in clients:
        client.get(f"{HERE}{token}/")

    given = at_once(20, lambda number: clients[number].post(HERE, YES))

    assert Counter(each.status_code for each in given) == {302: 1, 404: 19}
    assert (
        len({each.content.split(b"</head>")[1] for each in given if each.status_code == 404}) == 1
    )
    assert Check.objects.filter(kind="referee").count() == 1
    assert answers() == ["participants.referee.confirmed"]
    assert Event.objects.of_kind("participants.validation.begun").count() == 1


def test_twenty_clicks_in_one_browser_all_lead_to_the_thanks(asked):
    client = Client()
    client.get(f"{HERE}{token_of(asked)}/")
    clicks = [Client() for _ in range(20)]
    for click in clicks:
        click.cookies = client.cookies.copy()

    given = at_once(20, lambda number: clicks[number].post(HERE, YES))

    assert Counter((each.status_code, each.headers.get("Location")) for each in given) == {
        (302, THANKS): 20
    }
    assert answers() == ["participants.referee.confirmed"]


@pytest.mark.parametrize("other", ["named", "asked again", "withdrawn", "erased", "taken on"])
def test_of_an_answer_and_what_ends_the_request_one_counts(asked, other):
    case, user = asked.validation, asked.validation.person.user
    clerk = make_holder(Role.CASEWORKER)
    tokens = [token_of(asked) for _ in range(2)]
    form = ExpressionOfInterest.objects.get()
    acts = {
        "named": lambda: referees.name_another(case, OTHER, by=user),
        "asked again": lambda: referees.ask_again(
            Validation.objects.get(), by=clerk, reason="Again"
        ),
        "withdrawn": lambda: workflow.withdraw(form, by=user),
        "erased": lambda: referees.erase_instead(tokens[1]),
        "taken on": lambda: validation.begin(Validation.objects.get(), by=clerk),
    }

    given = at_once(
        2, lambda number: acts[other]() if number else referees.answer(tokens[0], CONFIRMS)
    )

    assert all(
        each is None or not isinstance(each, Exception) or isinstance(each, Refused)
        for each in given
    ), given
    is_answered = not isinstance(given[0], Exception)
    assert Check.objects.filter(kind="referee").exists() is is_answered
    assert ("participants.referee.confirmed" in answers()) is is_answered
    assert RefereeRequest.objects.filter(state="sent").count() <= 1
    if other == "taken on":
        assert is_answered  # whoever begins it costs no answer
    if other == "withdrawn":
        assert given[1] is None  # and no answer keeps anybody from withdrawing
    if other == "erased":
        assert is_answered is isinstance(given[1], referees.DeadLink)


def test_four_who_name_another_at_once_leave_one_who_is_asked(asked):
    case, user = asked.validation, asked.validation.person.user

    given = at_once(4, lambda _number: referees.name_another(case, OTHER, by=user))

    assert not [
        each for each in given if isinstance(each, Exception) and not isinstance(each, Refused)
    ]
    assert RefereeRequest.objects.filter(state="sent").count() == 1
