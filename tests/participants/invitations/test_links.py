"""The letter and its link: used once, by the right person, while it lives."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertRedirects

from communications import workflow as ledger
from communications.models import Email
from participants.models import Invitation, InvitationLink
from participants.workflow import invitations
from stepchange import clock
from stepchange.models import Event, User
from tests.builders import make_invitation
from tests.participants.invitations.invited import HERE, opens, taken, token_of
from tests.reading import read

pytestmark = pytest.mark.django_db


def letters() -> list[str]:
    """Send what is due; return the text of each letter to the invited, oldest first."""
    ledger.sweep()
    return [str(each.body) for each in mail.outbox if "invitation to Step" in each.subject]


def token_in(letter: str) -> str:
    found = re.search(r"/invitation/([\w-]+)/", letter)
    assert found
    return found[1]


def test_the_link_rests_in_the_letter_alone(invited):
    (letter,) = letters()
    token = token_in(letter)

    assert InvitationLink.objects.get().digest != token
    rows = [*Email.objects.values(), *InvitationLink.objects.values(), *Invitation.objects.values()]
    assert token not in str([*rows, *Event.objects.values()])
    assert invitations.behind_link(token) == invited


def test_sending_again_makes_every_older_link_dead(invited, manager):
    (first,) = letters()
    invitations.send_again(invited, by=manager)
    second = letters()[1]

    assert invitations.behind_link(token_in(first)) is None
    assert invitations.behind_link(token_in(second)) == invited


def test_a_letter_written_again_by_another_worker_leaves_both_links_alive(invited):
    first, second = token_of(invited), token_of(invited)

    assert invitations.behind_link(first) == invitations.behind_link(second) == invited
    invitations.open_account(second)
    assert invitations.behind_link(first) is None


@pytest.mark.parametrize("change", ["withdrawn", "ran out", "taken", "sent again"])
def test_a_letter_that_is_no_longer_due_is_not_sent(invited, manager, change):
    if change == "withdrawn":
        invitations.withdraw_invitation(invited, by=manager, reason="A mistake")
    if change == "ran out":
        Invitation.objects.update(expires_at=clock.now())
    if change == "taken":
        invitations.open_account(token_of(invited))
    if change == "sent again":
        invitations.send_again(invited, by=manager)

    assert len(letters()) == (1 if change == "sent again" else 0)
    assert Email.objects.get(notice="invitation").state == "suppressed"


def test_following_the_link_moves_it_out_of_the_address_and_spends_nothing(invited, client):
    token, events = token_of(invited), Event.objects.count()
    for _ in range(50):  # a mail scanner
        assertRedirects(Client().get(f"{HERE}{token}/"), HERE, fetch_redirect_response=False)
        Client().head(f"{HERE}{token}/")
    page = opens(client, token)

    assert token not in page.content.decode()
    assert read(page).says("You are invited to help run Step-Change")
    assert not read(page).says("Programme board")  # not before the account is theirs
    assert Event.objects.count() == events
    invited.refresh_from_db()
    assert (invited.state, invited.taken_by) == ("sent", None)


def dead_links(manager: User) -> dict[str, str]:
    """Return a token for each way in which a link can be dead."""
    made = {"unknown": "x" * 43, "long": "y" * 900, "unicode-like": "-_-"}
    for way in ("used", "ran out", "withdrawn", "replaced", "accepted"):
        invitation = make_invitation(by=manager)
        made[way] = token_of(invitation)
        if way in {"used", "accepted"}:
            user = taken(invitation)
            if way == "accepted":
                invitations.accept(invitation, by=user)
        if way == "ran out":
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=clock.now())
        if way == "withdrawn":
            invitations.withdraw_invitation(invitation, by=manager, reason="A mistake")
        if way == "replaced":
            invitations.send_again(invitation, by=manager)
    return made


def test_every_dead_link_answers_the_same(manager, django_assert_num_queries):
    for method in ("get", "post"):
        answers = set()
        for token in dead_links(manager).values():
            client = Client()
            client.get(f"{HERE}{token}/")
            # The session twice, as nobody signed in by it, and the invitation.
            with django_assert_num_queries(3):
                response = getattr(client, method)(HERE)
            body = re.sub(r'value="[\w]{64}"', "", response.content.decode())
            answers.add((response.status_code, body))
        assert len(answers) == 1
        assert next(iter(answers))[0] == 404
        assert "This link can’t be used" in next(iter(answers))[1]


def test_without_any_link_there_is_nothing(client):
    assert client.get(HERE).status_code == 404
    assert client.post(HERE).status_code == 404
