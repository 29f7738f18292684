"""Emailed codes: how one is made, compared and counted, whoever sends it and wherever it is kept."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from stepchange import clock
from stepchange.limits import Limit
from stepchange.references import ALPHABET
from stepchange.transitions import Refused

LASTS = timedelta(minutes=15)
MOST_TRIES = 5
MOST_TRIES_TO_CONFIRM = 3
TRIES = Limit("tries of an emailed code", times=MOST_TRIES, window=LASTS)
TRIES_TO_CONFIRM = Limit(
    "tries of the code of a fresh check", times=MOST_TRIES_TO_CONFIRM, window=LASTS
)


class WrongCode(Refused):
    """What was typed is not the code; it may be tried again."""


class SpentCode(Refused):
    """A code that was tried too often: it opens nothing any more, not even when it is right."""


def new() -> str:
    """Return a code as it is emailed: two groups of four characters that can't be misread."""
    return "-".join("".join(secrets.choice(ALPHABET) for _place in range(4)) for _group in range(2))


def plain(typed: str) -> str:
    """Return a code as it is compared: however it was typed, and in any case."""
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())


def kept(code: str) -> dict[str, Any]:
    """Return what a session keeps of a code: what it can be compared with and counted by, no more."""
    return {
        "id": secrets.token_hex(16),
        "code": _digest(code),
        "until": (clock.now() + LASTS).timestamp(),
    }


def check(waiting: dict[str, Any], typed: str, tries: Limit = TRIES) -> None:
    """Count a try, then compare it with what a session keeps. Raises WrongCode, SpentCode.

    The tries are counted outside the session, which two requests at once would each write anew. What an
    earlier release kept can't be counted, so it is spent.
    """
    if not waiting.keys() >= {"id", "code", "until"}:
        raise SpentCode(_("That code can’t be used any more. Ask for a new code."))
    if tries.take(waiting["id"]):
        raise SpentCode(_("That was one try too many. Ask for a new code."))
    is_right = constant_time_compare(waiting["code"], _digest(typed))
    if not is_right or clock.now().timestamp() >= waiting["until"]:
        raise wrong()


def wrong() -> WrongCode:
    """Return what a wrong code is answered with, a right one that opens nothing included (law 8)."""
    return WrongCode(_("That code is wrong, or too old: check it, or ask for a new one"))


def _digest(code: str) -> str:
    return salted_hmac("stepchange.codes", plain(code), algorithm="sha256").hexdigest()
