"""Email domains that are probably another, typed with a slip of the finger."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from workstreams.free_mail import FREE_MAIL

# As near as two letters changed round in "hotmail.com"; "gmx.com" and "gmx.net" are further apart.
NEARLY = 0.88
SHORTEST = 7
"""Below so many letters, every domain is nearly another."""


def meant_instead(domain: str, known: Iterable[str] = ()) -> str:
    """Return the domain that was probably meant; empty when it may well be as typed.

    `known` are domains that fit the person: their organisation's, and that of their other address.
    """
    likely = [each for each in dict.fromkeys([*known, *sorted(FREE_MAIL)]) if each]
    if len(domain) < SHORTEST or domain in likely:
        return ""
    nearest = max(likely, key=lambda each: _likeness(domain, each))
    return nearest if _likeness(domain, nearest) >= NEARLY else ""


def _likeness(one: str, other: str) -> float:
    if sorted(one) == sorted(other):  # letters changed round
        return 0.99
    return SequenceMatcher(None, one, other).ratio()
