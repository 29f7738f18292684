"""What no template may hold: what the content security policy refuses, or what isn't ours."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(__file__).parents[2] / "templates"
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".svg"})
# Emails are letters: css-inline moves their styles into the elements when they are rendered.
PAGES = [path for path in FILES if TEMPLATES / "emails" not in path.parents]

FORBIDDEN = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style\b",
    "an event handler": r"\son[a-z]+\s*=\s*[\"']",
    "a javascript: address": r"javascript:",
    "something from another host": r"(?:src|srcset|action)\s*=\s*[\"']\s*(?:https?:)?//",
    "an inline script": (
        r"<script(?![^>]*(?:\bsrc=|application/json|application/ld\+json))[^>]*>"
        r"(?!{% include \"stepchange/js_enabled\.js\" %}</script>)"
    ),
    "words trusted without reason": r"\|\s*safe\b",
    "another's brand": r"GDS Transport|govuk-logotype|\bcrown\b",
}
MUST_BE_FOUND = {
    "a style attribute": '<p style="color: red">',
    "a style element": "<style>p {}</style>",
    "an event handler": '<a onclick="go()">',
    "a javascript: address": '<a href="javascript:go()">',
    "something from another host": '<img src="//elsewhere.example/x.png">',
    "an inline script": "<script>go()</script>",
    "words trusted without reason": "{{ label|safe }}",
    "another's brand": '<svg class="govuk-logotype">',
}


def _name(path):
    return str(path.relative_to(TEMPLATES))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_scan_finds_what_it_looks_for(what):
    assert re.search(FORBIDDEN[what], MUST_BE_FOUND[what], re.IGNORECASE)


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_page_holds_no(path, what):
    assert not re.search(FORBIDDEN[what], path.read_text(), re.IGNORECASE)


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_an_email_or_page_fetches_nothing_from_another_host(path):
    assert not re.search(FORBIDDEN["something from another host"], path.read_text())


def test_the_one_inline_script_is_the_one_the_policy_allows():
    script = (TEMPLATES / "stepchange" / "js_enabled.js").read_text()
    assert script == script.strip(), "what stands in the page must be what was hashed"
    allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]
    assert sum(source.startswith("'sha256-") for source in allowed) == 1
    assert not any("unsafe" in source for source in allowed)
