"""Moves of the programme's structure in tests: what refuses them, and the terms of a seat."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_organisation, make_seat, make_user
from tests.office import make_holder, seen
from tests.reading import read
from workstreams import workflow
from workstreams.models import Organisation, Seat, Term

OVERTAKEN = "Somebody changed this a moment ago"
ONLY_MANAGERS = "Only an office manager can do this"
WHY = "The board asked for it."


def day(days: int):
    return clock.today() + timedelta(days=days)


def make_term(seat: Seat | None = None, **fields: Any) -> Term:
    return Term.objects.create(
        **{
            "seat": seat or make_seat(),
            "holder": fields.get("holder") or make_user(),
            "organisation": make_organisation(),
            "starts_on": day(-10),
            "ends_on": day(10),
        }
        | fields
    )


def appoint(seat: Seat, **changed: Any) -> Term:
    given = {
        "holder": changed.get("holder") or make_user(),
        "organisation": make_organisation(),
        "starts_on": clock.today(),
        "ends_on": day(30),
        "by": make_holder(Role.OFFICE_MANAGER),
    }
    return workflow.appoint(seat, **given | changed)


def seen_on(page: HttpResponseBase) -> str:
    """Return of which entry, and of which version of it, a preview says that it was read."""
    return next(field["value"] or "" for field in read(page).fields if field.get("name") == "seen")


def merge_in_the_console(client: Client, one: Organisation, other: Organisation) -> Any:
    """Choose the entry that stays, read what would change, and confirm it as the page's form does."""
    step = f"/admin/workstreams/organisation/{one.public_id}/merge/"
    typed = {"into": other.public_id, "reason": WHY, **seen(one)}
    return client.post(step, typed | {"seen": seen_on(client.post(step, typed))})
