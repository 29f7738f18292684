"""How often something may be done: so many times in so long, over all processes, by the cache."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from stepchange import clock

NETWORK_BITS_6 = 64
"""Of an IPv6 address, what one customer holds: they can count through the rest at will."""


@dataclass(frozen=True)
class Use:
    """One use of a limit: taken, or, when `wait` is not None, refused for so long."""

    slot: str = ""
    wait: timedelta | None = None

    def give_back(self) -> None:
        """Let it not have been: what was counted turned out to be harmless."""
        if self.slot:
            cache.delete(self.slot)


@dataclass(frozen=True)
class Limit:
    """`times` in any stretch of `window`. Each use takes a slot, which comes free after the window.

    A slot is taken by adding a key, which only one of many can: no lock, no count that is read and
    then written.
    """

    name: str
    times: int
    window: timedelta

    def take(self, whose: str = "") -> timedelta | None:
        """Use it once; return None, or how long until it can be used again."""
        return self.use(whose).wait

    def use(self, whose: str = "") -> Use:
        """Use it once; return the use, which says whether it was refused and can be given back."""
        now = clock.now().timestamp()
        until = now + self.window.total_seconds()
        slots = [self._slot(whose, number) for number in range(self.times)]
        taken = cache.get_many(slots)
        for slot in slots:
            if slot not in taken and cache.add(slot, until, self.window.total_seconds()):
                return Use(slot)
        wait = min(taken.values(), default=until) - now
        return Use(wait=timedelta(seconds=max(1, round(wait))))

    def forget(self, whose: str = "") -> None:
        """Count from nought again."""
        cache.delete_many([self._slot(whose, number) for number in range(self.times)])

    def _slot(self, whose: str, number: int) -> str:
        """Name a slot without the address it belongs to: no reader of the cache can guess it."""
        digest = salted_hmac("stepchange.limits", f"{self.name} {whose}", algorithm="sha256")
        return f"limit:{digest.hexdigest()[:32]}:{number}"


def use_all(limits: Iterable[tuple[Limit, str]]) -> tuple[list[Use], timedelta | None]:
    """Use several limits once each, or none: return the uses, and None or how long to wait."""
    uses: list[Use] = []
    for limit, whose in limits:
        use = limit.use(whose)
        if use.wait is not None:
            for taken in uses:
                taken.give_back()
            return [], use.wait
        uses.append(use)
    return uses, None


def network_of(request: HttpRequest) -> str:
    """Return what to count a visitor by: the address that `TrustedProxies` left, of IPv6 its network."""
    given = str(request.META.get("REMOTE_ADDR") or "unknown")
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, NETWORK_BITS_6), strict=False))
    return given
