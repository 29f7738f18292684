"""The demonstration's forms: every state that exists, made by the same functions as everybody's."""

from collections import Counter

import pytest
from django.db.models import Count, Max

from participants import pages, policies, workflow
from participants.cast import load_demonstration
from participants.models import (
    ExpressionOfInterest,
    Extension,
    PageAnswers,
    Person,
    ProjectChoice,
    Snapshot,
)
from projects.loading import read_fixture
from stepchange import clock
from stepchange.models import Event, User
from workstreams.models import Call, Organisation, Sector

pytestmark = pytest.mark.django_db

TOLD = read_fixture("demonstration-forms")["form"]
STATE = ExpressionOfInterest.State


def person_of(expression: ExpressionOfInterest) -> str:
    assert expression.person.user
    return expression.person.user.email.partition("@")[0]


def unfinished(expression: ExpressionOfInterest) -> list[pages.Page]:
    assert expression.person.user
    return pages.unfinished(workflow.journey_of(expression.person.user, expression))


def drafts() -> list[ExpressionOfInterest]:
    return list(ExpressionOfInterest.objects.filter(state=STATE.DRAFT))


def test_there_are_forms_in_every_state_and_volunteers_with_none(loaded):
    states = Counter(ExpressionOfInterest.objects.values_list("state", flat=True))
    complete = [draft for draft in drafts() if not unfinished(draft)]
    begun = Person.objects.filter(expressions__isnull=False).distinct().count()

    assert states == {STATE.SUBMITTED: 18, STATE.DRAFT: 9, STATE.WITHDRAWN: 4}
    assert len(complete) == 3
    assert begun == len(TOLD) == 29
    assert User.objects.filter(email__startswith="volunteer", person=None).count() == 12


def test_some_were_withdrawn_and_begun_again(loaded):
    again = Person.objects.annotate(forms=Count("expressions")).filter(forms=2)
    states = {
        person.user.email.partition("@")[0]: set(person.expressions.values_list("state", flat=True))
        for person in again
        if person.user
    }

    assert states == {
        "volunteer20": {STATE.WITHDRAWN, STATE.DRAFT},
        "volunteer31": {STATE.WITHDRAWN, STATE.SUBMITTED},
    }


def test_some_changed_what_they_had_submitted_and_one_has_longer(loaded):
    amended = ExpressionOfInterest.objects.annotate(versions=Count("snapshots")).filter(versions=2)
    extension = Extension.objects.get()

    assert {person_of(each) for each in amended} == {"volunteer9", "volunteer16"}
    assert extension.person.user
    assert extension.person.user.email == "volunteer27@stepchange.example"
    closes_at = Call.objects.get().closes_at
    assert policies.closes_for(extension.call, extension.person) > closes_at


def test_volunteers_of_at_least_12_organisations_of_the_three_sectors_have_submitted(loaded):
    people = Person.objects.filter(expressions__state=STATE.SUBMITTED)
    organisations = Organisation.objects.filter(people__in=people).distinct()

    assert organisations.count() >= 12
    assert set(organisations.values_list("sector", flat=True)) == set(Sector.values)
    assert set(organisations.values_list("state", flat=True)) == {"published"}


def test_what_is_submitted_varies_as_it_does_in_life(loaded):
    choices = ProjectChoice.objects.filter(expression__state=STATE.SUBMITTED)
    named = Counter(choices.values_list("expression", flat=True))

    assert set(named.values()) == {1, 2, 3, 5}
    assert set(choices.values_list("contribution", flat=True)) == {"develop", "lead", "deliver"}
    assert len(set(choices.values_list("project__work_stream", flat=True))) == 5
    assert len({choice.reason for choice in ProjectChoice.objects.all()}) >= 35
    answers = [snapshot.answers["interests"] for snapshot in Snapshot.objects.all()]
    nil = [given for given in answers if "yes" not in given.values()]
    kinds = {value for given in answers for name, value in given.items() if "kind" in name}
    assert len(kinds - {""}) >= 7
    assert 5 <= len(nil) <= len(answers) - 8


def test_whatever_was_submitted_passes_the_forms_own_validation(loaded):
    for expression in ExpressionOfInterest.objects.exclude(state=STATE.DRAFT):
        assert unfinished(expression) == [], expression.person


def test_each_thing_happened_at_its_own_instant_since_the_call_opened(loaded):
    call, now = Call.objects.get(), clock.now()
    events = Event.objects.filter(kind__startswith="participants.").order_by("pk")
    events = events.filter(at__gte=call.opens_at)  # some were validated the year before
    instants = list(events.values_list("at", flat=True))

    assert instants == sorted(instants)
    assert call.opens_at < instants[0] < instants[-1] < now
    assert len({clock.day_of(instant) for instant in instants}) >= 6
    for expression in ExpressionOfInterest.objects.exclude(state=STATE.DRAFT):
        snapshot = expression.snapshots.latest("number")
        saved_at = expression.pages.aggregate(Max("saved_at"))["saved_at__max"]
        assert expression.submitted_at
        assert expression.started_at < saved_at <= snapshot.taken_at
        assert expression.submitted_at == expression.snapshots.earliest("number").taken_at
        assert expression.person.user
        assert expression.person.user.date_joined <= expression.started_at


def test_a_second_run_adds_no_form(loaded):
    def everything() -> tuple:
        models = (ExpressionOfInterest, Snapshot, PageAnswers, ProjectChoice, Event)
        return tuple(list(model.objects.order_by("pk").values()) for model in models)

    before = everything()
    load_demonstration()

    assert everything() == before


def test_every_word_of_it_is_invented_and_said_once():
    """Telephone numbers are Ofcom's for drama (its list of 2018); no two people say the same."""
    kept = ("020 7946 0", "01632 960", "029 2018 0", "023 8202 0", "0131 496 0", "0113 496 0")
    kept += ("0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0", "0118 496 0", "0151 496 0")
    kept += ("0161 496 0", "0191 498 0")
    telephones = [row["telephone"] for row in TOLD if "telephone" in row]
    reasons = [offer["reason"] for row in TOLD for offer in row.get("offer", ()) if offer["reason"]]
    stories = [row["experience"] for row in TOLD if "experience" in row]
    referees = [row["referee"][0] for row in TOLD if "referee" in row]

    for said in (telephones, reasons, stories, referees):
        assert len(set(said)) == len(said)
    assert all(telephone.startswith(kept) for telephone in telephones)
    cast = {row["name"] for row in read_fixture("demonstration")["person"]}
    assert cast.isdisjoint(referees)
