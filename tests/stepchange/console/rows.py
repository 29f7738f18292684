"""Rows of the console in tests: their pages, edited as a browser does."""

from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import admin
from django.test import Client

from projects.models import Project
from stepchange.models import Event
from tests.office import seen

INDEX = "/admin/"
EVERY_KIND = pytest.mark.parametrize("kind", admin.site._registry.values(), ids=str)
CALLS = "/admin/workstreams/call/"


def where(response) -> tuple[str, str]:
    """Return the path that a response sends to, and its `next`."""
    assert response.status_code == HTTPStatus.FOUND, response.status_code
    parts = urlsplit(response["Location"])
    assert not parts.netloc
    return parts.path, parse_qs(parts.query).get("next", [""])[0]


def edit_project(client: Client, project: Project, **changed):
    """Post a project's form as a browser would, with some fields changed."""
    fields = {
        "position": project.position,
        "title": project.title,
        "places": project.places or "",
        "needs": project.needs,
        "interest_prompt": project.interest_prompt,
        "identity_level": project.identity_level,
        "action": project.action,
        "vision": project.vision,
        "notes": "[]",
        "why": "",
        **seen(project),
    }
    return client.post(f"/admin/projects/project/{project.code}/change/", fields | changed)


def last_event() -> Event:
    return Event.objects.latest("id")
