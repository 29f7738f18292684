"""How often one may guess a password, and be sent a code: enough to stop a guesser, not their victim.

docs/decisions/0011-accounts.md has the numbers and what they cost an attacker.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.http import HttpRequest

from stepchange.limits import Limit, Use, network_of, use_all

_MINUTES = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

GUESSES_HERE = Limit("wrong passwords, address and network", times=5, window=5 * _MINUTES)
"""Tight: it holds back the guesser alone, since it counts where they sit too."""
GUESSES_FROM = Limit("wrong passwords, network", times=30, window=15 * _MINUTES)
"""For those who try one password on many accounts."""
GUESSES_FOR = Limit("wrong passwords, address", times=50, window=15 * _MINUTES)
"""Loose and short, since it holds back the account's owner too; a code or a passkey still lets them in."""

CODES_HERE = Limit("codes, address and network", times=5, window=_HOUR)
CODES_FROM = Limit("codes, network", times=200, window=_HOUR)
CODES_FOR = Limit("codes, address", times=20, window=_HOUR)
"""What a mailbox can be sent in an hour, whoever asks."""


def guess(request: HttpRequest, address: str) -> tuple[list[Use], timedelta | None]:
    """Count a password before it is looked at, so that no burst passes; give it back if it was right."""
    return use_all(_each(request, address, GUESSES_HERE, GUESSES_FROM, GUESSES_FOR))


def forgive(request: HttpRequest, address: str) -> None:
    """Forget the wrong passwords for an address whose owner has just chosen a new one."""
    for limit, whose in _each(request, address, GUESSES_HERE, GUESSES_FROM, GUESSES_FOR):
        if limit is not GUESSES_FROM:
            limit.forget(whose)


def ask_for_code(request: HttpRequest, address: str) -> timedelta | None:
    """Count a code that is to be mailed; return None, or how long until another may be."""
    return use_all(_each(request, address, CODES_HERE, CODES_FROM, CODES_FOR))[1]


def _each(
    request: HttpRequest, address: str, here: Limit, from_: Limit, for_: Limit
) -> Iterable[tuple[Limit, str]]:
    """Pair each limit with whom it counts. The same for addresses that have no account (law 8)."""
    typed, network = address.strip().lower(), network_of(request)
    return (here, f"{typed} {network}"), (from_, network), (for_, typed)
