"""The copy to keep as a PDF: tagged (PDF/UA-1), set in this process, from memory to memory.

The template is ours and fixed. What people wrote reaches it as data, never as markup; no file is
written and nothing is fetched (docs/decisions/0019-the-copy-to-keep.md).
"""

import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import gettext as _

from participants.copies.content import Copy, Pair

HERE = Path(__file__).parent
TEMPLATE = HERE / "copy.typ"
JOINERS = frozenset("\u200c\u200d")
"""What joins or parts letters and pictures: the only invisible characters that are drawn with."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LONG_WORD = 24
"""Letters after which a word without a space may be broken, where it would leave the page."""


def as_pdf(copy: Copy, *, taken_at: datetime) -> bytes:
    """Return the copy as a PDF: A4, its pages numbered, its parts in reading order for a screen reader."""
    said = {
        "title": f"{copy.title} {copy.reference}",
        "heading": copy.title,
        "reference": copy.reference,
        "running": _("%(reference)s, version %(number)d")
        % {"reference": copy.reference, "number": copy.number},
        "page": _("Page %(number)s of %(count)s") % {"number": "{number}", "count": "{count}"},
        "notice": _lines(copy.notice),
        "facts": _pairs(copy.facts),
        "sections": [
            {
                "title": section["title"],
                "stacked": section["asks_in_sentences"],
                "lines": _pairs((line[0], line[1]) for line in section["lines"]),
            }
            for section in copy.sections
        ],
        "accepted_title": _("What you accepted"),
        "accepted": _pairs(copy.accepted),
        "following_title": _("What happens next"),
        "following": _pairs(copy.following),
        "fingerprint": _("Fingerprint of this version, as the record keeps it: %(digest)s")
        % {"digest": copy.fingerprint},
    }
    return _set(said, taken_at)


def _set(said: dict[str, Any], taken_at: datetime) -> bytes:
    try:
        return typst.compile(
            TEMPLATE,
            format="pdf",
            root=HERE,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"copy": json.dumps(said)},
            pdf_standards=["ua-1"],
            timestamp=int(taken_at.timestamp()),
        )
    except typst.TypstError:
        # Its own words quote the text, and would stand in the log (law 7).
        raise RuntimeError("The copy to keep could not be set.") from None


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts shipped with the portal, and no others: a copy is the same wherever it is set."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(HERE / "fonts")],
    )


def _pairs(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    return [{"label": _lines(label), "value": _lines(value)} for label, value in pairs]


def _lines(text: str) -> list[dict[str, Any]]:
    """Return a text line by line, each with its own direction, a long word in pieces to break at."""
    return [
        {"rtl": _reads_from_the_right(line), "pieces": _pieces(line)}
        for line in (_printable(each) for each in text.splitlines())
    ]


def _printable(line: str) -> str:
    """Return a line as it can be drawn: what only steers the text is left out, what is broken shown so.

    The template gives each line its direction, so that nothing in one can turn another around.
    """
    return "".join(filter(None, map(_drawn, line)))


def _drawn(character: str) -> str:
    kind = unicodedata.category(character)
    if character == "\t":
        return " "
    if kind in {"Cc", "Cs"}:
        return REPLACEMENT
    if kind == "Cf" and character not in JOINERS and not "\U000e0020" <= character <= "\U000e007f":
        return ""
    return character


def _reads_from_the_right(line: str) -> bool:
    """Say whether the first letter with a direction reads from the right (Unicode's rule P2)."""
    kinds = (unicodedata.bidirectional(character) for character in line)
    return next((kind != "L" for kind in kinds if kind in {"L", "R", "AL"}), False)


def _pieces(line: str) -> list[str]:
    """Return a line cut where a word grows too long; the template lets it break there."""
    pieces, word = [""], 0
    for character in line:
        word = 0 if character.isspace() else word + 1
        if word > LONG_WORD and not unicodedata.combining(character):
            pieces.append("")
            word = 1
        pieces[-1] += character
    return pieces
