"""The demonstration's declared interests: what the office made of some of them, in every state there is.

What is told (`fixtures/demonstration-interests.toml`) is done again through `workflow`, at the instants
of the story and among what the volunteers did.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from participants.cast_forms import Act
from participants.models import InterestCase
from participants.workflow import interest_cases, looking
from projects.loading import read_fixture
from projects.models import Project
from stepchange import clock
from stepchange.models import User
from workstreams.models import Call

Row = Mapping[str, Any]


def acts_of_the_office(
    call: Call, people: Mapping[str, User], *, by: User, owner: User
) -> list[Act]:
    """Return what the office did about interests, each thing with its instant."""
    opened = clock.day_of(call.opens_at)

    def instant(given: tuple[int, time]) -> datetime:
        days, at = given
        local = datetime.combine(opened + timedelta(days=days), at, tzinfo=clock.UK)
        return local.astimezone(UTC)

    def acts(row: Row) -> Iterator[Act]:
        user = people[row["person"]]
        for step in ("assessed", "decided", "proved"):
            if step in row:  # the page of the interest, and of the step
                for minutes in (6, 2):
                    yield (
                        instant(row[step]) - timedelta(minutes=minutes),
                        partial(_open, user, row, by),
                    )
        yield instant(row["assessed"]), partial(_assess, user, row, by)
        if "no_action" in row:
            yield instant(row["decided"]), partial(_take_no_action, user, row, by)
        if "excluded" in row:
            yield instant(row["decided"]), partial(_exclude, user, row, by)
        if "mitigation" in row:
            check_on = opened + timedelta(days=row["check_on"])
            more = {"mitigation": row["mitigation"], "owner": owner, "check_on": check_on}
            yield instant(row["decided"]), partial(_manage, user, row, by, more)
        if "proved" in row:
            yield instant(row["proved"]), partial(_prove, user, row, by)

    return [act for row in read_fixture("demonstration-interests")["case"] for act in acts(row)]


def _case(user: User, row: Row) -> InterestCase:
    """Return the case of somebody's interest in a project."""
    mine = InterestCase.objects.filter(person__user=user).declared()
    return mine.get(interest__project=Project.objects.get(code=row["project"]))


def _open(user: User, row: Row, by: User) -> None:
    """Leave the look that whoever opens the page of an interest leaves."""
    looking.looked_at_row(_case(user, row), by=by, what="declared interest")


def _assess(user: User, row: Row, by: User) -> None:
    case = _case(user, row)
    interest_cases.assess(case, nature=row["nature"], reason=row["reason"], by=by)


def _take_no_action(user: User, row: Row, by: User) -> None:
    interest_cases.take_no_action(_case(user, row), reason=row["no_action"], by=by)


def _exclude(user: User, row: Row, by: User) -> None:
    projects = list(Project.objects.filter(code__in=row["excluded"]))
    interest_cases.exclude(_case(user, row), projects=projects, reason=row["because"], by=by)


def _manage(user: User, row: Row, by: User, more: Mapping[str, Any]) -> None:
    interest_cases.manage(_case(user, row), by=by, **more)


def _prove(user: User, row: Row, by: User) -> None:
    interest_cases.prove(_case(user, row), proof=row["proof"], by=by)
