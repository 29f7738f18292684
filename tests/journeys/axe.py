"""Asks axe whether a page is accessible, and fails a test on any violation."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# govuk-frontend sets aria-expanded on radios and checkboxes that reveal a further question; ARIA
# allows it on neither role, screen readers announce it, and the design system keeps it on purpose.
REVEALING = ("govuk-radios__input", "govuk-checkboxes__input")


# All that a page consists of for axe: its width, its elements, what is typed and ticked, where one is.
AS_IT_STANDS = """() => {
    const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
    return JSON.stringify([
        window.innerWidth,
        window.innerHeight,
        document.documentElement.outerHTML,
        fields.map((field) => [field.value, field.checked]),
        [...document.querySelectorAll("*")].indexOf(document.activeElement),
    ])
}"""
# What is another each time a page is made, and is of one length and seen by nobody, or as wide as the last.
DRAWN_ANEW = re.compile(
    r"(?<=csrfmiddlewaretoken\\\" value=\\\")\w{64}"  # in quotes that JSON escapes
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\bSC-\w{8}\b"
)
_passed: set[bytes] = set()


def assert_accessible(page: Page) -> None:
    """Assert that axe finds nothing on the page as it now stands; of its very like it is asked once."""
    page.wait_for_load_state()
    seen = sha256(DRAWN_ANEW.sub("", page.evaluate(AS_IT_STANDS)).encode()).digest()
    if seen in _passed:
        return
    response = Axe().run(page).response
    found = [line for violation in response["violations"] for line in _complaints(violation)]
    assert found == [], "\n".join([page.url, *found])
    _passed.add(seen)


def _complaints(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']} ({violation['impact']}): {node['html']}"
        for node in violation["nodes"]
        if not _is_a_revealing_question(violation["id"], node)
    ]


def _is_a_revealing_question(rule: str, node: dict[str, Any]) -> bool:
    attributes = [attribute for check in node["all"] for attribute in check["data"] or ()]
    return (
        rule == "aria-allowed-attr"
        and any(name in node["html"] for name in REVEALING)
        and all(attribute.startswith("aria-expanded=") for attribute in attributes)
    )
