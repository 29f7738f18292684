"""What becomes of a person's own details and choices."""

from participants import policies
from participants.models import Person
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import change, permit


def person_of(user: User) -> Person:
    """Return the account's person, made when there is none yet."""
    return Person.objects.get_or_create(user=user)[0]


def agree_to_campaigns(person: Person, *, agreed: bool, by: User) -> None:
    """Give or take back the consent to campaign mail, at any time (PECR regulation 22). Raises Refused."""
    permit(policies.may_change_consent(by, person))
    values = {"campaign_consent_at": clock.now() if agreed else None}
    kind = "participants.person.consented" if agreed else "participants.person.consent_withdrawn"
    change(person, kind, expected={}, values=values, by=by)
