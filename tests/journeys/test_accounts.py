"""Accounts in a browser: passkeys made and used for real, and every account page as it is met."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Page, expect

from stepchange.models import Event, User
from stepchange.roles import Role
from tests.builders import make_call, make_user
from tests.journeys.watch import Watch
from tests.office import PASSWORD, make_holder, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


def make_device(page: Page) -> Any:
    """Give the browser a device that holds passkeys and is unlocked at once (Chromium's own)."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return cdp, made["authenticatorId"]


def with_address(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def enter(page: Page, live_server, user: User, *, second_factor: bool = False) -> None:
    """Open the browser where the account has just signed in."""
    name = settings.SESSION_COOKIE_NAME
    session = signed_in(user, second_factor=second_factor).cookies[name].value
    page.context.add_cookies([{"name": name, "value": session, "url": live_server.url}])


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_the_office_adds_a_passkey_and_signs_in_with_it_alone(
    page: Page, live_server, watch: Watch
):
    manager = with_address(make_holder(Role.OFFICE_MANAGER, password=PASSWORD))
    call = make_call(name="Spring call")
    wanted = f"{live_server.url}/admin/workstreams/call/{call.slug}/change/"
    cdp, device = make_device(page)
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page, live_server, manager)

    # Sent to set up a second step, she prefers a passkey; it counts as having been used.
    page.goto(wanted)
    page.get_by_role("link", name="Use a passkey instead").click()
    expect(page.locator("h1")).to_have_text("Add a passkey")
    watch.check()
    page.get_by_label("Name").fill("Work phone <b>")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator("h1")).to_have_text("Your recovery codes")
    watch.check()
    page.get_by_role("button", name="Show my codes").click()
    expect(page.locator(".sc-secrets li")).to_have_count(10)
    watch.check()
    page.get_by_role("button", name="I have kept them: continue").click()
    expect(page).to_have_url(wanted)

    # It is listed by its name, renamed, and can't be removed while it is the last.
    page.goto(f"{live_server.url}/accounts/2fa/")
    watch.check()
    page.get_by_role("link", name="Rename Work phone <b>").click()
    watch.check()
    page.get_by_label("Name").fill("Her phone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Her phone").click()
    expect(page.locator("main")).to_contain_text("this is your last")
    watch.check()

    # Signed out, she signs in by the passkey alone, and reaches the page she wants.
    page.goto(f"{live_server.url}/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.goto(wanted)
    expect(page.locator("h1")).to_have_text("Sign in")
    watch.check()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(wanted)

    # Before something that matters the same passkey is asked for again.
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/reauthenticate/?next=/account/")
    watch.check()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{live_server.url}/account/")

    # The page is told when the device is not unlocked, and stays.
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/reauthenticate/?next=/account/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    assert "stepchange.user.second_factor_added" in kinds()


def test_after_a_password_a_passkey_is_the_second_step(page: Page, live_server, watch: Watch):
    user = with_address(make_user("ada@users.example", password=PASSWORD))
    make_device(page)
    enter(page, live_server, user)
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator("h1")).to_have_text("Your recovery codes")
    page.context.clear_cookies()

    page.goto(f"{live_server.url}/accounts/login/?next=/accounts/sessions/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1")).to_have_text("Your second step")
    watch.check()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("h1")).to_have_text("Where you are signed in")
    expect(page.locator("main")).to_contain_text("Chrome on Linux")
    watch.check()


def test_without_javascript_the_sign_in_page_says_what_to_do(browser, live_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.locator("main")).to_contain_text("Passkeys need JavaScript")
    page.goto(live_server.url.replace("localhost", "127.0.0.1") + "/accounts/login/")
    expect(page.locator("main")).to_contain_text("Passkeys work only at")
    context.close()


EVERYBODY = (
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/?next=/account/",
    "/accounts/logout/",
)
WITH_FACTORS = (
    "/accounts/2fa/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/reauthenticate/?next=/account/",
)
ANONYMOUS = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/accounts/inactive/",
)


def visit(page: Page, live_server, watch: Watch, addresses: tuple[str, ...]) -> None:
    """Open each page on a narrow screen: it is the one asked for, accessible, and nothing sticks out."""
    for address in addresses:
        answer = page.goto(live_server.url + address)
        assert answer
        assert (answer.status, page.url) == (200, live_server.url + address)
        assert page.locator("h1").count() == 1, address
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, address
        watch.check()


def test_every_account_page_is_accessible_on_a_narrow_screen(page: Page, live_server, watch: Watch):
    page.set_viewport_size({"width": 320, "height": 640})
    visit(page, live_server, watch, ANONYMOUS)

    volunteer = with_address(make_user("volunteer@users.example", password=PASSWORD))
    enter(page, live_server, volunteer)
    visit(page, live_server, watch, EVERYBODY)
    page.goto(f"{live_server.url}/accounts/email/")
    page.get_by_label("New email address").fill("volunteer")
    page.get_by_role("button", name="Change address").click()
    watch.check()
    page.get_by_label("New email address").fill("new@users.example")
    page.get_by_role("button", name="Change address").click()
    expect(page.locator("h1")).to_have_text("Check your email")
    watch.check()

    page.context.clear_cookies()
    coded = with_address(make_user("coded@users.example"))
    enter(page, live_server, coded)
    visit(page, live_server, watch, ("/accounts/password/set/", "/accounts/reauthenticate/code/"))
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill("WRNG-CODE")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("That code is wrong")
    watch.check()

    page.context.clear_cookies()
    manager = with_address(make_holder(Role.OFFICE_MANAGER, password=PASSWORD))
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    RecoveryCodes.activate(manager)
    enter(page, live_server, manager, second_factor=True)
    visit(page, live_server, watch, WITH_FACTORS)
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.locator("[name=login]").fill(manager.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1")).to_have_text("Your second step")
    watch.check()
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    page.get_by_role("textbox").last.fill(code)
    page.locator("main").get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/account/$"))
    assert Authenticator.objects.filter(user=manager, last_used_at__isnull=False).exists()
