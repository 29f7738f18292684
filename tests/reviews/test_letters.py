"""The letter that goes with an outcome: who reads it, what it may say, and that both come or neither."""

from __future__ import annotations

import pytest

from participants.workflow import person_of
from participants.workflow.declarations import InterestGiven
from reviews.models import Decision, Letter, Release
from reviews.policies.letters import CODES_OF, SENTENCES, LetterGiven
from reviews.workflow.letters import release_with_letter, release_with_letters
from stepchange.models import Event
from stepchange.transitions import Refused
from tests.builders import make_submitted, make_user
from tests.office import signed_in
from tests.reading import read
from tests.reviews.deciding import Desk, make_desk

pytestmark = pytest.mark.django_db
CODE = {"offered": "fits", "reserve": "later", "declined": "time"}
TOLD = {
    "offered": "You were offered a place in",
    "reserve": "You were put on the reserve list of",
    "declined": "There was no place for you in",
}


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def decide(desk: Desk, view: str = "decline") -> Decision:
    desk.cast("business", view)
    desk.cast("police", view)
    return Decision.objects.get(choice=desk.choice)


def release(desk: Desk, decision: Decision, *, code: str = "", words: str = "") -> Release:
    letter = LetterGiven(code=code or CODE[decision.outcome], words=words)
    return release_with_letter(decision, by=desk.people["office"], letter=letter)


@pytest.mark.parametrize(
    ("view", "outcome"), [("accept", "offered"), ("reserve", "reserve"), ("decline", "declined")]
)
def test_the_participant_reads_it_after_signing_in_and_not_before_the_release(desk, view, outcome):
    decision = decide(desk, view)
    client = signed_in(desk.volunteer)
    address = f"/account/projects/letters/{decision.public_id}/"
    assert not read(client.get("/account/")).says(TOLD[outcome])
    assert client.get(address).status_code == 404

    release(desk, decision, words="We wish you well.")

    page = read(client.get("/account/"))
    assert page.says(f"{TOLD[outcome]} {desk.project}.")
    assert address in page.hrefs
    letter = read(client.get(address))
    assert letter.says(str(SENTENCES[CODE[outcome]]))
    assert letter.says("We wish you well.")
    if outcome == "offered":
        offer = client.get(f"/account/projects/offers/{desk.choice.public_id}/")
        assert address in read(offer).hrefs
    for who in ("business", "police", "office"):
        assert signed_in(desk.people[who]).get(address).status_code == 404
    assert signed_in(make_user()).get(address).status_code == 404
    told = " ".join(f"{e.facts} {e.personal}" for e in Event.objects.all())
    assert "We wish you well" not in told


def test_a_letter_and_its_release_are_both_or_neither(desk):
    decision = decide(desk)
    with pytest.raises(Refused, match="fits the outcome"):
        release(desk, decision, code="fits")
    assert not Release.objects.exists()
    assert desk.now().state == "pending"

    release(desk, decision)
    with pytest.raises(Refused):
        release(desk, decision)
    assert Letter.objects.get().decision == decision


def test_another_reason_is_told_in_words(desk):
    decision = decide(desk)
    with pytest.raises(Refused, match="own words"):
        release(desk, decision, code="other", words="  ")
    release(desk, decision, code="other", words="The project has ended.")


@pytest.mark.parametrize(
    "words",
    [
        "Nils Aldous said no.",
        "It was NILS\nALDOUS who said no.",
        "Write to nils@users.example.",
        "Because of Quillet Trains, where you hold shares.",
        "Ask Varley Constabulary.",
    ],
)
def test_it_names_nobody_who_decided_and_no_interest(desk, words):
    police = desk.people["police"]
    police.name, police.email = "Nils Aldous", "nils@users.example"
    police.save()
    organisation = desk.organisations["police"]
    organisation.name = "Varley Constabulary"
    organisation.save()
    desk.declare(InterestGiven(kind="shareholdings", party="Quillet Trains"))
    decision = decide(desk)

    with pytest.raises(Refused, match="Leave out"):
        release(desk, decision, words=words)
    release(desk, decision, words="The trains are full. Nil return is fine; ask again next year.")


def test_their_own_employer_may_be_named(desk):
    person = person_of(desk.volunteer)
    decision = decide(desk)
    release(desk, decision, words=f"We thank {person.organisation} for your time.")


def test_many_are_released_as_one_batch_and_one_that_cannot_be_keeps_none_waiting(desk):
    decisions = [decide(desk)]
    desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
    decisions.append(decide(desk, "accept"))
    desk.choice = make_submitted(desk.project, call=desk.call).choices.get()
    decisions.append(decide(desk))
    desk.amend()
    letters = {outcome: LetterGiven(code=code) for outcome, code in CODE.items()}

    done = release_with_letters(decisions, by=desk.people["office"], letters=letters)

    assert [each.decision for each in done.releases] == decisions[:2]
    assert len({each.batch for each in done.releases}) == 1
    assert [decision for decision, _why in done.refused] == decisions[2:]
    assert Letter.objects.count() == 2


def test_every_outcome_has_reasons_in_words():
    assert set(CODES_OF) == set(Decision.Outcome)
    assert set(SENTENCES) == set(Letter.Code)


def test_a_letter_is_never_written_anew(desk):
    release(desk, decide(desk))
    letter = Letter.objects.get()
    with pytest.raises(Exception, match="append-only"):
        Letter.objects.filter(pk=letter.pk).update(code="other")
