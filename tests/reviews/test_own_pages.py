"""A participant's own pages: offers, memberships, decisions, neighbours, complaints (laws 1, 7 and 9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from participants.models import ProjectChoice, Validation
from reviews.models import Complaint, Membership, NeighbourSuggestion, Reconsideration
from reviews.workflow import casework, membership
from stepchange import clock
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_call, make_project, make_user
from tests.office import make_holder, signed_in
from tests.reading import read
from tests.reviews.members import (
    again,
    decide,
    make_choice,
    make_member,
    make_offered,
    manager,
    own,
    seat_holder,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _call() -> None:
    make_call(opens_at=clock.now() - 900 * DAY, closes_at=clock.now() + 900 * DAY)


def browser(choice: ProjectChoice) -> Client:
    return signed_in(own(choice), second_factor=False)


def page(name: str, key: object) -> str:
    return reverse(f"reviews:{name}", args=[key])


def test_an_offer_is_read_and_accepted_by_post_alone():
    choice = make_offered()
    client, url = browser(choice), page("offer", choice.public_id)
    assert "waits for your answer" in client.get("/account/").content.decode()
    assert url in client.get("/account/projects/").content.decode()
    shown = client.get(url).content.decode()
    assert "Answer by the end of" in shown
    assert again(choice).state == "offered"

    assert client.post(url, {}).status_code == 200
    answer = client.post(url, {"answer": "accept"})
    begun = Membership.objects.get()
    assert answer.headers["Location"] == page("membership", begun.public_id)
    assert "Active" in client.get(answer.headers["Location"]).content.decode()
    assert client.get(url).status_code == 302


def test_what_is_missing_is_told_in_plain_words_with_where_to_go():
    choice = make_choice(is_fit=False)
    decide(choice)
    client, url = browser(choice), page("offer", choice.public_id)
    shown = client.get(url).content.decode()
    assert "It has to be shown who you are" in shown
    assert 'href="/validation/"' in shown
    assert "Their identity" not in shown

    answer = client.post(url, {"answer": "accept", "reason": "I would love to."})
    assert answer.status_code == 409
    assert "You can’t accept it yet" in answer.content.decode()
    assert "I would love to." in answer.content.decode()


def test_a_lapsed_offer_is_told_so_and_its_form_is_gone():
    choice = make_offered()
    client, url = browser(choice), page("offer", choice.public_id)
    with time_machine.travel(clock.now() + 15 * DAY, tick=False):
        client = browser(choice)
        shown = client.get(url).content.decode()
        assert "has lapsed" in shown
        assert 'name="answer"' not in shown
        assert client.post(url, {"answer": "accept"}).status_code == 409


def test_turning_down_keeps_the_reason_for_the_record_alone():
    choice = make_offered()
    browser(choice).post(
        page("offer", choice.public_id), {"answer": "turn down", "reason": "I moved."}
    )
    assert again(choice).state == "turned down"


def test_a_suspended_member_reads_why_and_steps_down():
    member = make_member()
    client = browser(member.choice)
    Validation.objects.filter(person=member.person).update(state="in progress")
    url = page("membership", member.public_id)
    shown = client.get(url).content.decode()  # before any sweep has recorded it
    assert "Your membership is suspended" in shown
    assert "shown who you are" in shown

    down = page("step-down", member.public_id)
    assert client.get(down).status_code == 200
    assert Membership.objects.get().state == "active"
    assert client.post(down, {"reason": "No time."}).status_code == 302
    assert "No time." in client.get(url).content.decode()
    assert client.get(down).status_code == 302


def declined() -> ProjectChoice:
    choice = make_choice()
    decide(choice, "declined")
    return again(choice)


def test_a_decision_is_looked_at_again_once_by_somebody_who_did_not_take_it():
    choice = declined()
    client, url = browser(choice), page("look-again", choice.public_id)
    assert client.post(url, {"grounds": " "}).status_code == 200
    assert client.post(url, {"grounds": "I have the licence."}).status_code == 302
    assert client.post(url, {"grounds": "Again."}).status_code == 409
    asked = Reconsideration.objects.get()

    who_decided = seat_holder(choice.project, "police").holder
    who_decided.groups.set(make_holder(Role.BOARD).groups.all())
    from tests.builders import make_ready

    make_ready(who_decided)
    with pytest.raises(Refused, match="took part"):
        casework.uphold(asked, answer="No.", by=who_decided)
    address = page("answer-again", asked.public_id)
    assert signed_in(who_decided).get(address).status_code == 404
    assert "1 withheld" in signed_in(who_decided).get("/review/answers/").content.decode()

    board = signed_in(make_holder(Role.BOARD))
    assert "I have the licence." in board.get(address).content.decode()
    given = {"outcome": "again", "answer": "It was misread."}
    assert board.post(address, given).status_code == 302
    assert again(choice).state == "pending"
    assert "It was misread." in client.get(url).content.decode()


def test_a_neighbouring_project_is_suggested_and_taken_up_with_consent():
    choice = declined()
    near = make_project(work_stream=choice.project.work_stream)
    make_project(work_stream=choice.project.work_stream, places=0)
    far = make_project()
    with pytest.raises(Refused):
        casework.suggest_neighbour(choice, far, by=manager())
    with pytest.raises(Refused, match="Only an office manager"):
        casework.suggest_neighbour(choice, near, by=make_user())
    suggested = casework.suggest_neighbour(
        choice, near, by=seat_holder(choice.project, "business").holder
    )
    client, url = browser(choice), page("neighbour", suggested.public_id)
    assert near.title in client.get("/account/projects/").content.decode()
    assert client.get(url).status_code == 200
    assert choice.expression.choices.count() == 1
    assert client.post(url, {"answer": "yes"}).status_code == 302
    added = choice.expression.choices.get(project=near)
    assert (added.state, added.rank, added.hours) == ("pending", 2, choice.hours)
    assert client.post(url, {"answer": "yes"}).status_code == 409
    assert NeighbourSuggestion.objects.get().state == "taken up"


def test_a_complaint_is_answered_by_somebody_whom_it_is_not_about():
    choice = make_choice()
    client = browser(choice)
    client.post("/account/complaints/", {"about": "office", "text": "Rude on the telephone."})
    complaint = Complaint.objects.get()
    url = page("answer-complaint", complaint.public_id)
    office, board, other = manager(), make_holder(Role.BOARD), make_holder(Role.BOARD)
    casework.name_in_complaint(complaint, whom=other, by=board)
    assert [signed_in(who).get(url).status_code for who in (office, other, board)] == [
        404,
        404,
        200,
    ]
    signed_in(board).post(url, {"answer": "We are sorry."})
    assert "We are sorry." in client.get("/account/complaints/").content.decode()


def every_own_address(member: Membership) -> list[str]:
    choice = declined()
    near = make_project(work_stream=choice.project.work_stream)
    suggested = casework.suggest_neighbour(choice, near, by=manager())
    return [
        page("offer", make_offered().public_id),
        page("membership", member.public_id),
        page("step-down", member.public_id),
        page("look-again", choice.public_id),
        page("neighbour", suggested.public_id),
    ]


def test_anybody_elses_is_not_found_and_nobody_is_sent_to_sign_in():
    member = make_member()
    own_ones = every_own_address(member)
    nobody, stranger, office = Client(), make_user(), manager()
    absent = page("membership", "00000000-0000-4000-8000-000000000000")
    for url in [*own_ones, absent]:
        assert nobody.get(url).headers["Location"].startswith("/accounts/login/")
        for who in (stranger, office):
            assert signed_in(who).get(url).status_code == 404
            refused = signed_in(who).post(url, {"answer": "accept"}).status_code
            assert refused == (
                405 if url.endswith("memberships/" + url.split("/")[-2] + "/") else 404
            )
    assert membership.record_changed() == 0


@pytest.mark.parametrize("url", ["/review/ethics/", "/review/answers/"])
def test_the_desks_answer_only_to_those_whose_they_are(url):
    mine = Role.ETHICS_REVIEWER if "ethics" in url else Role.BOARD
    assert Client().get(url).status_code == 302
    for role in Role:
        expected = {mine, Role.OFFICE_MANAGER} if mine == Role.BOARD else {mine}
        status = signed_in(make_holder(role)).get(url).status_code
        assert (status == 200) is (role in expected), role
    assert signed_in(make_holder(mine, is_ready=False)).get(url).status_code == 403


@pytest.mark.parametrize(
    ("role", "urls"),
    [
        (Role.ETHICS_REVIEWER, ["/review/ethics/"]),
        (Role.BOARD, ["/review/board/", "/review/answers/"]),
        (Role.OFFICE_MANAGER, ["/review/answers/"]),
        (Role.AUDITOR, []),
    ],
)
def test_each_finds_their_desks_from_the_account_and_back(role, urls):
    client = signed_in(make_holder(role))
    hrefs = read(client.get("/account/")).hrefs
    assert [href for href in hrefs if href.startswith("/review/")] == urls
    for url in urls:
        shown = client.get(url).content.decode()
        assert '<a href="/account/" class="govuk-back-link">Your account</a>' in shown


def test_an_ethics_reviewer_records_the_outcome():
    from tests.reviews.test_fairness import crowded

    crowded(None, number=3)
    from reviews.models import EthicsReview

    review = EthicsReview.objects.get()
    client, url = (
        signed_in(make_holder(Role.ETHICS_REVIEWER)),
        page("ethics-review", review.public_id),
    )
    assert "It holds more of the seats" in client.get(url).content.decode()
    assert '<a href="/review/ethics/" class="govuk-back-link">' in client.get(url).content.decode()
    assert client.post(url, {"outcome": "conditions", "reason": "x"}).status_code == 200
    assert client.post(url, {"outcome": "cleared", "reason": "They differ."}).status_code == 302
    assert client.post(url, {"outcome": "cleared", "reason": "They differ."}).status_code == 409
    review.refresh_from_db()
    assert review.state == "cleared"


def test_the_list_costs_the_same_with_one_offer_as_with_two(django_assert_max_num_queries):
    choice = make_offered()
    client = browser(choice)
    client.get("/account/projects/")
    with django_assert_max_num_queries(14):
        client.get("/account/projects/")
