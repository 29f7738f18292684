"""What each page makes of an answer."""

import pytest
from django.template import Context

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
    interest = {
        f"has_{project.code}": "yes",
        f"kind_{project.code}": "financial",
        f"party_{project.code}": "My brother",
        f"gain_{project.code}": longest,
    }

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


@pytest.mark.parametrize("sector", ["police", "government"])
def test_police_and_government_name_their_unit(sector):
    typed = {"organisation": "Northmere", "work_email": "a@northmere.example"}
    form = OrganisationForm(journey(make_project(), sector=sector), data=typed)
    whole = OrganisationForm(journey(make_project(), sector=sector), data=typed | {"unit": "CID"})

    assert form.errors["unit"] == ["Enter your command or unit"]
    assert whole.is_valid(), whole.errors
    assert "parent" not in form.fields


def test_a_firm_may_name_the_group_it_belongs_to():
    form = OrganisationForm(
        journey(make_project()),
        data={"organisation": "Northmere", "work_email": "a@northmere.example"},
    )

    assert form.is_valid()
    assert str(form.fields["parent"].label) == "Parent company or group (optional)"
    assert "unit" not in form.fields


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
    known.answers["organisation"] = {"work_email": "amina@harbour-vale-hotels.example"}
    form = ConfirmingForm(known, data={**known.answers["confirming"], "referee_email": own})

    assert "somebody else" in form.errors["referee_email"][0]


@pytest.mark.parametrize("name", ["Win at https://evil.example/now", "WWW.evil.example"])
def test_a_referees_name_holds_no_web_address(name):
    assert "without a web address" in confirming(referee_name=name).errors["referee_name"][0]
    assert "referee_name" not in confirming(referee_name="Wilhelmina van der Www").errors


# The referee ---------------------------------------------------------------------------------------
def confirming(sector: str = "private", **typed: str) -> ConfirmingForm:
    known = journey(make_project(), sector=sector)
    return ConfirmingForm(known, data={**known.answers["confirming"], **typed})


@pytest.mark.parametrize(
    ("sector", "typed", "kept"),
    [
        ("private", "1234 5678-9012\u20133456", "1234567890123456"),
        ("private", "123456789012345", None),
        ("private", "12345678901234567", None),
        ("police", "pc 4127", "PC4127"),
        ("police", "4127", "4127"),
        ("police", "Northmere police 4127", None),
        ("government", "ab 1234", "AB1234"),
        ("government", "<script>", None),
        ("police", "", ""),
    ],
)
def test_the_number_that_fits_the_sector_has_its_form_whatever_its_gaps(sector, typed, kept):
    form = confirming(sector, identifier=typed)

    assert form.is_valid() is (kept is not None)
    if kept is None:
        assert form.errors["identifier"][0].startswith("Enter ")
    else:
        assert form.cleaned_data["identifier"] == kept


def test_a_referees_address_that_anybody_can_have_is_asked_about_and_taken():
    form = confirming(referee_email="ann@gmail.com")

    assert "that their organisation gave them" in form.errors["referee_email"][0]
    assert confirming(referee_email="ann@gmail.com", referee_email_is_right="on").is_valid()
    assert (
        "Did you mean ann@gmail.com?"
        in confirming(referee_email="ann@gmail.con").errors["referee_email"][0]
    )


# What is offered -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("hours", "is_told"), [(20, False), (21, True)])
def test_more_hours_than_a_working_week_are_asked_about_and_taken(hours, is_told):
    projects = make_project(), make_project()
    known = journey(*projects)
    typed = known.answers["contributions"] | {
        f"hours_{projects[0].code}": "20",
        f"hours_{projects[1].code}": str(hours),
    }
    form = ContributionsForm(known, data=typed)

    assert form.is_valid(), form.errors
    assert bool(form.remarks()) is is_told
    assert str(form.summary()[-1].value) == str(20 + hours)


def test_a_project_chosen_twice_is_one_choice():
    project = make_project()
    form = ProjectsForm(
        journey(project), data={f"projects_{project.work_stream.slug}": [project.code] * 6}
    )

    assert form.is_valid(), form.errors
    assert form.codes == [project.code]


def test_a_project_shows_what_helps_to_choose_it():
    project = make_project(
        vision="Guards <b>are</b> trained.", needs="A trainer.", places=3, wants_lead=True
    )
    form = ProjectsForm(journey(project))
    drawn = form.helper.render_layout(form, Context())

    assert project.action in drawn
    for words in (
        "Guards &lt;b&gt;are&lt;/b&gt; trained.",
        "A trainer.",
        "Open places</strong><br>3",
        "lead it",
    ):
        assert words in drawn
