"""How often something may be done: so many times in so long, over all processes, by the cache."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from stepchange import clock


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
        now = clock.now().timestamp()
        until = now + self.window.total_seconds()
        slots = [self._slot(whose, number) for number in range(self.times)]
        taken = cache.get_many(slots)
        for slot in slots:
            if slot not in taken and cache.add(slot, until, self.window.total_seconds()):
                return None
        wait = min(taken.values(), default=until) - now
        return timedelta(seconds=max(1, round(wait)))

    def _slot(self, whose: str, number: int) -> str:
        """Name a slot without the address it belongs to: no reader of the cache can guess it."""
        digest = salted_hmac("communications.limits", f"{self.name} {whose}", algorithm="sha256")
        return f"limit:{digest.hexdigest()[:32]}:{number}"
