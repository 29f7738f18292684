"""Refuses passwords that are known from breaches, and those that are one of them in disguise.

No password leaves the portal to be looked up. docs/decisions/0012-breached-passwords.md says which
list this is, what it can't know, and how to give the portal a larger one.
"""

import gzip
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 128
"""More would only make the hashing dearer."""
SHORTEST_PART = 4
MOST_PADDING = 7
"""Up to so many figures and signs around a known password add nothing that is not tried first."""
FEWEST_SIGNS = 5
DIGEST_BYTES = 5
"""Of each SHA-1 in a packed list: of a million entries, one good password in a million is refused."""

OUR_OWN = frozenset({"stepchange", "step-change", "step change"})
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'#",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
)
NEIGHBOURS = frozenset(pair for row in ROWS for way in (row, row[::-1]) for pair in pairwise(way))
DISGUISES = (str.maketrans("013457@$!8", "oieastasib"), str.maketrans("013457@$!|", "oleastaslb"))


class BreachedPasswords:
    """Validates new passwords (Django's AUTH_PASSWORD_VALIDATORS)."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError, with what to do, for a password that attackers try first."""
        if len(password) > LONGEST:
            raise ValidationError(
                _("Use %(longest)d characters or fewer"),
                code="password_too_long",
                params={"longest": LONGEST},
            )
        if is_guessable(password):
            raise ValidationError(
                _(
                    "This password, or one like it, is on lists that attackers try first. "
                    "Choose another: three random words are good"
                ),
                code="password_breached",
            )

    def get_help_text(self) -> Any:
        """Say what is refused."""
        return _("Your password can’t be one that is known from a breach, or one like it.")


def is_guessable(password: str) -> bool:
    """Say whether a password is known from a breach, is one in disguise, or is a plain pattern."""
    typed = unicodedata.normalize("NFKC", password).casefold().strip()
    return (
        len(set(typed)) < FEWEST_SIGNS
        or _is_walk(typed)
        or is_packed(password)
        or is_packed(typed)
        or any(_is_known(each) for each in _undisguised(typed))
    )


def _undisguised(typed: str) -> Iterator[str]:
    """Yield what a password may be hiding: it, said once, with letters for figures, or backwards."""
    unit = re.fullmatch(r"(.+?)\1+", typed)
    for each in {typed, unit[1] if unit else typed}:
        yield each
        yield each[::-1]
        for disguise in DISGUISES:
            yield each.translate(disguise)
    # "L1verp00l!!!!": the signs around it are padding, those inside are letters.
    inner = re.sub(r"^\W+|\W+$", "", typed)
    if len(typed) - len(inner) <= MOST_PADDING:
        for disguise in DISGUISES:
            yield inner.translate(disguise)


def _is_known(typed: str) -> bool:
    if typed in _known():
        return True
    bare = _bare(typed)
    if len(bare) >= SHORTEST_PART and len(typed) - len(bare) <= MOST_PADDING and bare in _known():
        return True
    # Two of the commonest in a row.
    return any(
        bare[:cut] in _known() and bare[cut:] in _known()
        for cut in range(SHORTEST_PART, len(bare) - SHORTEST_PART + 1)
    )


def _bare(typed: str) -> str:
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", typed)


def _is_walk(typed: str) -> bool:
    """Say whether three steps of four go to the next key, the next letter, or stay."""
    steps = list(pairwise(typed))
    near = sum(one == other or (one, other) in NEIGHBOURS for one, other in steps)
    return bool(steps) and near * 4 >= len(steps) * 3


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the 20,000 commonest passwords of breaches, which come with Django, and our own names."""
    path = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return frozenset(line.strip() for line in lines) | OUR_OWN


# A larger list, when the portal is given one: the first bytes of each SHA-1, sorted, one after another.
def digest_of(password: str) -> bytes:
    """Return what a packed list keeps of a password."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()[:DIGEST_BYTES]


def is_packed(password: str) -> bool:
    """Say whether the packed list, if the portal was given one (BREACHED_PASSWORDS), has a password."""
    if not settings.BREACHED_PASSWORDS:
        return False
    return has_digest(_packed(Path(settings.BREACHED_PASSWORDS)), digest_of(password))


def has_digest(packed: bytes | mmap, wanted: bytes) -> bool:
    """Look for a digest in a packed list, by halves."""
    low, high = 0, len(packed) // DIGEST_BYTES
    while low < high:
        middle = (low + high) // 2
        found = packed[middle * DIGEST_BYTES : (middle + 1) * DIGEST_BYTES]
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


@lru_cache(maxsize=4)
def _packed(path: Path) -> mmap:
    """Map the file: the processes of the portal share it, and read only what they look at."""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)
