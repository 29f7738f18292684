"""A page of one indexed query, and a form of one insert."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path

COLUMNS = ("code", "title", "action", "state")
FIELDS = ("full_name", "role_title", "telephone")
# The table that `form` writes to; `servers` makes it.
TYPED = "CREATE TABLE IF NOT EXISTS benchmark_typed (id bigserial PRIMARY KEY, body text NOT NULL)"


def rows(number: int) -> list[dict[str, Any]]:
    """Return the first projects by code: one query, answered by an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, title, action, state FROM projects_project ORDER BY code LIMIT %s",
            [number],
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def page(request: HttpRequest) -> HttpResponse:
    """Show so many rows."""
    number = int(request.GET.get("rows", "25"))
    return _whole(render(request, "page.html", {"title": "Projects", "rows": rows(number)}))


def form(request: HttpRequest) -> HttpResponse:
    """Show a small form; insert what it sends."""
    if request.method == "POST":
        with connection.cursor() as cursor:
            typed = "|".join(request.POST.get(field, "") for field in FIELDS)
            cursor.execute("INSERT INTO benchmark_typed (body) VALUES (%s)", [typed])
        return _whole(HttpResponseRedirect("/form"))
    return _whole(render(request, "form.html", {"fields": FIELDS}))


def _whole(response: HttpResponse) -> HttpResponse:
    """Tell how long it is, as the portal does: else gunicorn sends it in chunks."""
    response["Content-Length"] = str(len(response.content))
    return response


urlpatterns = [path("page", page), path("form", form)]
