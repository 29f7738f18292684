import smtplib

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail


def test_the_mail_server_keeps_what_the_portal_sends(mail_server):
    message = EmailMultiAlternatives(
        "Submit by 11:59pm – today", "Dear Zoë", "office@stepchange.example", ["z@harbour.example"]
    )
    message.attach_alternative("<p>Dear Zoë</p>", "text/html")

    message.send()

    (letter,) = mail_server.letters
    assert letter["Subject"] == "Submit by 11:59pm – today"
    assert letter["To"] == "z@harbour.example"
    assert letter.get_body(["plain"]).get_content().strip() == "Dear Zoë"
    assert letter.get_body(["html"]).get_content().strip() == "<p>Dear Zoë</p>"


def test_the_mail_server_refuses_when_told_to(mail_server):
    mail_server.answer = "451 Try again later"

    with pytest.raises(smtplib.SMTPDataError):
        send_mail("Due", "Body", "office@stepchange.example", ["z@harbour.example"])

    assert mail_server.letters == []
