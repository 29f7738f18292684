"""The kinds of rows that the console has, and what none of them may do."""

from http import HTTPStatus

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from projects.models import Project
from stepchange.console import ConsoleAdmin, Step
from tests.builders import make_call, make_project, make_stream, make_user
from tests.office import make_holder, signed_in
from tests.stepchange.console.rows import EVERY_KIND, INDEX

pytestmark = pytest.mark.django_db


# What there is ------------------------------------------------------------------------------------
def test_only_pages_of_the_consoles_kind_are_registered():
    assert {type(page).__mro__[-1] for page in admin.site._registry.values()} == {object}
    assert all(isinstance(page, ConsoleAdmin) for page in admin.site._registry.values())
    assert {model._meta.label for model in admin.site._registry} == {
        "communications.ContactMessage",
        "communications.Email",
        "communications.Generation",
        "participants.ConflictSuggestion",
        "participants.Declarant",
        "participants.Declaration",
        "participants.EnteredForm",
        "participants.ExpressionOfInterest",
        "participants.Extension",
        "participants.InterestCase",
        "participants.Invitation",
        "participants.Person",
        "participants.ProjectChoice",
        "participants.RegisterHolder",
        "participants.SecondFactorReset",
        "participants.Validation",
        "projects.Milestone",
        "projects.Project",
        "reviews.Decision",
        "reviews.FairnessSettings",
        "reviews.Membership",
        "reviews.ReservePlace",
        "reviews.Split",
        "stepchange.Event",
        "stepchange.User",
        "workstreams.Call",
        "workstreams.KeyActivity",
        "workstreams.Organisation",
        "workstreams.Passage",
        "workstreams.Seat",
        "workstreams.Term",
        "workstreams.WorkStream",
    }


@EVERY_KIND
def test_no_page_acts_on_many_rows_or_deletes(kind):
    request = RequestFactory().get(INDEX)
    request.user = make_holder(is_superuser=True, is_staff=True)

    assert kind.get_actions(request) == {}
    assert kind.list_editable == ()
    assert kind.get_inline_instances(request) == []
    assert kind.save_as is False
    assert kind.list_per_page == 100
    assert kind.show_full_result_count is False
    assert kind.has_delete_permission(request) is False
    assert [url.name for url in kind.get_urls() if "delete" in str(url.pattern)] == []
    if kind.table:
        assert kind.table.field in kind.get_readonly_fields(request)


@EVERY_KIND
def test_rows_are_addressed_as_the_record_knows_them_and_never_by_id(kind):
    field = kind.model._meta.get_field(kind.address)
    assert field.unique or kind.address == "digest"
    assert not field.primary_key

    name = f"admin:{kind.opts.app_label}_{kind.opts.model_name}_change"
    with pytest.raises(NoReverseMatch):
        reverse(name, args=[7])


def test_the_record_and_the_console_name_a_row_alike():
    for row in (make_project(), make_stream(), make_call(), make_user()):
        page = admin.site._registry[type(row)]
        assert row.record_key == str(getattr(row, page.address))


@pytest.mark.parametrize(
    "path",
    ["autocomplete/", "r/1/1/", "auth/group/", "account/emailaddress/", "mfa/authenticator/"],
)
def test_what_django_and_allauth_would_add_is_not_there(path):
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    assert client.get(INDEX + path).status_code == HTTPStatus.NOT_FOUND


def test_deletion_has_no_page():
    project = make_project()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    path = f"/admin/projects/project/{project.code}/delete/"

    assert client.get(path).status_code == HTTPStatus.NOT_FOUND
    assert client.post(path, {"post": "yes"}).status_code == HTTPStatus.NOT_FOUND
    assert Project.objects.filter(pk=project.pk).exists()


def test_many_rows_are_not_deleted_by_a_forged_action():
    project = make_project()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    client.post(
        "/admin/projects/project/",
        {"action": "delete_selected", "_selected_action": [str(project.pk)], "post": "yes"},
    )

    assert Project.objects.filter(pk=project.pk).exists()


def test_a_step_without_table_or_label_is_refused_at_start():
    class Nameless(ConsoleAdmin):
        address = "code"
        steps = {"agree": Step(function=print, done="Agreed")}

    with pytest.raises(ImproperlyConfigured, match="agree"):
        Nameless(Project, admin.site)


@EVERY_KIND
def test_each_step_says_in_its_own_words_what_it_did(kind):
    """In the past tense and no repetition of its button: “Published”, not “Publish”."""
    for name, step in kind.steps.items():
        label = step.label or kind.table.transitions[name].label
        done = str(step.done)
        assert done[:1].isupper(), name
        assert done != str(label), name
        assert not done.endswith("."), name


# The record and the lists -------------------------------------------------------------------------


@EVERY_KIND
def test_a_state_is_in_no_form(kind):
    """A column called `state` is only ever a workflow's."""
    request = RequestFactory().get(INDEX)
    request.user = make_holder(is_superuser=True, is_staff=True)
    fields = flatten_fieldsets(kind.get_fieldsets(request))
    form = kind.get_form(request, None, change=True, fields=fields)

    assert "state" not in form.base_fields
