"""Pictures of the pages that a journey comes to, for somebody to look at: `PICTURES=yes` keeps them."""

import os
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

PICTURES = Path(settings.VAR) / "pictures"
ARE_KEPT = bool(os.environ.get("PICTURES"))
"""No test asks what is in a picture, and painting them takes half of what a journey takes."""


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page as it now stands, if pictures are wanted."""
    if ARE_KEPT:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
