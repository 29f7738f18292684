"""Draw the font of last resort: one box for every character, so that nothing is left out of a PDF.

Run by fonts.sh, with fontTools. A PDF made for accessibility (PDF/UA) refuses a letter without a glyph;
with this font the letter shows as a box, and is still the letter when it is copied or read aloud.
"""

import sys

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

OUTSIDE = ((60, -100), (60, 780), (540, 780), (540, -100))
INSIDE = ((110, -50), (490, -50), (490, 730), (110, 730))
STROKE = ((110, -50), (110, -10), (450, 730), (490, 730), (490, 690), (150, -50))
SURROGATES = range(0xD800, 0xE000)
MADE_AT = 3_600_000_000  # seconds since 1904: the same file each time


def draw() -> object:
    """Return the box, crossed by one stroke."""
    pen = TTGlyphPen(None)
    for outline in (OUTSIDE, INSIDE, STROKE):
        pen.moveTo(outline[0])
        for point in outline[1:]:
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def main(path: str) -> None:
    """Write the font."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box"])
    builder.setupCharacterMap({})
    builder.setupGlyf({".notdef": draw(), "box": draw()})
    builder.setupHorizontalMetrics({".notdef": (600, 60), "box": (600, 60)})
    builder.setupHorizontalHeader(ascent=880, descent=-200)
    name = "Step-Change Fallback"
    builder.setupNameTable(
        {
            "familyName": name,
            "styleName": "Regular",
            "uniqueFontIdentifier": name,
            "fullName": name,
            "psName": "StepChangeFallback-Regular",
            "version": "Version 1.0",
        }
    )
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-200, usWinAscent=900, usWinDescent=200)
    builder.setupPost()
    font = builder.font
    every = CmapSubtable.newSubtable(13)  # many characters to one glyph: 1 KB in all
    every.platformID, every.platEncID, every.language = 3, 10, 0
    every.format, every.reserved, every.length, every.nGroups = 13, 0, 0, 0
    every.cmap = {code: "box" for code in range(0x20, 0x110000) if code not in SURROGATES}
    font["cmap"].tables = [every]
    font["head"].created = font["head"].modified = MADE_AT
    font.recalcTimestamp = False
    font.save(path)


if __name__ == "__main__":
    main(sys.argv[1])
