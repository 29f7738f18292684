"""What becomes of a person's own details and choices."""

from participants import policies
from participants.forms.about import AboutYouForm
from participants.forms.base import Journey
from participants.forms.organisation import OrganisationForm
from participants.models import Person
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import change, permit
from workstreams.workflow import propose_organisation


def person_of(user: User) -> Person:
    """Return the account's person, made when there is none yet; of two that make one, both get it."""
    found = Person.objects.filter(user=user).first()
    return found or person_made_for(user)


def person_made_for(user: User) -> Person:
    """Return the account's person, which nobody has seen yet: made, unless somebody was faster."""
    Person.objects.bulk_create([Person(user_id=user.pk)], ignore_conflicts=True)
    return Person.objects.get(user=user)


def agree_to_campaigns(person: Person, *, agreed: bool, by: User) -> None:
    """Give or take back the consent to campaign mail, at any time (PECR regulation 22). Raises Refused."""
    permit(policies.may_change_consent(by, person))
    values = {"campaign_consent_at": clock.now() if agreed else None}
    kind = "participants.person.consented" if agreed else "participants.person.consent_withdrawn"
    change(person, kind, expected={}, values=values, by=by)


def learn_about(
    person: Person, journey: Journey, *, by: User, before: Journey | None = None
) -> None:
    """Keep who they are, so that no page asks for it again; an unknown organisation is proposed.

    `before` is the form as it was submitted last: an amendment that leaves the page about future calls
    alone leaves the consent alone too, which may have been taken back since.
    """
    about = AboutYouForm(journey, data=journey.answers["about-you"])
    work = OrganisationForm(journey, data=journey.answers["organisation"])
    about.full_clean()
    work.full_clean()
    said = about.cleaned_data | work.cleaned_data
    person.full_name = said["full_name"]
    person.role_title = said["role_title"]
    person.telephone = said["telephone"]
    person.work_email = said["work_email"]
    person.organisation = work.entry_meant or propose_organisation(
        **work.works_for(), sector=journey.sector, by=by
    )
    person.likeness_due = True  # compared with others by the next sweep (decision 21)
    person.save(
        update_fields=[
            "full_name",
            "role_title",
            "telephone",
            "work_email",
            "organisation",
            "likeness_due",
        ]
    )
    wants_news = _wants_news(journey)
    if before is None or wants_news != _wants_news(before):
        person.refresh_from_db(fields=["campaign_consent_at"])  # it may have been given meanwhile
        if wants_news != bool(person.campaign_consent_at):
            agree_to_campaigns(person, agreed=wants_news, by=by)


def _wants_news(journey: Journey) -> bool:
    return bool(journey.answers.get("updates", {}).get("campaigns"))
