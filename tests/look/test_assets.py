"""What is built from frontend/ and committed: small enough, complete, and nobody else's brand."""

import hashlib
import json
import re
import struct
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "static" / "stepchange"
KIB = 1024


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("portal.css", 16 * KIB),
        ("portal.js", 14 * KIB),
        ("organisation.js", 19 * KIB),
        ("offer.js", 1 * KIB),
        ("passkeys.js", 2 * KIB),
    ],
)
def test_it_is_within_its_budget_over_the_wire(name, most):
    assert len(brotli.compress((BUILT / name).read_bytes(), quality=11)) <= most


@pytest.mark.parametrize(
    "name", ["portal.css", "portal.js", "organisation.js", "offer.js", "console.css"]
)
@pytest.mark.parametrize(
    "word", ["GDS Transport", "@font-face", "crown", "crest", "sourceMappingURL"]
)
def test_it_carries_no_brand_font_or_map_of_others(name, word):
    assert word.lower() not in (BUILT / name).read_text().lower()


@pytest.mark.parametrize("name", ["portal.css", "console.css"])
def test_every_file_the_styles_refer_to_exists(name):
    referred = re.findall(r"url\(\s*[\"']?(?!data:)([^\"')]+)", (BUILT / name).read_text())
    assert [file for file in referred if not (BUILT / file).is_file()] == []


def test_the_stamp_names_the_versions_and_the_sources_it_was_built_from():
    package = json.loads((FRONTEND / "package.json").read_text())
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    govuk = package["dependencies"]["govuk-frontend"]
    scripts = ["portal.js", "organisation.js", "offer.js", "passkeys.js"]
    names = ["portal.scss", "console.scss", *scripts, "package.json", "package-lock.json"]
    sources = [FRONTEND / name for name in names] + sorted((FRONTEND / "scss").glob("*.scss"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    assert (BUILT / "version.txt").read_text().splitlines() == [
        f"stepchange-frontend {package['version']}",
        f"govuk-frontend {govuk}",
        f"accessible-autocomplete {package['dependencies']['accessible-autocomplete']}",
        f"sources {digest}",
    ], "run `make assets` and commit what it writes"
    assert lock["packages"]["node_modules/govuk-frontend"]["version"] == govuk
    assert f'--govuk-frontend-version: "{govuk}"' in (BUILT / "portal.css").read_text()


def test_the_lock_names_no_registry():
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text()


@pytest.mark.parametrize(
    ("name", "size"), [("social-card.png", (1200, 630)), ("apple-touch-icon.png", (180, 180))]
)
def test_pictures_have_the_size_that_is_said_of_them(name, size):
    assert struct.unpack(">II", (BUILT / name).read_bytes()[16:24]) == size


def test_the_favicon_is_an_icon_of_48_pixels():
    icon = (BUILT / "favicon.ico").read_bytes()
    assert icon[:6] == b"\0\0\1\0\1\0"
    assert (icon[6], icon[7]) == (48, 48)


def _luminance(colour):
    def linear(part):
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _tokens():
    text = (FRONTEND / "scss" / "_tokens.scss").read_text()
    return dict(re.findall(r'[$"]([a-z-]+)"?: (#[0-9a-f]{6})', text))


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "surface"),
        ("ink-quiet", "surface"),
        ("link", "surface"),
        ("due", "due-surface"),
        ("ink-quiet", "due-surface"),
        ("navy-quiet", "navy"),
        ("navy-quiet", "navy-deep"),
        ("due-bright", "navy"),
        ("paper", "go"),
        ("error", "paper"),
        ("crowded-places", "paper"),
        ("security-and-resilience", "paper"),
        ("transport", "paper"),
        ("cyber", "paper"),
        ("travel-and-tourism", "paper"),
    ],
)
def test_colours_that_meet_can_be_read(text, ground):
    tokens = _tokens()
    assert _contrast(tokens[text], tokens[ground]) >= 4.5
