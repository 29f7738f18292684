"""Every letter in a browser: accessible as it stands, at a telephone's width too."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page

from communications import letters
from communications.notices import NOTICES
from tests.communications.letters import row

# A letter is no page of its own: mail programs bring the landmarks and the heading around it.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
pytestmark = pytest.mark.django_db


def test_every_letter_is_accessible_and_fits_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    folders: dict[str, str] = {notice.template(""): name for name, notice in NOTICES.items()}
    for name in folders.values():
        with transaction.atomic():
            email = row(name)
            html = letters.write(email, NOTICES[name]).alternatives[0][0]
            transaction.set_rollback(True)
        page.set_content(str(html))
        assert page.evaluate("document.documentElement.scrollWidth") == 320, name
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response
        assert found["violations"] == [], (name, found["violations"])
