"""The letter that every email is: both parts say the same, and nothing in it calls home."""

import re
from types import SimpleNamespace

import css_inline
import pytest
from django.template.loader import render_to_string

LETTER = {
    "portal": SimpleNamespace(
        name="Step-Change", public_url="https://portal.example", is_demonstration=False
    ),
    "name": "Ada O'Neill & Sons",
    "button_url": "https://portal.example/account/?a=1&b=2",
    "button_label": "See your expression of interest",
    "reference": "SC-7GKD4HTX",
}
SAID_BY_BOTH = [
    "How to check that this email is genuine",
    "Our links all begin with https://portal.example.",
    "The Step-Change coordination office",
    "Reference SC-7GKD4HTX",
    "See your expression of interest",
]


@pytest.fixture
def html():
    return render_to_string("emails/base.html", LETTER)


@pytest.fixture
def text():
    return render_to_string("emails/base.txt", LETTER)


@pytest.mark.parametrize("words", SAID_BY_BOTH)
def test_both_parts_say(html, text, words):
    assert words in html
    assert words in text


def test_the_text_is_text(text):
    assert "Dear Ada O'Neill & Sons," in text
    assert "https://portal.example/account/?a=1&b=2" in text
    assert "<" not in text


def test_the_html_is_escaped_and_its_styles_can_be_inlined(html):
    assert "Ada O&#x27;Neill &amp; Sons" in html
    inlined = css_inline.inline(html)
    assert "<style" not in inlined
    assert re.search(r'<a class="button"[^>]*style="[^"]*background-color: ?#0f7a52', inlined)


def test_it_fetches_nothing(html):
    assert not re.search(r"<img|<link|<script|url\(|@import", html)


def test_without_a_button_or_a_name_nothing_is_left_over():
    text = render_to_string("emails/base.txt", {"portal": LETTER["portal"]})
    assert text.startswith("Hello,")
    assert "None" not in text
    html = render_to_string("emails/base.html", {"portal": LETTER["portal"]})
    assert 'class="button"' not in html
