"""Each person reads who has looked at their details: when, as whom, at what and why; never by name."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communications import workflow as ledger
from communications.accounts import AccountAdapter
from communications.models import Email
from participants import workflow
from participants.workflow import invitations, looking, resets
from stepchange import clock
from stepchange.console.looks import LOOKS, PURPOSES, Look, register_looks
from stepchange.events import record
from stepchange.models import Event, User
from stepchange.roles import IN_WORDS, Role
from tests.builders import make_entered, make_invitation, make_submitted, make_user
from tests.office import make_holder, signed_in
from tests.reading import Reading, read

pytestmark = pytest.mark.django_db

CONSOLE = "/admin/participants"
OFFICE = "coordination office"


@pytest.fixture
def clerk() -> User:
    return make_holder(Role.CASEWORKER, name="Ines of the office")


def opens(by: User, *pages: str) -> None:
    client = signed_in(by)
    for page in pages:
        assert client.get(page).status_code == 200, page


def page_for(user: User, path: str = "/account/looked/") -> Reading:
    client = Client()
    client.force_login(user)
    return read(client.get(path))


def subjects(user: User) -> list[tuple[str, str]]:
    return [(look.subject_kind, look.subject_key) for look in looking.looks_at(user)]


# What is told -----------------------------------------------------------------------------------------
def test_a_look_is_told_with_time_role_version_and_purpose_and_without_a_name(user, clerk):
    sent = make_submitted(user=user)
    with time_machine.travel("2026-12-01 15:04 +00:00", tick=False):
        opens(clerk, f"{CONSOLE}/expressionofinterest/{sent}/change/")

    for path in ("/account/", "/account/looked/"):
        page = page_for(user, path)
        assert page.says(f"Your expression of interest {sent}, version 1")
        assert page.says("A caseworker of the coordination office")
        assert page.says("To deal with your expression of interest")
        assert page.says("3:04pm, 1 Dec 2026")
        assert not page.says("Ines")
        assert not page.says(clerk.email)
    assert page_for(user).says("opened a page that shows your details once")


def test_the_roles_are_those_held_then(user, clerk):
    sent = make_submitted(user=user)
    opens(clerk, f"{CONSOLE}/expressionofinterest/{sent}/change/")
    clerk.groups.clear()

    assert page_for(user).says("A caseworker of the coordination office")


def test_several_roles_are_all_told_and_none_is_the_office(user):
    person = workflow.person_of(user)
    looking.looked(person, by=make_holder(Role.AUDITOR, Role.BOARD), what="account")
    looking.looked(person, by=make_user(is_superuser=True, is_staff=True), what="account")

    page = page_for(user)
    assert page.says("An auditor of the coordination office and a member of the programme board")
    assert page.says("The coordination office To look after accounts")


def test_an_older_look_says_no_more_than_it_knows(user, clerk):
    person = workflow.person_of(user)
    with transaction.atomic():
        record(looking.LOOKED, person, by=clerk, facts={"what": "extension"})
        record(looking.LOOKED, person, by=clerk, facts={"what": "what nobody shows any more"})
        sent = make_submitted(user=user)
        record(looking.VIEWED, sent, by=clerk, facts={"snapshot": None})

    page = page_for(user)
    assert page.says("The time you have to submit The coordination office To give you more time")
    assert page.says("Your details The coordination office For the work of the office")
    assert page.says(f"Your expression of interest {sent} The coordination office")


def test_every_role_and_every_purpose_has_words():
    assert set(IN_WORDS) == set(Role)
    assert {look.purpose for look in LOOKS.values()} <= set(PURPOSES)
    with pytest.raises(ValueError, match="Named twice: account"):
        register_looks({"account": Look("x", "identity")})
    with pytest.raises(ValueError, match="No purpose is called: curiosity"):
        register_looks({"diary": Look("x", "curiosity")})
    assert "diary" not in LOOKS


# Whose looks --------------------------------------------------------------------------------------------
def test_ones_own_looks_and_those_at_others_are_not_listed(clerk):
    other = workflow.person_of(make_user())
    make_submitted(user=other.user)
    mine = workflow.person_of(clerk)
    manager = make_holder(Role.OFFICE_MANAGER)
    opens(manager, f"/admin/stepchange/user/{manager.public_id}/change/")
    opens(manager, f"/admin/stepchange/user/{other.user.public_id}/change/")

    assert subjects(manager) == []
    assert subjects(clerk) == []
    assert mine.record_key != other.record_key
    assert [key for _kind, key in subjects(other.user)] == [other.record_key]


def test_what_was_looked_at_before_one_was_a_person_counts_too(clerk):
    user = make_user()
    TOTP.activate(user, generate_totp_secret())
    manager = make_holder(Role.OFFICE_MANAGER)
    reset = resets.ask(user)
    opens(manager, f"/admin/stepchange/user/{user.public_id}/change/")
    opens(manager, f"{CONSOLE}/secondfactorreset/{reset.public_id}/change/")
    workflow.person_of(user)

    assert subjects(user) == [
        ("participants.secondfactorreset", str(reset.public_id)),
        ("stepchange.user", user.record_key),
    ]


def test_looks_at_an_invitation_count_for_who_took_it():
    manager = make_holder(Role.OFFICE_MANAGER)
    invitation = make_invitation(by=manager)
    opens(manager, f"{CONSOLE}/invitation/{invitation.public_id}/change/")
    ledger.derive()
    sent = Email.objects.get(notice="invitation")
    opens(manager, f"/admin/communications/email/{sent.public_id}/change/")
    user = invitations.open_account(invitations.mint_link(invitation))

    assert subjects(user) == [
        ("communications.email", str(sent.public_id)),
        ("participants.invitation", str(invitation.public_id)),
    ]
    assert subjects(make_user()) == []


def test_looks_at_an_entered_form_and_its_emails_count_once_it_was_sent(user, clerk):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    entered = make_entered(by=clerk, email=user.email)
    opens(clerk, f"/expression-of-interest/for/{entered}/")
    assert subjects(user) == []

    workflow.entered.hand_over(entered, by=clerk)
    ledger.derive()
    sent = Email.objects.get(notice="entered_for_you")
    opens(make_holder(Role.OFFICE_MANAGER), f"/admin/communications/email/{sent.public_id}/change/")
    listed = [
        ("communications.email", str(sent.public_id)),
        ("participants.enteredform", entered.reference),
    ]
    assert subjects(user) == listed
    workflow.entered.confirm(entered, by=user, received_at=clock.now())
    assert subjects(user) == listed
    assert page_for(user).says("The form that you gave by telephone or on paper")


def test_an_unconfirmed_address_tells_nothing(clerk):
    user = make_user()
    entered = make_entered(by=clerk, email=user.email)
    opens(clerk, f"/expression-of-interest/for/{entered}/")
    workflow.entered.hand_over(entered, by=clerk)

    assert subjects(user) == []


def test_looks_at_account_mail_count_by_the_address(user, rf):
    AccountAdapter(rf.get("/")).send_mail(
        "account/email/login_code", user.email.upper(), {"code": "1"}
    )
    sent = Email.objects.get()
    opens(make_holder(Role.OFFICE_MANAGER), f"/admin/communications/email/{sent.public_id}/change/")

    assert subjects(user) == [("communications.email", str(sent.public_id))]
    assert subjects(make_user()) == []


# The page -----------------------------------------------------------------------------------------------
def test_nobody_has_looked_is_said_and_explained(user):
    assert page_for(user).says("Nobody has looked yet")
    assert "/account/looked/" in page_for(user, "/account/").hrefs
    assert page_for(user, "/account/").says(
        "Nobody of the office has looked at you or your forms yet."
    )


def test_the_account_shows_the_newest_and_leads_to_all(user, clerk):
    person = workflow.person_of(user)
    for days in (9, 8, 7, 1):
        with time_machine.travel(clock.now() - timedelta(days=days)):
            looking.looked(person, by=clerk, what="account")
    looking.looked(person, by=clerk, what="extension")

    page = page_for(user, "/account/")
    assert page.says("See the whole list")
    assert page.words.count("A caseworker of") == 3
    assert page.words.index("The time you have") < page.words.index("Your account A caseworker")


def test_the_looks_of_a_day_that_say_the_same_stand_on_one_line(user, clerk):
    person, auditor = workflow.person_of(user), make_holder(Role.AUDITOR)
    times = ["10:02", "10:30", "10:41"]
    for at in times:
        with time_machine.travel(f"2026-12-03 {at} +00:00", tick=False):
            looking.looked(person, by=clerk, what="identity evidence")
    with time_machine.travel("2026-12-03 10:35 +00:00", tick=False):
        looking.looked(person, by=auditor, what="identity evidence")
        looking.looked(person, by=clerk, what="account")
    with time_machine.travel("2026-12-04 09:00 +00:00", tick=False):
        looking.looked(person, by=clerk, what="identity evidence")

    page = page_for(user)
    assert page.says("opened a page that shows your details 6 times")
    assert page.says("10:02am to 10:41am, 3 Dec 2026")
    assert page.says("A caseworker of the coordination office, 3 times")
    assert page.says("9am, 4 Dec 2026")
    assert page.words.count("A caseworker of") == 3
    assert page.words.count("An auditor of") == 1
    assert Event.objects.of_kind(looking.LOOKED).count() == 6  # each is a row of the record


def test_a_long_list_is_cut_into_pages(user, clerk):
    person = workflow.person_of(user)
    with transaction.atomic():
        for _ in range(2):
            looking.looked(person, by=clerk, what="account")
        for number in range(200):
            facts = {"snapshot": number}
            record(looking.VIEWED, person, by=clerk, facts=facts)

    assert page_for(user).words.count("Your expression of interest") == 100
    assert page_for(user, "/account/looked/?page=3").says(
        "A caseworker of the coordination office, 2 times"
    )
    client = Client()
    client.force_login(user)
    for wrong in ("4", "0", "-1", "x", "9" * 50):
        assert client.get("/account/looked/", {"page": wrong}).status_code == 404


def test_it_costs_the_same_with_many(user, clerk):
    sent = make_submitted(user=user)
    client = Client()
    client.force_login(user)
    counted = []
    for _ in range(2):
        for _ in range(5):
            looking.looked(sent.person, by=clerk, what="account")
            looking.viewed(sent, by=clerk, snapshot=1)
        with CaptureQueriesContext(connection) as queries:
            client.get("/account/looked/")
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 7


def test_the_anonymous_are_asked_to_sign_in_and_nothing_is_written_by_reading(user, client):
    assert client.get("/account/looked/")["Location"].startswith("/accounts/login/")
    workflow.person_of(user)
    before = Event.objects.count()
    page_for(user)
    signed = Client()
    signed.force_login(user)
    assert signed.post("/account/looked/").status_code == 405
    assert Event.objects.count() == before


def test_each_view_is_a_row_however_soon_it_comes_again(user, clerk):
    sent = make_submitted(user=user)
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        opens(clerk, *[f"{CONSOLE}/expressionofinterest/{sent}/change/"] * 3)

    assert len(subjects(user)) == 3
