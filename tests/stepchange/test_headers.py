"""The headers of every answer, and those of production (design.md, section 10)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lint import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "templates/stepchange/js_enabled.js").read_bytes().strip()
HASH = base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()

pytestmark = pytest.mark.urls("tests.stepchange.failing_urls")


def policy(response) -> dict[str, list[str]]:
    """Return the content security policy, by directive."""
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/who/", "/no/such/page/", "/accounts/login/", "/health/live"])
class TestEveryAnswer:
    def test_has_exactly_this_content_security_policy(self, client, address):
        assert policy(client.get(address)) == {
            "default-src": ["'none'"],
            "script-src": ["'self'", f"'sha256-{HASH}'"],
            "style-src": ["'self'"],
            "img-src": ["'self'", "data:"],
            "font-src": ["'self'"],
            "connect-src": ["'self'"],
            "manifest-src": ["'self'"],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
            "object-src": ["'none'"],
        }
        assert "unsafe" not in client.get(address)["Content-Security-Policy"]

    def test_has_the_other_headers(self, client, address):
        response = client.get(address)

        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        allowed = re.findall(r"([a-z-]+)=\(([^)]*)\)", response["Permissions-Policy"])
        assert {"camera", "geolocation", "microphone", "payment", "usb"} <= {n for n, _ in allowed}
        assert {to for _name, to in allowed} == {""}
        assert "Server" not in response
        assert "X-Powered-By" not in response


def test_the_inline_script_is_the_one_that_the_policy_allows(client):
    page = client.get("/no/such/page/").content

    assert re.findall(rb"<script>(.*?)</script>", page, re.DOTALL) == [SCRIPT]
    assert b"<style" not in page
    assert b" style=" not in page
    assert not re.search(rb"\son\w+=", page)


READ = """
import django, json
django.setup()
from django.test import Client
def told(response):
    return {"status": response.status_code, **response.headers,
            "cookies": {name: dict(morsel) for name, morsel in response.cookies.items()}}
print(json.dumps({
    "secure": told(Client().get("/health/live", secure=True, headers={"host": "portal.example"})),
    "plain": told(Client().get("/about/?x=1", headers={"host": "portal.example"})),
    "lying": told(Client().get("/about/", headers={"host": "evil.example"})),
    "strange": told(Client(raise_request_exception=False).get(
        "/about/", secure=True, headers={"host": "evil.example"})),
    "forwarded": told(Client().get("/about/", headers={
        "host": "portal.example", "x-forwarded-proto": "https"})),
    "settings": {name: getattr(django.conf.settings, name) for name in (
        "DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE",
        "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_AGE")},
}))
"""


def in_production(*command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run a command as production would, with nothing else of ours in the environment."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "stepchange.settings"}
    return subprocess.run(
        [sys.executable, *command],
        env=environment | PRODUCTION | changed,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What production answers."""
    ran = in_production("-c", READ, STEPCHANGE_VAR=str(tmp_path_factory.mktemp("var")))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


class TestProduction:
    def test_is_clean_by_djangos_own_check(self, tmp_path):
        ran = in_production(
            "manage.py", "check", "--deploy", "--fail-level", "INFO", STEPCHANGE_VAR=str(tmp_path)
        )

        assert (ran.returncode, ran.stdout) == (
            0,
            "System check identified no issues (0 silenced).\n",
        ), ran.stderr

    def test_speaks_https_for_two_years(self, told):
        assert told["secure"]["status"] == 200
        assert told["secure"]["Strict-Transport-Security"] == (
            "max-age=63072000; includeSubDomains; preload"
        )

    def test_redirects_to_https(self, told):
        assert (told["plain"]["status"], told["plain"]["Location"]) == (
            301,
            "https://portal.example/about/?x=1",
        )

    def test_redirects_to_its_own_address_whatever_the_host_header_says(self, told):
        assert (told["lying"]["status"], told["lying"]["Location"]) == (
            301,
            "https://portal.example/about/",
        )

    def test_refuses_a_strange_host_with_every_header(self, told):
        assert told["strange"]["status"] == 400
        for header in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            assert header in told["strange"]

    def test_believes_nobody_about_the_protocol_without_a_proxy(self, told):
        assert told["forwarded"]["status"] == 301

    def test_keeps_its_cookies_to_itself(self, told):
        assert told["settings"] == {
            "DEBUG": False,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "SESSION_COOKIE_HTTPONLY": True,
            "CSRF_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "CSRF_COOKIE_SAMESITE": "Lax",
            "CSRF_TRUSTED_ORIGINS": ["https://portal.example"],
            "SESSION_COOKIE_AGE": 12 * 60 * 60,
        }
