"""The steps of the console: asked first, made by a post, refused with a reason."""

import html
from http import HTTPStatus

import pytest

from projects.models import Project
from stepchange.console import Step
from stepchange.roles import Role
from tests.builders import make_call, make_project
from tests.office import make_holder, office, seen, signed_in
from tests.stepchange.console.rows import CALLS, last_event

pytestmark = pytest.mark.django_db


def test_a_step_asks_first_and_is_made_by_its_post():
    project = make_project(state="proposed")
    client = office()
    path = f"/admin/projects/project/{project.code}/agree_provisionally/"

    page = client.get(path)
    project.refresh_from_db()
    assert (page.status_code, project.state) == (HTTPStatus.OK, "proposed")

    answer = client.post(path, seen(project), follow=True)
    project.refresh_from_db()
    assert project.state == "provisional"
    assert f"Agreed provisionally: {project}." in html.unescape(answer.content.decode())
    assert last_event().kind == "projects.project.agreed_provisionally"


def test_a_reason_asked_for_is_kept_and_one_left_out_is_asked_for_again():
    project = make_project(state="proposed")
    client = office()
    path = f"/admin/projects/project/{project.code}/reject/"

    page = client.post(path, seen(project)).content.decode()
    assert "Fill in “reason”." in page
    assert "Error:" in page
    client.post(path, seen(project) | {"reason": "Done by T2 already."})
    project.refresh_from_db()
    assert project.state == "rejected"
    assert last_event().reason == "Done by T2 already."


def test_a_step_impossible_from_the_present_state_says_so_and_changes_nothing():
    project = make_project(state="proposed")
    client = office()
    path = f"/admin/projects/project/{project.code}/deliver/"

    for response in (client.get(path), client.post(path, seen(project))):
        assert response.status_code == HTTPStatus.CONFLICT
        assert "is not possible: it is proposed" in response.content.decode()
    project.refresh_from_db()
    assert project.state == "proposed"


def test_a_step_on_a_row_that_moved_since_is_not_made():
    project = make_project(state="proposed")
    client = office()
    as_read = seen(project)
    Project.objects.filter(pk=project.pk).update(action="Something else.")

    page = client.post(f"/admin/projects/project/{project.code}/agree_provisionally/", as_read)
    assert "Somebody changed this while you had it open" in page.content.decode()
    project.refresh_from_db()
    assert project.state == "proposed"


def test_a_refusal_by_the_workflow_is_shown_and_keeps_what_was_typed(monkeypatch):
    call = make_call(state="draft")
    client = office()
    typed = {
        "opens_on": "2026-03-01",
        "last_day": "2026-03-20",
        "delivery_on": "2026-04-01",
        "decisions_on": "",
        "reason": "Asked by the board.",
    }
    from stepchange.transitions import Refused
    from workstreams import admin as page

    def refusing(*_args, **_kwargs):
        raise Refused("Not on a Sunday.")

    steps = page.CallAdmin.steps | {
        "redate": Step(**vars(page.CallAdmin.steps["redate"]) | {"function": refusing})
    }
    monkeypatch.setattr(page.CallAdmin, "steps", steps)
    response = client.post(f"{CALLS}{call.slug}/redate/", seen(call) | typed)
    content = response.content.decode()
    assert response.status_code == HTTPStatus.CONFLICT
    assert "Not on a Sunday." in content
    assert 'value="2026-03-20"' in content
    assert "Asked by the board." in content


def test_the_page_offers_what_is_possible_and_says_why_the_rest_is_not():
    make_call()
    draft = make_call(state="draft", name="Next year's")
    page = office().get(f"{CALLS}{draft.slug}/change/").content.decode()

    assert f'href="{CALLS}{draft.slug}/redate/"' in page
    assert f'href="{CALLS}{draft.slug}/publish/"' not in page
    assert "is published: close it first." in page


def test_methods_other_than_get_and_post_are_refused():
    project = make_project(state="proposed")
    path = f"/admin/projects/project/{project.code}/agree_provisionally/"

    assert office().put(path).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("name", ["change", "agree_provisionally"])
def test_a_post_without_the_forms_token_is_refused(name):
    project = make_project(state="proposed")
    client = signed_in(make_holder(Role.OFFICE_MANAGER), enforce_csrf_checks=True)

    response = client.post(f"/admin/projects/project/{project.code}/{name}/", seen(project))
    assert response.status_code == HTTPStatus.FORBIDDEN
    project.refresh_from_db()
    assert project.state == "proposed"
