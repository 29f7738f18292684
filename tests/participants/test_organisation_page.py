"""Where somebody works: an entry of the register or a new one, never asked twice, never lost."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.template import Context
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from participants.forms.base import Journey
from participants.forms.organisation import OrganisationForm
from participants.models import PageAnswers, Person
from participants.views.addresses import SUGGESTIONS
from tests.builders import (
    AMINA,
    make_call,
    make_draft,
    make_organisation,
    make_submitted,
)
from workstreams import workflow as register
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

PAGE = "/expression-of-interest/organisation/"
SUGGESTIONS_URL = "/expression-of-interest/organisation/suggestions/"


def journey(sector: str = "private", person: Person | None = None, email: str = AMINA) -> Journey:
    return Journey(email=email, person=person, answers={"eligibility": {"sector": sector}})


def asked(sector: str = "private", person: Person | None = None, **typed: str) -> OrganisationForm:
    data = {"organisation": "Harbour & Vale", "work_email": AMINA, **typed}
    return OrganisationForm(journey(sector, person), data=data)


def offered(form: Any) -> list[str]:
    form.is_valid()
    return [str(label) for value, label in form.fields["entry"].choices if value != "new"]


# The register ---------------------------------------------------------------------------------------
def test_an_exact_name_is_the_entry_and_nothing_is_asked():
    row = make_organisation(name="Harbour & Vale Hotels", aliases="HVH")

    for written in ("harbour and vale hotels ltd", "hvh"):
        form = asked(organisation=written)
        assert form.is_valid(), form.errors
        assert form.entry_meant == row
        assert form.typed()["organisation"] == "Harbour & Vale Hotels"
        assert form.typed()["entry"] == str(row.public_id)


def test_a_name_that_is_not_exact_is_asked_about_and_a_choice_settles_it():
    row = make_organisation(name="Harbour & Vale Hotels", group=make_organisation(name="HV Group"))
    form = asked()

    assert form.errors["entry"] == [
        "Choose your organisation from the list, or say that it is none of these"
    ]
    assert offered(form) == ["Harbour & Vale Hotels"]
    chosen = asked(entry=str(row.public_id))
    assert chosen.is_valid(), chosen.errors
    assert chosen.entry_meant == row
    assert [str(line.value) for line in chosen.summary()][:2] == [
        "Harbour & Vale Hotels",
        "HV Group",
    ]
    again = asked(**{name: str(value) for name, value in chosen.typed().items()})
    assert again.entry_meant == row if again.is_valid() else pytest.fail(str(again.errors))


def test_none_of_these_proposes_what_was_typed():
    make_organisation(name="Harbour & Vale Hotels")
    form = asked(entry="new", parent="Vale Group")

    assert form.is_valid(), form.errors
    assert form.entry_meant is None
    assert form.works_for() == {"name": "Harbour & Vale", "unit": "", "parent": "Vale Group"}


def test_a_name_like_no_other_is_new_without_a_question_and_stays_so():
    form = asked(organisation="Kestrowe")
    assert form.is_valid(), form.errors
    kept = form.typed()
    assert kept["entry"] == "new"

    make_organisation(name="Kestrowe Logistics")
    assert asked(**{name: str(value) for name, value in kept.items()}).is_valid()


@pytest.mark.parametrize("state", ["proposed", "refused"])
def test_what_is_not_published_is_neither_suggested_nor_chosen(state):
    row = make_organisation(name="Harbour & Vale", state=state, domains="users.example")
    form = asked(entry=str(row.public_id))

    assert form.is_valid(), form.errors
    assert form.entry_meant is None
    assert "entry" not in OrganisationForm(journey()).fields
    assert OrganisationForm(journey()).initial["organisation"] == ""


def test_a_choice_left_over_from_another_name_is_asked_about_anew():
    vale, tern = make_organisation(name="Vale Hotels"), make_organisation(name="Tern Hotels")

    exactly = asked(organisation="Tern Hotels", entry=str(vale.public_id))
    alike = asked(organisation="Tern Inns", entry=str(vale.public_id))

    assert exactly.is_valid()
    assert exactly.entry_meant == tern
    assert "entry" in alike.errors


@pytest.mark.parametrize("entry", ["nonsense", "0", "\x00", "9" * 500])
def test_an_entry_that_is_none_is_asked_about_in_our_words(entry):
    make_organisation(name="Harbour & Vale Hotels")

    assert asked(entry=entry).errors["entry"] == [
        "Choose your organisation from the list, or say that it is none of these"
    ]


def test_two_of_one_name_are_told_apart_by_their_group():
    names = ("Vale Ltd", "Vale plc")
    rows = [make_organisation(name=name, group=make_organisation()) for name in names]

    assert sorted(offered(asked(organisation="vale"))) == ["Vale Ltd", "Vale plc"]
    assert asked(organisation="vale", entry=str(rows[1].public_id)).entry_meant == rows[1]


def test_an_entry_merged_since_counts_as_the_other():
    row, other = make_organisation(name="HV Inns"), make_organisation(name="Harbour & Vale")
    kept = asked(organisation="HV Inns").typed()
    register.merge_organisation(row, into=other, by=None, reason="The same.")

    form = asked(**{name: str(value) for name, value in kept.items()})
    assert form.is_valid(), form.errors
    assert form.entry_meant == other


# Units ----------------------------------------------------------------------------------------------
def test_a_unit_of_the_register_is_its_own_entry_however_it_is_typed():
    whole = make_organisation(name="Northmere Police", sector="police")
    unit = make_organisation(name="Northmere Police", unit="Traffic", sector="police")

    apart = asked("police", organisation="northmere police", unit="TRAFFIC")
    at_once = asked("police", organisation="Northmere Police, Traffic")
    other = asked("police", organisation="Northmere Police", unit="Dogs")

    assert [form.is_valid() for form in (apart, at_once, other)] == [True] * 3
    assert [form.entry_meant for form in (apart, at_once, other)] == [unit, unit, None]
    assert at_once.typed()["unit"] == "Traffic"
    assert other.works_for() == {"name": "Northmere Police", "unit": "Dogs", "parent": ""}
    assert "unit" in asked("police", organisation="Northmere Police").errors
    assert whole.name == "Northmere Police"


def test_another_sectors_organisations_are_not_suggested():
    make_organisation(name="Harbour & Vale Hotels", sector="police")

    assert asked().is_valid()


# What is known --------------------------------------------------------------------------------------
def test_the_domain_of_the_log_in_address_offers_its_organisation():
    make_organisation(name="Tern Inns", domains="tern.example")
    make_organisation(name="Police of Tern", domains="tern.example", sector="police")

    form = OrganisationForm(journey(email="me@mail.tern.example"))
    assert form.initial["organisation"] == "Tern Inns"


def test_who_comes_back_is_offered_the_organisation_they_have(user):
    sent = make_submitted(user=user)
    sent.person.refresh_from_db()
    make_organisation(name="Harbour & Vale Hotels of Old")
    known = journey(person=sent.person)

    form = OrganisationForm(known)
    assert form.initial["organisation"] == "Harbour & Vale Hotels"
    again = OrganisationForm(known, data=form.initial)
    assert again.is_valid(), again.errors
    assert again.entry_meant == sent.person.organisation


def test_a_chosen_entry_is_the_persons_organisation_after_submitting(user):
    row = make_organisation(name="Harbour & Vale Hotels")
    sent = make_submitted(user=user)

    sent.person.refresh_from_db()
    assert sent.person.organisation == row
    assert Organisation.objects.get() == row


# The address ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("me@gmail.com", "Enter the address that your organisation gave you"),
        ("me@gmial.com", "Did you mean me@gmail.com?"),
        ("me@homtail.com", "Did you mean me@hotmail.com?"),
        ("me@harbour-vael.example", "Did you mean me@harbour-vale.example?"),
        ("me@user.example", "Did you mean me@users.example?"),
    ],
)
def test_a_doubtful_address_is_asked_about_and_taken_when_it_is_right(typed, said):
    make_organisation(name="Harbour & Vale", domains="harbour-vale.example")
    form = asked(work_email=typed)

    assert form.errors["work_email"][0].startswith(said)
    assert "work_email_is_right" in form.helper.render_layout(form, Context())
    assert asked(work_email=typed, work_email_is_right="on").is_valid()


@pytest.mark.parametrize("typed", ["me@harbour-vale.example", "me@gov.uk", "me@post.cz", "me@m.me"])
def test_other_addresses_raise_no_doubt(typed):
    make_organisation(name="Harbour & Vale", domains="harbour-vale.example")

    assert asked(work_email=typed).is_valid()


# Over HTTP ------------------------------------------------------------------------------------------
def test_did_you_mean_stands_on_the_same_page_and_nothing_typed_is_lost(signed_in, user):
    row = make_organisation(name="Harbour <b>& Vale Hotels")
    make_draft(user=user)
    typed = {"organisation": "Harbour", "parent": "My group", "work_email": AMINA, "revision": "1"}

    response = signed_in.post(PAGE, typed)

    assertContains(response, "<title>Error: ")
    assertContains(response, "Did you mean one of these?")
    assertContains(response, "Harbour &lt;b&gt;&amp; Vale Hotels")
    assertContains(response, 'value="Harbour"')
    assertContains(response, 'value="My group"')
    assertContains(response, 'href="#id_entry_0"')
    saved = signed_in.post(PAGE, {**typed, "entry": str(row.public_id)})
    assert saved.status_code == 302
    assert PageAnswers.objects.get(page="organisation").answers["entry"] == str(row.public_id)
    assertNotContains(signed_in.get(PAGE), "Did you mean")


def test_suggestions_are_posted_by_who_is_signed_in(
    signed_in, client, django_assert_max_num_queries
):
    cache.clear()
    make_organisation(name="Harbour & Vale", group=make_organisation(name="HV Group"))
    make_organisation(name="Harbour Police", sector="police")
    make_organisation(name="Harbour Secret", state="proposed")
    typed = {"organisation": "harb", "sector": "private"}

    assertRedirects(
        client.post(SUGGESTIONS_URL, typed),
        f"{reverse('account_login')}?next={SUGGESTIONS_URL}",
        fetch_redirect_response=False,
    )
    with CaptureQueriesContext(connection) as queries:
        response = signed_in.post(SUGGESTIONS_URL, typed)
    assert len([query for query in queries if "workstreams_" in query["sql"]]) == 1
    assert response.json() == {"suggestions": [{"name": "Harbour & Vale", "group": "HV Group"}]}
    assert signed_in.get(SUGGESTIONS_URL, typed).status_code == 405


def test_suggestions_are_given_so_often_and_no_oftener(signed_in):
    cache.clear()
    for _ in range(SUGGESTIONS.times):
        signed_in.post(SUGGESTIONS_URL)

    refused = signed_in.post(SUGGESTIONS_URL, {"organisation": "harb"})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


def test_the_page_needs_a_call_but_no_organisation_to_be_known(signed_in):
    make_call()
    signed_in.post("/expression-of-interest/eligibility/", {"sector": "private"})

    assertContains(signed_in.get(PAGE), "Your organisation")
