"""Second factors: which an account has, which it may lose, and where its passkeys work."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from stepchange.models import User
from stepchange.roles import needs_second_factor
from stepchange.transitions import Words

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What one signs in with. Recovery codes only stand in for these."""
MOST_PASSKEYS = 10
LOW_ON_CODES = 3
WANTED = "wanted_before_second_factor"


def relying_party() -> str:
    """Return the host that passkeys are bound to: that of PUBLIC_URL, never of the Host header.

    Browsers bind passkeys to names, and to no IP address (W3C Web Authentication, "effective domain"):
    this machine's own address goes by its name, `localhost`. Empty where there is no name.
    """
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return "localhost" if address.is_loopback else ""


def passkeys_address() -> str:
    """Return the address at which passkeys work; empty when there is none."""
    parts, name = urlsplit(settings.PUBLIC_URL), relying_party()
    if not name:
        return ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{name}{port}"


def passkeys_work_at(request: HttpRequest) -> bool:
    """Say whether a browser will use passkeys on the page that was asked for."""
    host = request.get_host().rpartition("]")[2].partition(":")[0].lower()
    return bool(host) and host == relying_party()


def passkeys_of(user: User) -> list[Authenticator]:
    """Return the account's passkeys, oldest first."""
    return list(
        Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    )


def handle_of(passkey: Authenticator) -> str:
    """Return what a passkey goes by in addresses: its row's number leaves the server nowhere."""
    return salted_hmac("stepchange.passkeys", str(passkey.pk), algorithm="sha256").hexdigest()[:20]


def factor_types(user: User) -> set[str]:
    """Return the types of authenticator that the account has."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def may_remove(authenticator: Authenticator) -> Words | None:
    """Let nobody who must have a second factor take away their last: they replace it first."""
    user = authenticator.user
    others = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=authenticator.pk)
    if authenticator.type in FACTORS and needs_second_factor(user) and not others.exists():
        return _(
            "Your role needs a second step for signing in, and this is your last. "
            "Add a passkey or an authenticator app first, then remove this one"
        )
    return None


def keep_wanted_page(request: HttpRequest) -> None:
    """Keep in mind the page that asked for a second factor, when it is one of ours."""
    wanted = request.GET.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        request.session[WANTED] = wanted


def wanted_page(request: HttpRequest) -> Any:
    """Return the page that asked for a second factor, once; empty when there is none."""
    return request.session.pop(WANTED, "")
