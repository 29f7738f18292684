"""What each notice says: in text and HTML, to one reader, with nothing that must wait for log-in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import escape
from html.parser import HTMLParser

import pytest
import time_machine
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from communications import letters, workflow
from communications.models import ContactMessage, Email
from communications.notices import NOTICES, account_notice_name
from communications.notices.accounts import ANSWERS, CHANGES, CODES
from participants.models import ExpressionOfInterest, Person
from stepchange import clock
from tests.communications.cast import (
    make_participant,
    submit,
)
from tests.communications.letters import (
    CODE,
    GREETED,
    PARTICIPANTS,
    SECRETS,
    WITH_A_CODE,
    row,
    written,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Letter:
    """A letter as it was written once, for every test that only reads it."""

    email: Email
    message: EmailMultiAlternatives
    read_back: EmailMessage
    written_at: datetime


_letters: dict[str, Letter] = {}
_to_awkward_names: dict[str, dict[str, EmailMessage]] = {}


def letter(notice: str) -> Letter:
    """Return the letter of a notice, from rows of its own: they are gone with the test that made them."""
    if notice not in _letters:
        email = row(notice)
        message = letters.write(email, NOTICES[notice])
        _letters[notice] = Letter(email, message, written(email), clock.now())
    return _letters[notice]


def letter_to(notice: str, name: str) -> EmailMessage:
    """Return the letter of a notice to somebody of an awkward name, all of them written of one row."""
    if notice not in _to_awkward_names:
        email, found = row(notice), {}
        for awkward in AWKWARD.values():
            Person.objects.update(full_name=awkward)
            found[awkward] = written(Email.objects.get(pk=email.pk))
        _to_awkward_names[notice] = found
    return _to_awkward_names[notice][name]


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] not in {"style", "title"}:
            self.words.append(data)


def page(html: str) -> _Page:
    parsed = _Page()
    parsed.feed(html)
    return parsed


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_headers_are_right_and_one_line_each(notice: str):
    email, message = letter(notice).email, letter(notice).read_back
    assert message["Message-ID"] == f"<{email.public_id}@127.0.0.1>"
    dated = parsedate_to_datetime(message["Date"])
    assert abs((dated - letter(notice).written_at).total_seconds()) < 5
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == settings.OFFICE_EMAIL
    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    to_office = notice in {"contact_message", "second_factor_reset_office", "seat_to_fill"}
    expected = settings.OFFICE_EMAIL if to_office else "reader@users.example"
    assert message["To"] == expected
    assert not {"Cc", "Bcc"} & set(message.keys())
    assert not message.defects
    subject = letter(notice).message.subject
    assert subject == subject.strip()
    assert "\n" not in subject
    assert len(subject) < 70


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_text_and_html_say_the_same_and_how_to_check_the_mail(notice: str):
    message = letter(notice).read_back
    text, html = part(message, "plain"), part(message, "html")
    said = " ".join("".join(page(html).words).split())
    for paragraph in re.split(r"\n\s*\n", text):
        words = " ".join(paragraph.split())
        if words.startswith(("--", "http")) or ":\n" in paragraph or "genuine" in words:
            continue
        assert words in said
    for body in (text, said):
        said_in_it = " ".join(body.split())
        assert "How to check that this email is genuine" in said_in_it
        assert "We never ask for your password, a code" in said_in_it
        assert f"Our links all begin with {settings.PUBLIC_URL}." in said_in_it
        assert "type that address yourself" in said_in_it
    assert text == text.strip() + "\n"
    assert "\n\n\n" not in text


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_html_is_inlined_and_fetches_nothing_and_links_only_home(notice: str):
    html = part(letter(notice).read_back, "html")
    parsed = page(html)
    assert 'style="' in html
    assert not {"script", "img", "link", "form", "iframe", "object"} & set(parsed.tags)
    assert bool(parsed.links) is (notice not in WITH_A_CODE)
    assert {
        link for link in parsed.links if not link.startswith(f"{settings.PUBLIC_URL}/")
    } == set()


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_nothing_confidential_is_said(notice: str):
    message = letter(notice).message
    everything = message.message().as_string() + message.subject + str(message.body)
    for secret in (*SECRETS, "sender@x.example", "Amina", "Wilhelmina", "training"):
        greeted = (
            "Wilhelmina" if notice == "referee_asked" else "Amina" if notice in GREETED else ""
        )
        # Its owner must know at once; that it was refused tells of no role and no project.
        is_warned = (secret, notice) == ("refused", "second_factor_reset_refused")
        allowed = secret == greeted or is_warned
        assert (secret in everything) is allowed


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_each_letter_says_why_it_came_and_promises_no_more_than_there_is(notice: str):
    text = " ".join(part(letter(notice).read_back, "plain").split())
    why = text.partition("-- You get this because ")[2]
    assert why
    assert "something that you, or somebody on your behalf, did" not in why  # in words of its own
    assert (" Type the code only on a page whose address begins with " in text) is (
        notice.removeprefix("account:") in {*CODES, "work_address_code"}
    )
    assert ("You find the reference" in text) is bool(re.search(r"Reference SC-\w{8}$", text))


def test_more_time_names_the_form_and_says_what_counts():
    text = " ".join(part(written(row("extension")), "plain").split())
    reference = ExpressionOfInterest.objects.get().reference
    assert f"Reference {reference}" in text
    assert "What you submitted counts. If you want to change it, sign in" in text
    assert str(written(Email.objects.get(notice="extension"))["Subject"]).startswith(
        f"More time for {reference}: until "
    )


@pytest.mark.parametrize("template", CODES)
def test_a_code_stands_in_both_bodies_and_not_in_the_subject(template: str):
    message = written(row(account_notice_name(template)))
    assert CODE in part(message, "plain")
    assert CODE in part(message, "html")
    assert CODE not in message["Subject"]
    assert "15 minutes" in part(message, "plain")


def test_the_receipt_says_when_and_which_in_uk_time():
    with time_machine.travel("2018-05-25T14:04:00Z", tick=False):
        expression = submit(make_participant())
        Person.objects.update(full_name="Zoë O'Neil <b>")
        workflow.derive()
        message = written(Email.objects.get(notice="receipt"))
    assert message["Subject"] == f"We have your expression of interest {expression.reference}"
    text = part(message, "plain")
    assert text.startswith("Dear Zoë O'Neil <b>,\n")
    assert "at 3:04pm on Friday 25 May 2018 (UK time)" in " ".join(text.split())
    assert f"{settings.PUBLIC_URL}/account/" in text
    assert "Dear <bdi>Zoë O'Neil &lt;b&gt;</bdi>," in part(message, "html")


def test_what_is_plain_text_is_not_escaped():
    for template, change in CHANGES.items():
        message = written(row(account_notice_name(template)))
        assert message["Subject"] == change
    assert "&" not in part(written(row(account_notice_name(next(iter(ANSWERS))))), "plain")


AWKWARD = {
    "quotes": 'O\'Neil "Zoë" & Söhne <script>alert(1)</script>',
    "line breaks": "A\r\nBcc: x@evil.example\n\nSend us your password",
    "turned around": "\u202eevil\u202d \u2066x\u2069",
    "from right to left": "محمد بن سلمان",
    "joined": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "template": "{{ code }}{% now 'Y' %}",
    "emoji and combining": "🕵🏽\u200d♀️ Z\u0308oe\u0301",
    "controls": "A\x1b[31m\x85B",
    "long": "A" * 200,
    "formula": "=HYPERLINK(1)",
}


@pytest.mark.parametrize("notice", sorted(PARTICIPANTS))
@pytest.mark.parametrize("name", AWKWARD.values(), ids=AWKWARD)
def test_whatever_the_name_each_letter_is_whole_in_both_parts(notice: str, name: str):
    message = letter_to(notice, name)
    assert not message.defects
    assert "Bcc" not in message
    text, html = part(message, "plain"), part(message, "html")
    tame = letters.one_line(name)
    greeting = text.partition("\n\n")[0]
    assert " ".join(greeting.split()) == f"Dear {tame},"
    assert f"<bdi>{escape(tame)}</bdi>" in html.replace('"', "&quot;").replace("'", "&#x27;") or (
        tame in "".join(page(html).words)
    )
    assert not {"script", "img", "form"} & set(page(html).tags)
    for turned in "\u202e\u202d\u2066\u2069\x1b\x85":
        assert turned not in text + html
    assert "Send us" not in text.split("\n\n")[1]


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_plain_text_is_wrapped_and_has_no_markup(notice: str):
    text = part(letter(notice).read_back, "plain")
    long_lines = [line for line in text.splitlines() if len(line) > 76]
    assert [line for line in long_lines if " " in line] == []
    assert not re.search(r"&\w+;|&#|<[a-z/]", text)


@pytest.mark.parametrize("notice", sorted(NOTICES))
def test_html_says_its_language_has_one_button_and_follows_nobody(notice: str):
    html = part(letter(notice).read_back, "html")
    assert re.search(r'<html[^>]* lang="en-GB"', html)
    assert len(re.findall(r'class="button"', html)) <= 1
    assert not re.search(r"<img|background=|url\(|utm_|open\?", html)
    for table in re.findall(r"<table[^>]*>", html):
        assert 'role="presentation"' in table
    assert "List-Unsubscribe" not in letter(notice).read_back


@pytest.mark.parametrize("name", ["A\r\nBcc: x@evil.example", "\x00\x1b[31m", "{{ code }}", "‮"])
def test_a_hostile_name_starts_no_header(name: str):
    person = make_participant()
    Person.objects.filter(pk=person.pk).update(full_name=name.replace("\x00", ""))
    submit(person)
    workflow.derive()
    message = written(Email.objects.get(notice="receipt"))
    assert not {"Bcc"} & set(message.keys())
    assert "\n" not in message["Subject"]


def test_one_line_takes_away_whatever_could_break_a_header():
    assert letters.one_line(" a\r\nBcc: b\t\x00\x85\u2028c  d ") == "a Bcc: b c d"


def test_the_office_reads_a_message_in_the_console_not_in_its_mail():
    message = written(row("contact_message"))
    reference = ContactMessage.objects.get().reference
    assert message["Subject"] == f"A message to the office: {reference}"
    assert f"{settings.PUBLIC_URL}/admin/communications/contactmessage/" in part(message, "plain")


def test_every_notice_has_its_three_templates_and_no_folder_is_left_over():
    folder = settings.BASE_DIR / "templates" / "emails"
    used = {notice.template("").split("/")[1] for notice in NOTICES.values()}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == used
    for name in used:
        assert {"subject.txt", "body.txt", "body.html"} == {
            path.name for path in (folder / name).iterdir()
        }
