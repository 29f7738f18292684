"""A group that was merged counts as another, wherever it is shown."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from participants import workflow
from participants.forms.base import Journey
from participants.forms.organisation import OrganisationForm
from participants.workflow import resets
from stepchange.roles import Role
from tests.builders import make_organisation, make_user
from tests.office import make_holder, signed_in
from workstreams import workflow as programme_workflow
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def hotels() -> Organisation:
    old, new = make_organisation(name="Old Group"), make_organisation(name="New Group")
    row = make_organisation(name="Harbour Hotels", group=old, domains="harbour.example")
    make_organisation(name="Harbour Hotels North", group=old)
    programme_workflow.merge_organisation(
        old, into=new, by=make_holder(Role.OFFICE_MANAGER), reason="The same group."
    )
    return row


def journey(person=None) -> Journey:
    made = Journey(email="amina@harbour.example", person=person)
    made.answers["eligibility"] = {"sector": "private"}
    return made


def answered(**typed: str) -> OrganisationForm:
    return OrganisationForm(
        journey(), data={"work_email": "amina@harbour.example", "parent": "", **typed}
    )


def test_what_is_offered_of_an_organisation_names_the_group_that_counts(hotels):
    person = workflow.person_of(make_user("amina@harbour.example"))
    person.organisation = hotels

    assert OrganisationForm(journey(person)).initial["parent"] == "New Group"


def test_the_summary_and_the_choices_name_it_too(hotels):
    summed = answered(organisation="Harbour Hotels")
    asked = answered(organisation="Harbour Hotel")

    assert summed.is_valid(), summed.errors
    assert [str(line.value) for line in summed.summary()][1] == "New Group"
    assert {str(choice.hint) for choice in asked._choices() if getattr(choice, "hint", None)} == {
        "Part of New Group"
    }


def test_what_is_suggested_while_typing_names_it_by_one_query(hotels, django_assert_num_queries):
    client = signed_in(make_user())
    found = client.post(
        "/expression-of-interest/organisation/suggestions/",
        {"organisation": "Harbour", "sector": "private"},
    ).json()["suggestions"]

    assert {row["group"] for row in found} == {"New Group"}
    with django_assert_num_queries(1):
        rows = Organisation.objects.suggested("harbour")
        assert {str(row.current_group) for row in rows} == {"New Group"}


def test_a_person_is_read_with_the_group_that_counts(hotels, django_assert_num_queries):
    user = make_user()
    person = workflow.person_of(user)
    person.organisation = hotels
    person.save()

    known = type(person).objects.of(user)
    with django_assert_num_queries(0):
        assert str(known.organisation.current.current_group) == "New Group"


def test_whose_switchboard_to_call_is_the_organisation_that_counts(hotels):
    manager, user = make_holder(Role.OFFICE_MANAGER), make_user()
    TOTP.activate(user, generate_totp_secret())
    person = workflow.person_of(user)
    person.organisation = Organisation.objects.get(name="Old Group")
    person.save()
    reset = resets.ask(user)
    client: Client = signed_in(manager)
    page = client.get(f"/admin/participants/secondfactorreset/{reset.public_id}/change/")

    assert "New Group" in page.content.decode()
    assert "Old Group" not in page.content.decode()
