"""Where an account is signed in: on what kind of device, from which network, since when; and ending it.

What is kept of a session says enough to recognise it, and no more: the browser's and the system's
name and the front of the network address, never the whole of either, and only as long as the session.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare, salted_hmac

from stepchange import clock
from stepchange.models import User
from stepchange.requests import SignedInRequest

SEEN = "seen"
"""Where a session keeps when it began and when it was last used (`middleware.SessionLimits`)."""
KEPT_BITS = {4: 24, 6: 48}
NO_NETWORK = "0.0.0.0"  # noqa: S104 - for "not known": nothing listens on it

# Asked in this order: each names itself after those below it too.
BROWSERS = (
    ("Edge", "Edg"),
    ("Opera", "OPR|Opera"),
    ("Samsung Internet", "SamsungBrowser|Samsung Internet"),
    ("Firefox", "Firefox|FxiOS"),
    ("Chrome", "Chrome|CriOS|Chromium"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac", "Mac"),
    ("Chromebook", "CrOS|Chromebook"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Place:
    """One session of an account, in words its holder can recognise."""

    handle: str
    browser: str
    system: str
    network: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def is_over(user: User, began: float, seen: float) -> bool:
    """Say whether a session lay idle for too long (30 minutes, the office's 15) or is 12 hours old."""
    now = clock.now().timestamp()
    idle = settings.SESSION_IDLE_SECONDS_OFFICE if user.is_staff else settings.SESSION_IDLE_SECONDS
    return now - seen > idle or now - began > settings.SESSION_COOKIE_AGE


def places_of(request: SignedInRequest) -> list[Place]:
    """Return where the viewer is signed in, this place first, then the last used."""
    user, this = request.user, request.session.session_key
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    live = [_place(rows[key], times, is_this=key == this) for key, times in _times_of(user, rows)]
    return sorted(live, key=lambda place: (not place.is_this, -place.seen_at.timestamp()))


def end_others(request: SignedInRequest) -> int:
    """End every session of the viewer's but this one; return how many were still open."""
    rows = UserSession.objects.filter(user=request.user).exclude(
        session_key=request.session.session_key
    )
    keys = {row.session_key: row for row in rows}
    open_ones = len(list(_times_of(request.user, keys)))
    _end(keys)
    return open_ones


def end_one(request: SignedInRequest, handle: str) -> bool:
    """End another session of the viewer's; return whether there was one of that handle."""
    for row in UserSession.objects.filter(user=request.user):
        if row.session_key != request.session.session_key and handle_of(row) == handle:
            _end([row.session_key])
            return True
    return False


def handle_of(row: UserSession) -> str:
    """Return what a session goes by in a form: nothing that would open it."""
    key = salted_hmac("stepchange.sessions", row.session_key, algorithm="sha256")
    return str(key.hexdigest()[:20])


def forget_ended() -> int:
    """Delete what was kept of sessions that are gone; return how many."""
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    return int(UserSession.objects.filter(~Exists(there)).delete()[0])


def keep_less(instance: UserSession, **_named: Any) -> None:
    """Before a row is saved, cut the address and the browser's description down to what is kept."""
    instance.ip = network_of(str(instance.ip))
    instance.user_agent = device_of(instance.user_agent)


def device_of(user_agent: str) -> str:
    """Return the browser's and the system's name, as kept: `Chrome|Windows`; empty where not known."""
    return f"{_first(BROWSERS, user_agent)}|{_first(SYSTEMS, user_agent)}"


def network_of(address: str) -> str:
    """Return the front of a network address, as kept."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return NO_NETWORK
    network = ip_network((parsed, KEPT_BITS[parsed.version]), strict=False)
    return str(network.network_address)


def _first(names: Iterable[tuple[str, str]], text: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, text)), "")


def _times_of(
    user: User, rows: Mapping[str, UserSession]
) -> Iterable[tuple[str, tuple[float, float]]]:
    """Yield the keys whose sessions are still open, each with when it began and was last used."""
    for session in Session.objects.filter(session_key__in=list(rows), expire_date__gt=clock.now()):
        data = session.get_decoded()
        signed = str(data.get(HASH_SESSION_KEY, ""))
        signed_in = rows[session.session_key].created_at.timestamp()
        began, seen = data.get(SEEN, (signed_in, signed_in))
        if (
            data.get(SESSION_KEY) == str(user.pk)
            and constant_time_compare(signed, user.get_session_auth_hash())
            and not is_over(user, began, seen)
        ):
            yield session.session_key, (began, seen)


def _place(row: UserSession, times: tuple[float, float], *, is_this: bool) -> Place:
    browser, _bar, system = row.user_agent.partition("|")
    seen = datetime.fromtimestamp(times[1], tz=UTC)
    network = "" if row.ip == NO_NETWORK else _shown(row.ip)
    return Place(handle_of(row), browser, system, network, row.created_at, seen, is_this)


def _shown(network: str) -> str:
    """Show a network as one reads it: 203.0.113.x, 2001:db8:1::."""
    return re.sub(r"\.0$", ".x", network) if "." in network else network


def _end(keys: Iterable[str]) -> None:
    ended = list(keys)
    Session.objects.filter(session_key__in=ended).delete()
    UserSession.objects.filter(session_key__in=ended).delete()
