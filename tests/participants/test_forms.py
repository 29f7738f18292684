"""What each page makes of an answer."""

import pytest

from participants.forms.about import AboutYouForm
from participants.forms.base import Answers, Journey
from participants.forms.interests import InterestsForm
from participants.forms.offer import ContributionsForm, ExperienceForm, ProjectsForm
from participants.forms.organisation import OrganisationForm
from participants.forms.trust import ConfirmingForm, WithdrawalForm
from participants.models import Person
from stepchange.form_fields import BAD_EMAIL
from tests.builders import complete_answers, make_project, make_user

pytestmark = pytest.mark.django_db


def journey(*projects, sector: str = "private") -> Journey:
    answers: dict[str, Answers] = {**complete_answers(*projects)}
    answers["eligibility"] = {"sector": sector}
    return Journey(email="amina@users.example", name="Amina", answers=answers)


def test_a_line_break_is_one_character_as_the_browser_counts_it():
    typed = "x" * 999 + "\r\n" + "y" * 1000
    exactly = ExperienceForm(Journey(email=""), data={"experience": typed})
    too_much = ExperienceForm(Journey(email=""), data={"experience": typed + "z"})

    assert exactly.is_valid()
    assert exactly.cleaned_data["experience"] == typed.replace("\r\n", "\n")
    assert too_much.errors["experience"] == ["Use 2000 characters or fewer; you have 2001"]


def test_every_text_of_many_lines_counts_alike():
    project = make_project()
    longest = "x" * 499 + "\r\n" + "y" * 500
    known = journey(project)
    reason = {f"reason_{project.code}": longest}
    interest = {f"has_{project.code}": "yes", f"details_{project.code}": longest}

    contributions = ContributionsForm(known, data={**known.answers["contributions"], **reason})
    interests = InterestsForm(known, data={**known.answers["interests"], **interest})

    assert contributions.is_valid(), contributions.errors
    assert interests.is_valid(), interests.errors
    assert WithdrawalForm({"reason": longest}).is_valid()


def test_a_line_stays_a_line():
    form = AboutYouForm(
        Journey(email=""),
        data={
            "full_name": " Amina\r\n  Thistlewood ",
            "role_title": "Manager",
            "telephone": "020 7946 0857",
        },
    )

    assert form.is_valid()
    assert form.cleaned_data["full_name"] == "Amina Thistlewood"


def test_characters_that_can_not_be_shown_are_refused_in_our_words():
    form = ExperienceForm(Journey(email=""), data={"experience": "nul\x00byte"})

    assert form.errors["experience"] == ["Remove the characters that can't be shown"]


@pytest.mark.parametrize("typed", ["amina", "a@b", "a@x.example, b@x.example"])
def test_a_wrong_address_is_told_in_the_one_wording(typed):
    form = OrganisationForm(
        journey(make_project()), data={"organisation": "Harbour", "work_email": typed}
    )

    assert form.errors["work_email"] == [str(BAD_EMAIL)]


def test_the_work_address_is_kept_in_lower_case():
    form = OrganisationForm(
        journey(make_project()),
        data={"organisation": "Harbour", "work_email": "Amina@Harbour.example"},
    )

    assert form.is_valid()
    assert form.cleaned_data["work_email"] == "amina@harbour.example"


@pytest.mark.parametrize(
    ("sector", "is_needed"), [("police", True), ("government", True), ("private", False)]
)
def test_police_and_government_name_their_unit(sector, is_needed):
    form = OrganisationForm(
        journey(make_project(), sector=sector),
        data={"organisation": "Northmere", "work_email": "a@northmere.example"},
    )

    assert form.is_valid() is not is_needed
    assert ("(optional)" in str(form.fields["unit"].label)) is not is_needed


def test_what_is_known_is_not_asked_anew():
    person = Person.objects.create(
        user=make_user(), full_name="Amina Thistlewood", telephone="020 7946 0857"
    )
    known = Journey(email="amina@users.example", name="A", person=person)

    assert AboutYouForm(known).initial["full_name"] == "Amina Thistlewood"
    assert AboutYouForm(Journey(email="", name="A")).initial["full_name"] == "A"
    assert OrganisationForm(known).initial["work_email"] == "amina@users.example"


@pytest.mark.parametrize("hours", ["0", "201", "-1", "1.5", "many", "", "٣x"])
def test_hours_are_a_sensible_whole_number(hours):
    project = make_project()
    known = journey(project)
    typed = {**known.answers["contributions"], f"hours_{project.code}": hours}

    form = ContributionsForm(known, data=typed)

    assert "a whole number from 1 to 200" in form.errors[f"hours_{project.code}"][0]


def test_offers_are_in_the_order_of_preference():
    first, second = make_project(), make_project()
    known = journey(second, first)
    form = ContributionsForm(known, data=known.answers["contributions"])

    assert form.is_valid(), form.errors
    assert [offer["code"] for offer in form.offers()] == [second.code, first.code]


def test_a_project_that_takes_nobody_can_not_be_chosen():
    project, closed = make_project(), make_project(state="closed")
    known = journey(project)
    form = ProjectsForm(known, data={f"projects_{project.work_stream.slug}": [closed.code]})

    assert not form.is_valid()


@pytest.mark.parametrize(
    "own", ["amina@users.example", "AMINA@Users.example", "amina@harbour-vale-hotels.example"]
)
def test_neither_of_ones_addresses_is_the_referees(own):
    known = journey(make_project())
    form = ConfirmingForm(known, data={**known.answers["confirming"], "referee_email": own})

    assert "somebody else" in form.errors["referee_email"][0]


def test_a_no_drops_the_details_and_is_kept_as_an_answer():
    project = make_project()
    known = journey(project)
    typed = {**known.answers["interests"], "details_general": "A slip"}
    form = InterestsForm(known, data=typed)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["details_general"] == ""
    assert [str(line.value) for line in form.summary()] == ["No", "No"]
