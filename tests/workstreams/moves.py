"""Moves of the programme's structure in tests: what refuses them, and the terms of a seat."""

from datetime import timedelta
from typing import Any

from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_organisation, make_seat, make_user
from tests.office import make_holder
from workstreams import workflow
from workstreams.models import Seat, Term

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
