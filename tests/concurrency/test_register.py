"""One number of another register, given to several entries in the same moment: one has it in the end."""

from collections import Counter

import pytest

from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_organisation
from tests.concurrency.racing import at_once
from tests.office import make_holder, seen, signed_in
from tests.reading import read
from workstreams import workflow
from workstreams.models import Organisation

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

NUMBER = {"identifier_kind": "companies house", "identifier": "01234567"}
WHY = "Because."


def saved(client, row: Organisation):
    fields = {"name": row.name, "sector": "private", "aliases": "", "domains": "", **NUMBER}
    return client.post(
        f"/admin/workstreams/organisation/{row.public_id}/change/", fields | seen(row)
    )


def having_it() -> int:
    return Organisation.objects.filter(**NUMBER, state="published").count()


def test_of_many_who_give_one_number_away_one_does_and_the_others_are_told():
    rows = [make_organisation() for _ in range(5)]
    clients = [signed_in(make_holder(Role.OFFICE_MANAGER)) for _ in rows]

    answers = at_once(len(rows), lambda number: saved(clients[number], rows[number]))

    assert Counter(answer.status_code for answer in answers) == {302: 1, 200: 4}
    told = [read(answer) for answer in answers if answer.status_code == 200]
    assert all(page.says("has this number. If they are one organisation") for page in told)
    assert having_it() == 1


def test_a_merge_undone_while_its_number_is_given_away_leaves_one_with_it():
    for _ in range(3):
        Organisation.objects.filter(state="published").update(identifier_kind="", identifier="")
        kept, old = make_organisation(), make_organisation(**NUMBER)
        workflow.merge_organisation(old, into=kept, by=None, reason=WHY)
        client = signed_in(make_holder(Role.OFFICE_MANAGER))

        def act(number: int, client=client, kept=kept, old=old):
            if number:
                return saved(client, kept)
            return workflow.unmerge_organisation(old, by=None, reason=WHY)

        undone, given = at_once(2, act)
        assert isinstance(undone, Refused) == (given.status_code == 302), (undone, given)
        assert having_it() == 1
