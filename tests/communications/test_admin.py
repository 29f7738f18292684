"""The ledger and the messages to the office in the console."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communications.models import ContactMessage, Email, Generation
from stepchange.console import row_page
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_draft, make_project, make_submitted
from tests.office import make_holder, office, search, seen, signed_in

pytestmark = pytest.mark.django_db

LEDGER = "/admin/communications/email/"
MESSAGES = "/admin/communications/contactmessage/"


def make_email(**fields) -> Email:
    return Email.objects.create(
        **{
            "notice": "receipt",
            "subject_key": "SC-34679CDF",
            "occurrence": str(Email.objects.count()),
            "recipient_key": "person:login",
            "address": "amina@harbour.example",
            "heading": "We have your expression of interest",
            "payload": {"code": "SECRET-CODE"},
        }
        | fields
    )


@pytest.mark.parametrize(
    ("role", "reads_addresses"),
    [
        (Role.OFFICE_MANAGER, True),
        (Role.COMMUNICATIONS_OFFICER, True),
        (Role.AUDITOR, False),
    ],
)
def test_the_ledger_shows_how_a_message_stands_and_addresses_only_to_those_who_write(
    role, reads_addresses
):
    why = "The mail server said 550 &lt;amina@harbour.example&gt; unknown"
    email = make_email(state="uncertain", why=unescape(why))
    client = office(role)
    listed = client.get(LEDGER).content.decode()
    page = client.get(f"{LEDGER}{email.public_id}/change/").content.decode()

    assert "SC-34679CDF" in listed
    assert (why in page, why in listed) == (reads_addresses, reads_addresses)
    for shown in (listed, page):
        assert "SECRET-CODE" not in shown
        assert reads_addresses or "harbour.example" not in shown
    assert ("We have your expression of interest" in page) is reads_addresses


def test_an_address_is_not_found_by_asking_for_it():
    make_email()
    client = office(Role.AUDITOR)

    for query in ("address__startswith=a", "address=amina@harbour.example", "payload__isnull=0"):
        assert client.get(f"{LEDGER}?{query}").status_code == HTTPStatus.BAD_REQUEST
    found = search(client, LEDGER, "amina@harbour.example").context["cl"]
    assert list(found.result_list) == []


def test_the_ledger_is_searched_and_filtered():
    one = make_email(notice="receipt")
    other = make_email(notice="contact_message", subject_key="x", state="failed")
    client = office()

    def found(query: str) -> set[Email]:
        return set(client.get(f"{LEDGER}?{query}").context["cl"].result_list)

    for words, row in (("SC-34679CDF", one), ("contact_message", other), ("failed", other)):
        assert set(search(client, LEDGER, words).context["cl"].result_list) == {row}
    assert found("state__exact=failed") == {other}
    assert found("notice=receipt") == {one}


def test_what_a_person_must_look_at_waits_on_the_first_page():
    make_email(state="uncertain")
    make_email(state="failed")
    make_email(state="failed")
    waiting = {item.label: item.number for item in office().get("/admin/").context["waiting"]}

    assert (waiting["Emails uncertain"], waiting["Emails failed"]) == (1, 2)
    caseworker = office(Role.CASEWORKER).get("/admin/").context["waiting"]
    assert "Emails failed" not in {item.label for item in caseworker}


def test_no_row_of_either_is_changed_by_a_forged_post():
    email = make_email()
    message = ContactMessage.objects.create(
        name="Iris", email="iris@visitors.example", about="other", message="Hello"
    )
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    for path in (f"{LEDGER}{email.public_id}", f"{MESSAGES}{message.public_id}"):
        forged = {"state": "sent", "address": "x@y.example", "message": "forged"}
        assert client.post(f"{path}/change/", forged).status_code == HTTPStatus.FORBIDDEN
    email.refresh_from_db()
    message.refresh_from_db()
    assert (email.state, email.address, message.message) == (
        "queued",
        "amina@harbour.example",
        "Hello",
    )


def test_a_message_to_the_office_is_read_on_its_page():
    message = ContactMessage.objects.create(
        name="Iris", email="iris@visitors.example", about="other", message="How do I <b>join</b>?"
    )
    page = office().get(f"{MESSAGES}{message.public_id}/change/").content.decode()

    assert "How do I &lt;b&gt;join&lt;/b&gt;?" in page
    assert office(Role.AUDITOR).get(MESSAGES).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", [LEDGER, MESSAGES])
def test_a_list_costs_the_same_however_long_it_is(path):
    client = office()
    counted = []
    for _ in range(2):
        for _ in range(4):
            make_email()
            ContactMessage.objects.create(
                name="Iris", email="iris@visitors.example", about="other", message="Hello"
            )
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == HTTPStatus.OK
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 20


@pytest.mark.parametrize(("step", "state"), [("resend", "queued"), ("confirm_sent", "sent")])
def test_a_person_settles_what_is_in_doubt_with_a_reason(step, state):
    email = make_email(state="uncertain")
    path = f"{LEDGER}{email.public_id}/{step}/"
    auditor = office(Role.AUDITOR).post(path, seen(email) | {"reason": "They called."})
    assert auditor.status_code == HTTPStatus.FORBIDDEN
    client = office(Role.COMMUNICATIONS_OFFICER)
    assert "Fill in “reason”." in client.post(path, seen(email)).content.decode()

    client.post(path, seen(email) | {"reason": "They called."})
    email.refresh_from_db()
    assert email.state == state
    assert Event.objects.about(email).get().reason == "They called."


def test_what_the_portal_does_with_a_message_is_no_persons_step():
    email = make_email(state="queued")
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    for step in ("claim", "begin", "finish", "suppress"):
        path = f"{LEDGER}{email.public_id}/{step}/"
        assert client.post(path, seen(email)).status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"{LEDGER}{email.public_id}/resend/", seen(email)).status_code == 409


@pytest.mark.parametrize(
    ("state", "known"), [("uncertain", "no answer came back"), ("held", "was restored while")]
)
def test_the_page_says_what_is_known_and_what_was_tried(state: str, known: str):
    tried = {
        "at": "2018-05-25T14:04:00+00:00",
        "attempt": 1,
        "outcome": "delayed",
        "why": "450 <script> amina@harbour.example",
    }
    email = make_email(state=state, tried=[tried], handed=2)
    page = f"{LEDGER}{email.public_id}/change/"
    shown = office(Role.COMMUNICATIONS_OFFICER).get(page).content.decode()
    for words in (known, "3:04pm on Friday 25 May 2018", "given it 2 times", "450 &lt;script&gt;"):
        assert words in shown
    audited = office(Role.AUDITOR).get(page).content.decode()
    assert known in audited
    assert "harbour.example" not in audited


def test_what_is_held_waits_on_the_first_page_and_is_released_with_a_reason():
    Generation.objects.create(number=1, state="running")
    held = Generation.objects.create(number=2, state="held", held_emails=2)
    emails = [make_email(state="held") for _ in range(2)]
    client = office(Role.COMMUNICATIONS_OFFICER)
    waiting = {item.label: item.number for item in client.get("/admin/").context["waiting"]}
    assert waiting["Emails held after a restore"] == 2
    assert waiting["Restored backups to decide about"] == 1
    (listed,) = client.get("/admin/communications/generation/").context["cl"].result_list
    assert listed == held
    one = f"{LEDGER}{emails[0].public_id}/confirm_sent/"
    client.post(one, seen(emails[0]) | {"reason": "It went out before."})
    release = f"/admin/communications/generation/{held.public_id}/release/"
    assert "Fill in “reason”." in client.post(release, seen(held)).content.decode()
    client.post(release, seen(held) | {"reason": "The backup was a minute old."})
    assert sorted(Email.objects.values_list("state", flat=True)) == ["queued", "sent"]
    assert Event.objects.about(held).get().reason == "The backup was a minute old."


def test_the_ledger_speaks_of_emails_in_words_and_links_what_they_are_about():
    sent = make_submitted(make_project())
    event = Event.objects.of_kind("participants.expression.submitted").get()
    draft = make_draft(call=sent.call)
    make_email(subject_key=sent.reference, event=event, state="sent", attempts=1)
    make_email(notice="draft_saved", subject_key=draft.reference)
    make_email(notice="account:login_code", subject_key="address:0123456789abcdef")
    make_email(notice="work_address_code", subject_key="7fbb8e8f-6df0-4b3c-a228-3b5fd8e7ca9b")
    email = Email.objects.get(notice="receipt")
    listed = office().get(LEDGER).content.decode()
    rows = re.sub(r"<[^>]*>", " ", listed.split("<tbody>")[1].split("</tbody>")[0])
    page = office().get(f"{LEDGER}{email.public_id}/change/").content.decode()

    for words in ("Receipt", "Draft saved", "Code to sign in", "Code to confirm a work address"):
        assert words in rows
    for code in ("draft_saved", "login_code", "address:", "7fbb8e8f-"):
        assert code not in rows
    for shown in (listed, page):
        assert f'<a href="{row_page(sent)}">{sent.reference}</a>' in shown
    assert row_page(draft) not in listed  # a draft is opened by nobody of the office
    assert f"<h1>Receipt, {sent.reference}</h1>" in page
    assert row_page(sent) not in office(Role.AUDITOR).get(LEDGER).content.decode()
    found = search(office(), LEDGER, "code to sign").context["cl"].result_list
    assert [row.notice for row in found] == ["account:login_code"]


def test_a_notice_that_is_sent_no_more_is_still_named():
    make_email(notice="long_gone")

    assert "Long gone" in office().get(LEDGER).content.decode()
