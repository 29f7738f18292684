"""Whoever stood aside from somebody altogether finds no row about them in the console (laws 3 and 7)."""

import pytest
from django.contrib import admin

from participants.models import ExpressionOfInterest, Person, Validation
from reviews import workflow
from stepchange.console.pages import ConsoleAdmin
from stepchange.roles import Role
from tests.office import make_holder, search, signed_in
from tests.reading import read
from tests.reviews.deciding import make_desk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("whole", [True, False], ids=["altogether", "for one project"])
def test_their_case_form_and_person_are_withheld(whole):
    desk = make_desk()
    manager, other = make_holder(Role.OFFICE_MANAGER), make_holder(Role.OFFICE_MANAGER)
    workflow.stand_aside(desk.now(), by=manager, reason="A cousin.", from_person=whole)
    person = desk.choice.expression.person
    rows = {Person: person, ExpressionOfInterest: desk.choice.expression}
    rows[Validation] = person.validation
    for model, row in rows.items():
        kind = admin.site._registry[model]
        assert isinstance(kind, ConsoleAdmin)
        for user, finds in ((manager, not whole), (other, True)):
            client = signed_in(user)
            for answer in (
                client.get(kind.list_page()),
                search(client, kind.list_page(), desk.choice.expression.reference),
                search(client, kind.list_page(), str(person)),
            ):
                told = read(answer).words
                assert not (str(person) in told and not finds), model
            assert (str(person) in read(client.get(kind.list_page())).words) == finds, model
            status = client.get(kind.page_of(row)).status_code
            assert status == (200 if finds else 404), model
