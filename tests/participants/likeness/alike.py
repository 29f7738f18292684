"""People for the tests of likely duplicates."""

from typing import Any

from participants.models import ExpressionOfInterest, LikelyPair, Person
from participants.workflow import likeness, merging
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_call, make_user
from tests.office import make_holder
from workstreams.models import Call

WHY = "They told us so on the telephone."
MOBILE = "07700 900123"


def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER)


def make_person(
    full_name: str, *, state: str = "withdrawn", call: Call | None = None, **fields: Any
) -> Person:
    """Return somebody who has submitted something, and has yet to be compared with others."""
    user = fields.pop("user", None) or make_user()
    details = {"telephone": "", "role_title": "Guard", **fields}
    person = Person.objects.create(user=user, full_name=full_name, likeness_due=True, **details)
    call = call or Call.objects.first() or make_call()
    submitted_at = None if state == "draft" else clock.now()
    ExpressionOfInterest.objects.create(
        person=person, call=call, state=state, submitted_at=submitted_at
    )
    return person


def make_alike(**fields: Any) -> tuple[Person, Person]:
    """Return two people whom the portal takes for one."""
    people = [
        make_person(name, telephone=MOBILE, **fields)
        for name in ("William Hartnoll", "Bill Hartnoll")
    ]
    likeness.compare_due()
    one, other = (Person.objects.get(pk=person.pk) for person in people)
    assert pair_of(one, other).state == "suggested"
    return one, other


def pair_of(one: Person, other: Person) -> LikelyPair:
    return LikelyPair.objects.between(one, other).get()


def fresh(person: Person) -> Person:
    return Person.objects.select_related("merged_into").get(pk=person.pk)


def merge(one: Person, other: Person, by: User | None = None) -> None:
    merging.merge_people(fresh(one), into=fresh(other), by=by or manager(), reason=WHY)


def unmerge(one: Person, by: User | None = None) -> None:
    merging.unmerge_people(fresh(one), by=by or manager(), reason=WHY)
