"""Draws the icons and the social card in static/stepchange/ from artwork/*.svg.

Run by hand after changing the artwork (`.venv/bin/python frontend/draw.py`); needs chromium and
the development environment. The results are committed, so that running the portal needs neither.
"""

import shutil
import struct
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
ARTWORK = HERE / "artwork"
OUT = HERE.parent / "static" / "stepchange"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def draw(browser: Browser, svg: str, width: int, height: int, *, opaque: bool = False) -> bytes:
    """Return an SVG as a PNG of this size."""
    page = browser.new_page(viewport={"width": width, "height": height})
    background = "#0d2747" if opaque else "transparent"
    page.set_content(
        f"<style>html{{background:{background}}}body{{margin:0}}"
        f"svg{{display:block;width:{width}px;height:{height}px}}</style>" + svg
    )
    image = page.screenshot(omit_background=not opaque)
    page.close()
    return image


def icon_file(png: bytes, size: int) -> bytes:
    """An .ico holding one PNG (which every browser since 2007 reads)."""
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(png), len(header) + 16)
    return header + entry + png


def main() -> None:
    """Draw them all."""
    favicon = (ARTWORK / "favicon.svg").read_text()
    card = (ARTWORK / "social-card.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        (OUT / "favicon.svg").write_text(favicon)
        (OUT / "favicon.ico").write_bytes(icon_file(draw(browser, favicon, 48, 48), 48))
        (OUT / "apple-touch-icon.png").write_bytes(draw(browser, favicon, 180, 180, opaque=True))
        (OUT / "social-card.png").write_bytes(draw(browser, card, 1200, 630, opaque=True))
        browser.close()


if __name__ == "__main__":
    main()
