"""Email domains that anybody can have an address at, and those that are a slip of the finger from one."""

from collections.abc import Iterable
from difflib import SequenceMatcher

FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.co.uk hotmail.com hotmail.co.uk live.com live.co.uk
    msn.com yahoo.com yahoo.co.uk ymail.com rocketmail.com icloud.com me.com mac.com aol.com
    aol.co.uk gmx.com gmx.co.uk gmx.net mail.com email.com proton.me protonmail.com pm.me zoho.com
    fastmail.com tutanota.com tuta.com hushmail.com yandex.com btinternet.com btopenworld.com
    virginmedia.com ntlworld.com blueyonder.co.uk sky.com talktalk.net tiscali.co.uk plus.net plusnet.com
    o2.co.uk orange.net orange.co.uk freeserve.co.uk wanadoo.co.uk lineone.net mailinator.com
    """.split()  # noqa: SIM905 - sixty quoted names would read worse
)
# As near as two letters changed round in "hotmail.com"; "gmx.com" and "gmx.net" are further apart.
NEARLY = 0.88


def is_free_mail(domain: str) -> bool:
    """Say whether anybody can have an address there, so that it tells of no organisation."""
    return domain in FREE_MAIL


def meant_instead(domain: str, known: Iterable[str] = ()) -> str:
    """Return the domain that was probably meant; empty when it may well be as typed.

    `known` are domains that fit the person: their organisation's, and that of their other address.
    """
    likely = [each for each in dict.fromkeys([*known, *sorted(FREE_MAIL)]) if each]
    if not domain or domain in likely:
        return ""
    nearest = max(likely, key=lambda each: _likeness(domain, each))
    return nearest if _likeness(domain, nearest) >= NEARLY else ""


def _likeness(one: str, other: str) -> float:
    if sorted(one) == sorted(other):  # letters changed round
        return 0.99
    return SequenceMatcher(None, one, other).ratio()
