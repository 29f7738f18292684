"""The page for everything that goes wrong, which must stand when nothing else does."""

import pytest
from django.template.loader import render_to_string

from stepchange import errors


@pytest.mark.parametrize("status", errors.WORDS)
def test_it_needs_no_request_session_or_database(status, rf):
    request = rf.get("/")
    request.reference = "7GKD4HTX"
    response = errors.page(request, status)
    page = response.content.decode()
    title, advice = errors.WORDS[status]
    assert response.status_code == status
    assert f"<title>{title} - Step-Change</title>" in page.replace("&#x27;", "'")
    assert str(advice) in page.replace("&#x27;", "'")
    assert "7GKD4HTX" in page
    assert page.count("<h1") == 1
    assert "csrfmiddlewaretoken" not in page
    assert "canonical" not in page


def test_a_reason_is_shown_and_escaped():
    page = render_to_string("error.html", {"error_reason": "<b>Too late</b>", "status": 409})
    assert "&lt;b&gt;Too late&lt;/b&gt;" in page
