"""Nobody sees other people's details before they undertook and declared: every page is gated or exempt."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.contrib import admin
from django.test import Client
from pytest_django.asserts import assertRedirects

from participants import policies, workflow
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from tests.builders import make_ready, make_user
from tests.office import make_holder, signed_in
from tests.reading import read
from tests.security.test_console_matrix import BARRED, MATRIX, ask, make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(db):
    """Return a row of each kind, in the state from which its steps begin."""
    return make_rows()


# The pages of the programme, which name no person but in their record.
EXEMPT = {
    "projects.Milestone",
    "projects.Project",
    "reviews.FairnessSettings",
    "workstreams.Call",
    "workstreams.KeyActivity",
    "workstreams.Organisation",
    "workstreams.Passage",
}


@pytest.fixture
def manager() -> User:
    return make_holder(Role.OFFICE_MANAGER, is_ready=False)


def test_every_page_of_the_console_is_gated_or_named_exempt():
    open_pages = {
        model._meta.label for model, page in admin.site._registry.items() if not page.shows_people
    }

    assert open_pages == EXEMPT


@pytest.mark.parametrize("label", MATRIX)
def test_without_undertaking_and_declaration_no_page_tells_of_people(label, rows, manager):
    kind = next(page for model, page in admin.site._registry.items() if model._meta.label == label)
    client = signed_in(manager)
    for page in MATRIX[label]:
        is_barred = label in EXEMPT and MATRIX[label][page][0] == BARRED  # there is one row of it
        if page == "delete" or is_barred:
            continue
        status = ask(client, kind, rows[label], page)
        is_gated = label not in EXEMPT or page == "history"
        assert (status == HTTPStatus.FORBIDDEN) is is_gated, page
    if label not in EXEMPT:
        answer = client.post(kind.list_page(), {"q": "Thistlewood"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Thistlewood" not in answer.content.decode()


def test_the_gate_says_what_to_do_and_leads_back_to_the_page_asked_for(manager):
    client, wanted = signed_in(manager), "/admin/stepchange/user/?is_active__exact=1"
    page = read(client.get(wanted))
    assert page.says("Two things come first")
    assert {"/account/undertaking/", "/declarations/declare/"} <= set(page.hrefs)

    answer = client.post("/account/undertaking/", {"accepted": "on"})
    assertRedirects(answer, "/declarations/declare/")
    client.post("/declarations/declare/", {"anything": "no"})
    draft = workflow.declarations.draft_of(workflow.person_of(manager))
    answer = client.post(
        "/declarations/declare/check/",
        {"seen": workflow.declarations.digest_of(draft), "signed": "on"},
    )
    assertRedirects(answer, wanted)


@pytest.mark.parametrize("missing", ["undertaking", "declaration", "both", "neither"])
def test_both_are_needed(missing):
    user = make_ready(
        make_user(),
        undertaking=missing not in {"undertaking", "both"},
        declaration=missing not in {"declaration", "both"},
    )

    assert (policies.may_see_people(user) is None) is (missing == "neither")


def test_another_persons_are_not_ones_own():
    make_ready(make_user())

    assert policies.may_see_people(make_user()) is not None


def test_a_declaration_a_year_old_opens_nothing_any_more():
    user = make_ready(make_user())
    with time_machine.travel(clock.now() + timedelta(days=364)):
        assert policies.may_see_people(user) is None
    with time_machine.travel(clock.now() + timedelta(days=366)):
        assert policies.may_see_people(user) is not None


def test_nobody_and_a_closed_account_see_nobody():
    user = make_ready(make_user(is_active=False))

    assert policies.may_see_people(user) is not None
    assert policies.may_see_people(None) is not None


def test_the_gate_costs_one_query(django_assert_num_queries):
    user = make_ready(make_user())
    with django_assert_num_queries(1):
        assert policies.may_see_people(user) is None


def test_a_stranger_gets_the_same_404_and_the_anonymous_the_log_in(manager):
    for path in ("/admin/stepchange/user/", "/admin/stepchange/user/nobody/change/"):
        assert signed_in(make_user()).get(path).status_code == HTTPStatus.NOT_FOUND
        assert Client().get(path).headers["Location"].startswith("/accounts/login/")


def test_posting_keeps_no_page_in_mind(manager):
    client = signed_in(manager)
    client.post("/admin/stepchange/user/", {"q": "x"})

    assert "wanted_before_people" not in client.session
