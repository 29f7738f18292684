"""What goes wrong gets a plain page, the right status, and a reference that is in the log too."""

from __future__ import annotations

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stepchange import errors
from tests.builders import make_user
from tests.logs import captured_log

pytestmark = [pytest.mark.urls("tests.stepchange.failing_urls"), pytest.mark.django_db]

TYPED = "amina@typed.example"


@pytest.fixture
def visitor() -> Client:
    """A browser whose requests are answered as a server would: errors are pages."""
    return Client(raise_request_exception=False)


def reference_on(response) -> str:
    """Return the reference that the page shows."""
    found = re.search(r'<strong class="sc-secret">(\w{8})</strong>', response.content.decode())
    assert found, response.content
    return found[1]


def assert_error_page(response, status: int, log, words=None) -> None:
    """Assert that it is the portal's page for the status, with the reference of its log line."""
    title, advice = (str(each) for each in words or errors.WORDS[status])
    body = response.content.decode().replace("&#x27;", "'")
    assert response.status_code == status
    assert f"<title>{title} - Step-Change</title>" in body
    assert f'<h1 class="govuk-heading-xl">{title}</h1>' in body
    assert advice in body
    assert response["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    references = {line["reference"] for line in log.events("error page")}
    assert references == {line["reference"] for line in log.events("request")}
    assert references == {reference_on(response)}
    assert [line["status"] for line in log.events("request")] == [status]


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        ("/fail/suspicious/", 400, ""),
        ("/fail/denied/", 403, "Accept the terms first."),
        ("/no/such/page/", 404, ""),
        ("/post-only/", 405, ""),
        ("/fail/refused/", 409, "The call has closed."),
        ("/fail/broken/", 500, ""),
        ("/fail/within/", 500, ""),
        ("/fail/database/", 503, ""),
        ("/fail/connection/", 503, ""),
    ],
)
class TestEachStatus:
    def test_has_its_page_and_reference(self, visitor, address, status, reason):
        with captured_log() as log:
            response = visitor.get(address)

        assert_error_page(response, status, log)
        assert (reason in response.content.decode()) if reason else True

    def test_says_nothing_of_what_was_typed(self, visitor, address, status, reason):
        with captured_log() as log:
            response = visitor.get(address, {"q": TYPED})

        assert TYPED not in log.text
        assert TYPED not in response.content.decode()

    def test_answers_head_without_a_body(self, visitor, address, status, reason):
        response = visitor.head(address)

        assert (response.status_code, response.content) == (status, b"")


class TestCauses:
    def test_a_form_open_for_too_long_is_403_with_the_way_out(self):
        with captured_log() as log:
            response = Client(enforce_csrf_checks=True).post("/post-only/")

        assert_error_page(response, 403, log, words=errors.OLD_FORM)
        assert "go back and copy it, then reload that page" in response.content.decode()

    def test_a_method_that_is_not_allowed_names_those_that_are(self, visitor):
        assert visitor.get("/post-only/")["Allow"] == "POST"

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
    def test_health_refuses_to_be_changed(self, method):
        strict = Client(enforce_csrf_checks=True)
        with captured_log() as log:
            response = getattr(strict, method)("/health/live")

        assert_error_page(response, 405, log)
        assert response["Allow"] == "GET, HEAD"

    def test_too_large_a_body_is_413(self, visitor):
        with captured_log() as log:
            response = visitor.post("/read/", b"x" * 600_000, content_type="text/plain")

        assert_error_page(response, 413, log)

    def test_too_large_a_form_is_413(self, visitor):
        with captured_log() as log:
            response = visitor.post(
                "/read/", "a=" + "x" * 600_000, content_type="application/x-www-form-urlencoded"
            )

        assert_error_page(response, 413, log)

    def test_a_form_of_too_many_fields_is_400(self, visitor):
        with captured_log() as log:
            response = visitor.post("/read/", {str(number): "x" for number in range(600)})

        assert_error_page(response, 400, log)

    def test_too_many_tries_are_429_and_say_when_to_come_back(self, visitor, settings):
        settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        visitor.post("/accounts/signup/", {"email": "not an address"})
        with captured_log() as log:
            response = visitor.post("/accounts/signup/", {"email": "not an address"})

        assert_error_page(response, 429, log)
        assert response["Retry-After"] == "300"

    @pytest.mark.parametrize("host", ["evil.example", "a b", "[::", "127.0.0.1:port", "%00"])
    def test_a_host_that_is_not_ours_is_400(self, visitor, host):
        with captured_log() as log:
            response = visitor.get("/who/", headers={"host": host})

        assert_error_page(response, 400, log)
        assert host not in log.text

    @pytest.mark.parametrize(
        "address", ["/who/?q=%00", "/who/?q=a%00b&x=%2500%00", "/%00/", "/secret/%00/", "/who/%00"]
    )
    def test_a_nul_in_the_address_is_400(self, visitor, address):
        with captured_log() as log:
            response = visitor.get(address)

        assert_error_page(response, 400, log)

    def test_a_nul_in_a_cookie_is_400(self, visitor):
        visitor.cookies.load('sessionid="aaaaaaaaaaaaaaaa\\000"')
        with captured_log() as log:
            response = visitor.get("/who/")

        assert_error_page(response, 400, log)

    @pytest.mark.parametrize("status", [429, 503])
    def test_what_passes_says_when_to_try_again(self, status, rf):
        assert int(errors.page(rf.get("/"), status)["Retry-After"]) in {120, 300}


class TestUnreachableDatabase:
    @pytest.fixture(autouse=True)
    def _unreachable(self, visitor, monkeypatch):
        visitor.force_login(make_user())

        def refuse(*_arguments, **_named):
            raise OperationalError(f"no connection for {TYPED}")

        monkeypatch.setattr(connection, "cursor", refuse)

    def test_in_the_middleware_is_503_too(self, visitor):
        with captured_log() as log:
            response = visitor.get("/who/")

        assert_error_page(response, 503, log)
        assert TYPED not in log.text

    def test_a_visitor_without_a_cookie_is_not_asked_for_one(self):
        assert Client().get("/who/").content == b"nobody"


class TestLog:
    def test_says_where_an_error_arose_and_of_what_kind_without_its_words(self, visitor):
        with captured_log() as log:
            response = visitor.get("/fail/within/")

        [line] = log.events("request.failed")
        assert line["error"] == "builtins.RuntimeError from builtins.KeyError"
        assert re.search(r"failing_urls\.py:\d+ fail_within$", line["arose"][-1])
        assert line["reference"] == reference_on(response)
        assert TYPED not in log.text

    def test_names_the_route_and_not_the_address(self, visitor):
        with captured_log() as log:
            visitor.get("/secret/the-token-of-a-referee/")

        [line] = log.events("request")
        assert line["route"] == "secret/<str:token>/"
        assert (line["method"], line["status"]) == ("GET", 200)
        assert "the-token-of-a-referee" not in log.text

    def test_holds_nothing_personal_of_somebody_who_signs_in_and_probes(self, settings):
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        make_user(TYPED, password="a long enough password", name="Amina Thistlewood")
        person = Client(raise_request_exception=False)
        probes = [
            {"q": "' OR 1=1 --", "email": TYPED},
            {"next": f"https://evil.example/{TYPED}"},
            {"q": f"{TYPED}<script>alert(1)</script>"},
            {"page": "-1", TYPED: TYPED},
            {"q": "\x00"},
        ]
        with captured_log() as log:
            person.post("/accounts/login/", {"login": TYPED, "password": "not the password"})
            person.post("/accounts/login/", {"login": TYPED, "password": "a long enough password"})
            for address in ("/who/", "/accounts/login/", "/no/such/page/", "/fail/broken/"):
                for probe in probes:
                    person.get(address, probe)
            person.get(f"/secret/{TYPED}/")
            person.post("/post-only/", {"words": "Amina Thistlewood"})
            person.get("/who/", headers={"referer": f"http://testserver/?{TYPED}"})

        assert len(log.events("request")) == 25
        for secret in (TYPED, "Thistlewood", "OR 1=1", "evil.example", "password", "script"):
            assert secret not in log.text, secret

    def test_a_reference_is_never_used_twice(self, visitor):
        with captured_log() as log:
            for _turn in range(20):
                visitor.get("/no/such/page/")

        assert len({line["reference"] for line in log.events("request")}) == 20


class TestBrokenTemplate:
    def test_leaves_the_words_and_the_reference(self, rf, monkeypatch):
        monkeypatch.setattr("stepchange.errors.loader.render_to_string", lambda *_: 1 / 0)
        request = rf.get("/")
        request.reference = "ABCDEFGH"
        with captured_log() as log:
            response = errors.page(request, 409, reason="Not <now>")

        body = response.content.decode()
        assert (response.status_code, "ABCDEFGH" in body, "Not &lt;now&gt;" in body) == (
            409,
            True,
            True,
        )
        assert log.events("error page.not rendered")[0]["error"] == "builtins.ZeroDivisionError"


class TestHostileInput:
    @examples(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(path=st.binary(max_size=30), query=st.binary(max_size=40), cookie=st.binary(max_size=30))
    def test_no_bytes_break_the_portal(self, path, query, cookie):
        encoded = "".join(f"%{byte:02x}" for byte in path)
        response = Client(raise_request_exception=False).get(
            f"/{encoded}",
            QUERY_STRING=query.decode("latin-1"),
            HTTP_COOKIE="sessionid=" + cookie.decode("latin-1"),
        )

        assert response.status_code in {200, 301, 302, 400, 404}

    @pytest.mark.parametrize(
        "address", ["/%ff", "/%ff/?q=%ff%fe", "/%c0%af", "/%2e%2e/%2e%2e/etc/passwd"]
    )
    def test_broken_encodings_are_not_found(self, visitor, address):
        with captured_log() as log:
            response = visitor.get(address)

        assert_error_page(response, 404, log)

    @pytest.mark.parametrize(
        "cookie", ["sessionid=x", "sessionid=" + "é" * 40, "=;=;;;", "a" * 9000]
    )
    def test_invalid_cookies_are_nobodys(self, visitor, cookie):
        assert visitor.get("/who/", HTTP_COOKIE=cookie).content == b"nobody"
