"""Law 3 on every page of the console that shows somebody's answers or how to reach them."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.urls import reverse

from participants import workflow
from participants.models import (
    Declaration,
    EnteredForm,
    ExpressionOfInterest,
    Extension,
    InterestCase,
    Person,
    Validation,
)
from stepchange import clock
from stepchange.roles import Role
from tests.builders import make_entered, make_interest, make_organisation, make_submitted
from tests.office import make_holder, search, signed_in
from workstreams.models import Organisation

pytestmark = pytest.mark.django_db

KINDS = (
    Declaration,
    EnteredForm,
    ExpressionOfInterest,
    Extension,
    InterestCase,
    Person,
    Validation,
)


@pytest.fixture
def rows():
    """Return a row of each kind, all of one person."""
    expression = make_submitted()
    person = expression.person
    case = make_interest(person.user)
    extension = workflow.give_extension(
        person,
        expression.call,
        until=expression.call.closes_at + timedelta(days=3),
        reason="Ill.",
        by=None,
    )
    entered = make_entered(by=make_holder(Role.CASEWORKER), call=expression.call)
    EmailAddress.objects.create(user=person.user, email=entered.email, verified=True)
    found = (case.interest.declaration, entered, expression, extension, case)
    return dict(zip(KINDS, (*found, person, person.validation), strict=True))


def works_for(user, entry: Organisation) -> None:
    person = workflow.person_of(user)
    person.organisation = entry
    person.save(update_fields=["organisation"])


def test_of_a_colleague_of_now_or_lately_the_office_reads_a_number_and_no_row(rows):
    office = {name: make_holder(Role.OFFICE_MANAGER) for name in ("stranger", "colleague", "moved")}
    for name in ("colleague", "moved"):
        works_for(office[name], rows[Person].organisation)
    works_for(office["moved"], make_organisation(name="Elsewhere"))
    wanted = {"stranger": HTTPStatus.OK, "colleague": 404, "moved": 404}
    for name, user in office.items():
        client, opened, told = signed_in(user), {}, {}
        for model, row in rows.items():
            kind = admin.site._registry[model]
            pages = ["change", "history"]
            opened[model] = {client.get(kind.page_of(row, page)).status_code for page in pages}
            listed = client.get(kind.list_page()).content.decode()
            found = search(client, kind.list_page(), str(rows[Person])).content.decode()
            is_told = name == "stranger" or "withheld from you" in listed  # their own nil always is
            told[model] = (is_told, kind.page_of(row) in listed + found)
            if name != "stranger":
                steps = {
                    client.get(kind.page_of(row, "step", step=s)).status_code for s in kind.steps
                }
                assert steps <= {404}, model
        assert opened == {key: {wanted[name]} for key in KINDS}, name
        assert told == dict.fromkeys(KINDS, (True, name == "stranger")), name
        page = client.get(reverse("participants:entered-tasks", args=[rows[EnteredForm]]))
        assert page.status_code == wanted[name]


def test_a_year_later_they_are_shown(rows):
    user = make_holder(Role.CASEWORKER)
    with clock.set_to(clock.now() - timedelta(days=367)):
        works_for(user, rows[Person].organisation)
        works_for(user, make_organisation(name="Elsewhere"))
    client = signed_in(user)
    for model in (ExpressionOfInterest, Person, Validation):
        kind = admin.site._registry[model]
        assert client.get(kind.page_of(rows[model])).status_code == HTTPStatus.OK
