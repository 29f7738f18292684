"""What the volunteer's page shows beside the keys; a neighbouring project; whom a complaint is about."""

import pytest
from django.urls import reverse

from participants.workflow import person_of
from reviews.models import Complaint, Membership, NeighbourSuggestion
from reviews.workflow import casework
from stepchange.roles import Role
from tests.builders import make_project, make_submitted, make_user
from tests.office import make_holder, signed_in
from tests.reading import read
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.members import open_review
from tests.reviews.telling import release

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def page_of(desk: Desk) -> str:
    return reverse("reviews:volunteer", args=[desk.choice.public_id])


def test_concentration_is_shown_as_it_would_be_after_acceptance(desk):
    member = make_submitted(desk.project, call=desk.call).choices.get()
    colleague = member.expression.person
    colleague.organisation = desk.choice.expression.person.organisation
    colleague.save()
    Membership.objects.create(person=colleague, project=desk.project, choice=member, hours=8)

    seen = read(signed_in(desk.people["business"]).get(page_of(desk)))

    assert seen.says("1 of 1 2 of 2 (100%)")
    assert seen.says("Herfindahl index 100 100")


def test_an_open_ethics_review_is_told_of_and_what_was_declared_is_not(desk):
    review = open_review(desk.project)
    review.organisation = desk.choice.expression.person.organisation
    review.why = ["sells"]
    review.save()

    seen = read(signed_in(desk.people["business"]).get(page_of(desk)))

    assert seen.says("Waits for an ethics review since")
    assert not seen.says("sells")


def test_hours_given_elsewhere_count(desk):
    other = make_project()
    Membership.objects.create(
        person=desk.choice.expression.person, project=other, choice=desk.choice, hours=60
    )

    assert read(signed_in(desk.people["police"]).get(page_of(desk))).says(
        "More than a working week"
    )


def test_who_was_not_taken_is_suggested_a_neighbour_once(desk):
    near = make_project(work_stream=desk.project.work_stream, title="A near one")
    client = signed_in(desk.people["business"])
    assert not read(client.get(page_of(desk))).says("A neighbouring project")
    release(desk, "decline")
    assert read(client.get(page_of(desk))).says("A near one")

    wrong = client.post(page_of(desk), {"do": "neighbour", "project": "'\x00"})
    assert read(wrong).says("Choose one of the projects in the list")
    sent = {"do": "neighbour", "project": near.code}
    done = client.post(page_of(desk), sent, follow=True)

    suggestion = NeighbourSuggestion.objects.get()
    assert suggestion.project == near
    assert read(done).says("It was suggested to them")
    assert client.post(page_of(desk), sent).status_code == 409
    assert NeighbourSuggestion.objects.count() == 1


def test_a_project_far_from_it_is_not_suggested(desk):
    release(desk, "decline")
    far = make_project(wants_lead=False, wants_develop=False, wants_deliver=False)

    client = signed_in(desk.people["business"])
    answer = client.post(page_of(desk), {"do": "neighbour", "project": far.code})

    assert read(answer).says("Choose one of the projects in the list")
    assert not NeighbourSuggestion.objects.exists()


def test_whoever_a_complaint_is_about_can_neither_read_nor_answer_it(desk):
    maker = make_user()
    complaint = casework.complain(person_of(maker), about="other", text="He laughed.", by=maker)
    manager, about = make_holder(Role.OFFICE_MANAGER), make_holder(Role.OFFICE_MANAGER)
    address = reverse("reviews:name-in-complaint", args=[complaint.public_id])
    client = signed_in(manager)

    for whom in ("", "x", str(maker.public_id), "\x00"):
        assert client.post(address, {"whom": whom}).status_code == 200
    assert client.post(address, {"whom": str(about.public_id)}).status_code == 302

    assert list(Complaint.objects.get().concerns.all()) == [about]
    theirs = reverse("reviews:answer-complaint", args=[complaint.public_id])
    assert signed_in(about).get(theirs).status_code == 404
    assert signed_in(about).get(address).status_code == 404
    assert read(client.get(theirs)).says("It is about:")
