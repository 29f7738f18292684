"""The board's desk: splits settled blindly by two sectors, stand-ins where nobody can recommend."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from participants.workflow import person_of
from participants.workflow.looking import LOOKED
from reviews import policies, workflow
from reviews.models import Decision, Recusal, SettlementView, Side, Split, StandIn
from reviews.policies import WaitsFor
from reviews.policies.keys_waiting import KeysWaiting, seen_by
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_organisation, make_ready, make_submitted, make_user
from tests.office import PASSWORD, grown_old, make_holder, signed_in
from tests.reading import read
from tests.reviews.deciding import Desk, make_desk
from workstreams.models import Term

pytestmark = pytest.mark.django_db
BOARD = "/review/board/"
WHY = "The one who has done it for years."


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def split(desk) -> Split:
    desk.cast("business", "accept", reason="Runs such training weekly.", notes="Ring Leeds first.")
    desk.cast("police", "decline", reason="No time left for it.")
    return Split.objects.get()


def page_of(split: Split) -> str:
    return reverse("reviews:board-split", args=[split.public_id])


def give(desk: Desk, who: str, split: Split, view: str = "accept", **said: str):
    seen = policies.versions_of(desk.now()).seen
    said = {"do": "settle", "view": view, "reason": WHY, "seen": seen} | said
    return signed_in(desk.people[who]).post(page_of(split), said)


# A split ----------------------------------------------------------------------------------------------
def test_two_of_different_sectors_who_agree_settle_it(desk, split):
    client = signed_in(desk.people["board private"])
    listed = read(client.get(BOARD))
    assert listed.says("Waits for you")
    assert listed.says(desk.choice.expression.reference)
    page = read(client.get(page_of(split)))
    for words in ("Runs such training weekly.", "No time left for it.", "Ten years of hotel"):
        assert page.says(words), words
    for words in ("Ring Leeds", "Wilhelmina", "wilhelmina@"):
        assert not page.says(words), words

    assert give(desk, "board private", split).status_code == HTTPStatus.FOUND
    assert not Decision.objects.exists()
    assert give(desk, "board police", split).status_code == HTTPStatus.FOUND

    decision = Decision.objects.get()
    assert (decision.outcome, decision.basis) == ("offered", "settled")
    assert desk.now().state == "pending"
    assert read(client.get(page_of(split))).says("Settled by the board")
    assert read(client.get(BOARD)).says("Nothing to settle")


def test_a_view_is_hidden_until_two_are_given(desk, split):
    secret = "Their bid was the dearest of all."
    give(desk, "board private", split, "decline", reason=secret)

    for who in ("board police", "board government"):
        page = read(signed_in(desk.people[who]).get(page_of(split)))
        assert page.says("A view was given for private sector")
        assert not page.says(secret)
    assert read(signed_in(desk.people["board private"]).get(page_of(split))).says(secret)

    give(desk, "board police", split, "accept")
    assert Split.objects.get().state == "open"
    assert read(signed_in(desk.people["board government"]).get(page_of(split))).says(secret)
    give(desk, "board government", split, "decline")
    assert Decision.objects.get().outcome == "declined"


def test_a_second_of_a_sector_is_told_so_and_what_they_typed_stays(desk, split):
    give(desk, "board private", split)
    second = make_holder(Role.BOARD)
    works_for(second, make_organisation())
    desk.people["second"] = second

    answer = give(desk, "second", split, reason="I think so too.")

    assert answer.status_code == HTTPStatus.CONFLICT
    assert read(answer).says("Somebody of your sector has given a view already")
    assert read(answer).says("I think so too.")
    assert read(signed_in(second).get(BOARD)).says("Somebody of your sector gave a view")


def test_what_changed_since_the_page_was_opened_is_told_and_decides_nothing(desk, split):
    seen = policies.versions_of(desk.now()).seen
    desk.amend()

    answer = give(desk, "board private", split, seen=seen)

    assert answer.status_code == HTTPStatus.CONFLICT
    assert read(answer).says(WHY)
    assert not SettlementView.objects.exists()


@pytest.mark.parametrize("said", [{"view": "ask"}, {"reason": " "}, {"view": "", "reason": "\0"}])
def test_what_is_missing_is_asked_for_and_the_rest_is_kept(desk, split, said):
    answer = give(desk, "board private", split, **{"reason": "Kept words."} | said)

    assert answer.status_code == HTTPStatus.OK
    assert read(answer).says("There is a problem")
    assert not SettlementView.objects.exists()


def test_a_view_is_given_by_who_proved_lately_who_they_are(desk, split):
    member = desk.people["board private"]
    member.set_password(PASSWORD)
    member.save()
    client = grown_old(signed_in(member), 20)
    said = {"do": "settle", "view": "accept", "reason": WHY, "seen": "x"}

    answer = client.post(page_of(split), said)

    assert answer.status_code == HTTPStatus.FOUND
    assert "reauthenticate" in answer["Location"]
    assert not SettlementView.objects.exists()


def test_who_stands_aside_sees_them_no_more_and_it_counts_as_withheld(desk, split):
    client = signed_in(desk.people["board private"])
    client.post(page_of(split), {"do": "aside", "aside_reason": "A cousin."})

    assert Recusal.objects.get().basis == "declared"
    assert client.get(page_of(split)).status_code == HTTPStatus.NOT_FOUND
    listed = read(client.get(BOARD))
    assert listed.says("1 withheld from you")
    assert not listed.says(desk.choice.expression.reference)


@pytest.mark.parametrize("how", ["colleague", "themself"])
def test_who_law_3_bars_finds_a_number_and_no_page_and_the_recusal_is_recorded(desk, split, how):
    member = desk.people["board private"]
    if how == "colleague":
        works_for(desk.volunteer, desk.organisations["board private"])
    else:
        member = make_board(desk.volunteer)
    client = signed_in(member)

    assert client.get(page_of(split)).status_code == HTTPStatus.NOT_FOUND
    assert client.post(page_of(split), {"do": "settle"}).status_code == HTTPStatus.NOT_FOUND
    assert Recusal.objects.get(user=member).basis == "computed"
    listed = read(client.get(BOARD))
    assert listed.says("1 withheld from you")
    assert not listed.says(desk.choice.expression.reference)


def test_each_look_is_recorded_for_the_volunteer_to_read(desk, split):
    signed_in(desk.people["board police"]).get(page_of(split))

    look = Event.objects.of_kind(LOOKED).get()
    assert look.subject_key == desk.choice.expression.person.record_key
    assert (look.facts["what"], look.facts["purpose"]) == ("difference to settle", "reviewing")
    told = read(signed_in(desk.volunteer).get("/account/looked/"))
    assert told.says("what its two sides recommend")


def test_the_list_costs_as_much_for_many(desk, split):
    client = signed_in(desk.people["board government"])
    client.get(BOARD)
    with CaptureQueriesContext(connection) as few:
        client.get(BOARD)
    for _each in range(3):
        desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
        desk.cast("business", "accept")
        desk.cast("police", "decline")
    with CaptureQueriesContext(connection) as many:
        assert read(client.get(BOARD)).words.count("Waits for you") == 4
    assert len(many) == len(few)


def works_for(user: User, organisation) -> None:
    person = person_of(user)
    person.organisation = organisation
    person.save()


def make_board(user: User) -> User:
    user.groups.set(make_holder(Role.BOARD, is_ready=False).groups.all())
    person = person_of(user)
    if not person.undertakings.exists():
        make_ready(user, declaration=False)
    return User.objects.get(pk=user.pk)


# Stand-ins --------------------------------------------------------------------------------------------
def stand_aside(desk: Desk, *who: str) -> None:
    for each in who:
        workflow.stand_aside(desk.now(), by=desk.people[each], reason="A cousin.")


def name(desk: Desk, who: str, *, by: str = "board private", side: str = "business", **said):
    address = reverse("reviews:board-stand-in", args=[desk.project.work_stream.slug, side])
    today = clock.today()
    given = {
        "email": desk.people[who].email,
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
        "reason": "Both stand aside.",
    }
    return signed_in(desk.people[by]).post(address, given | said)


def test_a_side_without_anybody_is_told_of_and_gets_a_stand_in(desk):
    client = signed_in(desk.people["board police"])
    assert read(client.get(BOARD)).says("Every key has somebody to turn it")
    stand_aside(desk, "business", "business deputy")
    assert read(client.get(BOARD)).says("Waits for a stand-in")
    invite(desk, "business stand-in")

    answer = name(desk, "business stand-in")

    assert answer.status_code == HTTPStatus.FOUND
    assert StandIn.objects.get().organisation == desk.organisations["business stand-in"]
    listed = read(client.get(BOARD))
    assert listed.says("Every key has somebody to turn it")
    assert listed.says("business stand-in")
    desk.cast("business stand-in")


def invite(desk: Desk, who: str) -> None:
    """Let somebody be one of those who were invited: they held a seat elsewhere."""
    other = make_desk(call=desk.call)
    term = other.terms["business deputy"]
    Term.objects.filter(pk=term.pk).update(
        holder=desk.people[who],
        organisation=desk.organisations[who],
        ends_on=clock.today() - timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("business stand-in", "Nobody who was invited"),
        ("board private", "Nobody names themself"),
        ("police deputy", "not work or sit for an organisation of this side"),
        ("late", "have yet to accept the undertaking"),
    ],
)
def test_only_who_may_be_named_is_and_what_was_typed_stays(desk, who, words):
    desk.people["late"] = make_holder(Role.BOARD, is_ready=False)

    answer = name(desk, who)

    assert answer.status_code == HTTPStatus.OK
    assert read(answer).says(words)
    assert read(answer).says("Both stand aside.")
    assert not StandIn.objects.exists()


def test_a_volunteers_account_is_told_of_as_none(desk):
    desk.people["volunteer"] = desk.volunteer
    known = read(name(desk, "volunteer"))
    unknown = read(name(desk, "volunteer", email="nobody@users.example"))

    assert known.says("Nobody who was invited")
    assert unknown.says("Nobody who was invited")


def test_days_that_make_no_sense_are_refused(desk):
    invite(desk, "business stand-in")
    past = (clock.today() - timedelta(days=1)).isoformat()
    for said in ({"ends_on": past}, {"ends_on": "never"}, {"starts_on": "", "ends_on": ""}):
        assert name(desk, "business stand-in", **said).status_code == HTTPStatus.OK
    assert not StandIn.objects.exists()


def test_who_works_and_sits_for_several_is_asked_for_which(desk):
    invite(desk, "business stand-in")
    second = make_organisation(name="Quillet Trains")
    Term.objects.filter(holder=desk.people["business stand-in"]).update(
        organisation=second, ends_on=None
    )

    asked = name(desk, "business stand-in")
    assert read(asked).says("Quillet Trains")
    done = name(desk, "business stand-in", organisation=str(second.public_id))

    assert done.status_code == HTTPStatus.FOUND
    assert StandIn.objects.get().organisation == second


def test_a_stand_in_is_ended_sooner(desk):
    named = desk.stand_in("business stand-in", "business")
    address = reverse("reviews:board-end-stand-in", args=[named.public_id])
    client = signed_in(desk.people["board police"])
    assert client.get(address).status_code == HTTPStatus.OK
    later = (named.ends_on + timedelta(days=1)).isoformat()

    refused = client.post(address, {"ends_on": later, "reason": "They left."})
    assert refused.status_code == HTTPStatus.CONFLICT
    assert read(refused).says("They left.")
    client.post(address, {"ends_on": clock.today().isoformat(), "reason": "They left."})

    named.refresh_from_db()
    assert named.ends_on == clock.today()


# Who holds the keys, of all at once -------------------------------------------------------------------
def test_of_all_at_once_it_is_told_as_of_one(desk):
    """`KeysWaiting` says of every side what `waiting_on` says of the choice."""

    def agree() -> WaitsFor | None:
        told = {
            each.side: each.waits_for
            for each in KeysWaiting().unheld()
            if each.stream == desk.project.work_stream
        }
        sides = policies.waiting_on(desk.now()).sides
        one = {
            each.side: each.waits_for
            for each in sides
            if each.waits_for not in {WaitsFor.NOTHING, WaitsFor.HOLDER}
        }
        assert told == one
        blocking = {
            each.user
            for each in KeysWaiting().blocking_since(clock.now())
            if each.stream == desk.project.work_stream
        }
        assert blocking == set(policies.blocking(desk.now()))
        return told.get(Side.BUSINESS)

    assert agree() is None
    workflow.reassign(
        desk.now(), side="business", to="deputy", by=desk.people["office"], reason="Away."
    )
    agree()
    stand_aside(desk, "business deputy")
    assert agree() is WaitsFor.STAND_IN_TO_BE_NAMED
    desk.stand_in("business stand-in", "business")
    assert agree() is None
    User.objects.filter(pk=desk.people["business stand-in"].pk).update(is_active=False)
    assert agree() is WaitsFor.STAND_IN_TO_BE_NAMED
    StandIn.objects.update(ends_on=clock.today())
    with clock.set_to(clock.now() + timedelta(days=2)):
        Term.objects.filter(seat__side="business").update(ends_on=clock.today() - timedelta(days=1))
        assert agree() is WaitsFor.APPOINTMENT
    desk.cast("police")
    agree()
    works_for(desk.volunteer, desk.organisations["police"])
    agree()  # the key was cast by somebody who is barred since: it counts no more
    works_for(desk.volunteer, desk.organisations["police deputy"])
    agree()


def test_who_is_on_the_reserve_list_keeps_nobody_waiting(desk):
    type(desk.choice).objects.filter(pk=desk.choice.pk).update(state="reserve")
    waiting = KeysWaiting()
    assert waiting.blocking_since(clock.now()) == []
    Term.objects.all().delete()
    assert KeysWaiting().unheld() == []


def test_what_is_withheld_from_a_member_is_counted_in_no_side(desk):
    stand_aside(desk, "business", "business deputy", "board private")
    listed = read(signed_in(desk.people["board private"]).get(BOARD))

    assert listed.says("Every key has somebody to turn it")
    assert listed.says("1 withheld from you")
    assert not seen_by(desk.people["board private"]).filter(pk=desk.choice.pk).exists()


# Who comes in -----------------------------------------------------------------------------------------
def test_who_has_not_undertaken_is_asked_to_first(desk, split):
    client = signed_in(make_holder(Role.BOARD, is_ready=False))
    for address in (BOARD, page_of(split)):
        answer = client.get(address)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert not read(answer).says("Amina")
    assert signed_in(make_user()).get(BOARD).status_code == HTTPStatus.NOT_FOUND


def test_a_member_without_a_second_factor_is_asked_for_it(desk):
    client = signed_in(desk.people["board private"], second_factor=False)
    assert client.get(BOARD).status_code == HTTPStatus.FOUND
