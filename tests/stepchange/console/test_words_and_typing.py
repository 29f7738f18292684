"""The console's words, its times, and what is typed into it when a session ends."""

import re
from http import HTTPStatus

import pytest
from django.db import connection, models
from django.test import Client, RequestFactory
from django.urls import reverse

from projects.models import Project
from stepchange.console import row_page
from stepchange.models import KeptTyping
from stepchange.roles import Role
from stepchange.sessions import SEEN
from stepchange.uk_time import uk_date, uk_list_moment, uk_moment
from tests.builders import (
    make_call,
    make_milestone,
    make_organisation,
    make_project,
    make_stream,
    make_user,
)
from tests.office import PASSWORD, grown_old, make_holder, office, search, signed_in
from tests.stepchange.console.rows import CALLS, EVERY_KIND, INDEX, edit_project, last_event, where
from workstreams.models import Seat, Term

pytestmark = pytest.mark.django_db


# Words --------------------------------------------------------------------------------------------
COUNTED = re.compile(r'<p class="paginator">\s*(.*?)\s*</p>', re.DOTALL)


@EVERY_KIND
def test_a_list_is_headed_and_counted_in_english(kind):
    client = signed_in(make_holder(Role.OFFICE_MANAGER, is_superuser=True, is_staff=True))
    names = str(kind.opts.verbose_name_plural)
    content = client.get(kind.list_page()).content.decode()

    assert f"<h1>{names[0].upper()}{names[1:]}</h1>" in content
    assert not re.search(r"Select .* to (view|change)", content)
    said = COUNTED.search(content)
    assert said
    count = re.sub(r"<[^>]*>|\s+", " ", said[1]).split("Times")[0].split()
    one = " ".join(count) == f"1 {kind.opts.verbose_name}"
    assert one or " ".join(count[1:]) == names
    assert names.split()[0] not in {"the", "a"}


@EVERY_KIND
def test_an_empty_list_says_what_it_would_hold(kind):
    client = signed_in(make_holder(Role.OFFICE_MANAGER, is_superuser=True, is_staff=True))
    content = search(client, kind.list_page(), "nobody-is-called-this").content.decode()

    if kind.search_fields:
        assert "Nothing matches" in content
    assert str(kind.empty)


def test_times_on_a_page_of_the_console_are_the_houses():
    call = make_call(name="Spring call")
    client = office()
    page = client.get(f"{CALLS}{call.slug}/change/").content.decode()
    listed = client.get(CALLS).content.decode()

    assert uk_moment(call.opens_at) in page
    assert uk_date(call.delivery_on) in page
    assert uk_list_moment(call.opens_at) in listed
    assert "Times are UK time." in listed
    for content in (page, listed):
        assert not re.search(r"\d [ap]\.m\.", content)


@EVERY_KIND
def test_no_column_shows_a_time_without_saying_whose_it_is(kind):
    request = RequestFactory().get(INDEX)
    request.user = make_holder(Role.OFFICE_MANAGER, is_superuser=True, is_staff=True)
    request.session = {}
    shown = kind.get_changelist_instance(request)
    fields = {
        field.name for field in kind.opts.concrete_fields if isinstance(field, models.DateTimeField)
    }

    assert not fields & {name for name in shown.list_display if isinstance(name, str)}
    named = {getattr(name, "__name__", "") for name in shown.list_display}
    assert shown.tells_time or not fields & named


def test_a_row_refers_to_others_by_a_link_to_their_page():
    stream = make_stream(name="Transport")
    seat = Seat.objects.create(work_stream=stream, side="police")
    term = Term.objects.create(
        seat=seat, holder=make_user(name="Iris Calloway"), organisation=make_organisation()
    )
    page = office().get(row_page(term)).content.decode()

    assert f'<a href="{row_page(seat)}">' in page
    assert f'<a href="{row_page(term.organisation)}">' in page


# What was typed -----------------------------------------------------------------------------------
WORDS = "She is ill; <b>rang</b> on Monday 👮🏽."
SEEN_WORDS = "She is ill; &lt;b&gt;rang&lt;/b&gt; on Monday 👮🏽."


def hidden_fields(page) -> dict[str, str]:
    """Return the hidden fields of a page's main form, as a browser would send them."""
    content = page.content.decode()
    form = next(part for part in content.split("<form") if 'name="typing"' in part)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def signs_out(client: Client, user) -> None:
    client.logout()


def goes_idle(client: Client, user) -> None:
    session = client.session
    session[SEEN] = (0, 0)
    session.save()


def comes_back(client: Client, user) -> None:
    client.cookies.clear()
    client.cookies.update(signed_in(user).cookies)


def rejecting(user) -> tuple[Project, str, Client, dict[str, str]]:
    """Return a project, the page that rejects it, and somebody's browser with what it would send."""
    project = make_project(state="proposed")
    path = f"/admin/projects/project/{project.code}/reject/"
    client = signed_in(user)
    return project, path, client, hidden_fields(client.get(path)) | {"reason": WORDS}


@pytest.fixture
def manager():
    return make_holder(Role.OFFICE_MANAGER)


@pytest.mark.parametrize("ends", [signs_out, goes_idle])
def test_a_reason_typed_when_the_session_had_ended_is_there_after_signing_in(manager, ends):
    project, path, client, sent = rejecting(manager)
    ends(client, manager)

    assert where(client.post(path, sent)) == ("/accounts/login/", path)
    assert WORDS not in repr(list(KeptTyping.objects.values_list("path", flat=True)))
    comes_back(client, manager)
    page = client.get(path)
    assert SEEN_WORDS in page.content.decode()
    assert "Not saved yet" in page.content.decode()
    client.post(path, hidden_fields(page) | {"reason": WORDS})
    project.refresh_from_db()
    assert (project.state, last_event().reason) == ("rejected", WORDS)
    assert not KeptTyping.objects.exists()


def test_a_reason_kept_is_its_typists_alone_and_rests_encrypted(manager):
    _project, path, client, sent = rejecting(manager)
    client.logout()
    client.post(path, sent)

    assert SEEN_WORDS not in office().get(path).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM stepchange_kepttyping")
        assert "ill" not in repr(cursor.fetchall())


def test_a_check_that_fails_keeps_the_reason_on_the_page_and_nowhere_else(manager):
    milestone = make_milestone()
    path = row_page(milestone, "step", step="redate")
    client = signed_in(manager)
    sent = hidden_fields(client.get(path)) | {"due_on": "no day", "reason": WORDS}

    assert SEEN_WORDS in client.post(path, sent).content.decode()
    assert not KeptTyping.objects.exists()


def test_a_reason_for_what_is_no_longer_possible_is_shown_to_be_copied(manager):
    project, path, client, sent = rejecting(manager)
    Project.objects.filter(pk=project.pk).update(state="provisional")

    answer = client.post(path, sent)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert SEEN_WORDS in answer.content.decode()
    assert SEEN_WORDS in client.get(path).content.decode()  # and when it is looked at again


def test_a_step_that_asks_who_one_is_keeps_what_was_typed_out_of_the_session():
    manager = make_holder(Role.OFFICE_MANAGER, password=PASSWORD)
    user = make_user()
    path = f"/admin/stepchange/user/{user.public_id}/grant-role/"
    client = signed_in(manager)
    sent = hidden_fields(client.get(path)) | {"role": "Auditor", "reason": WORDS}
    grown_old(client, 20)

    assert where(client.post(path, sent)) == (path, "")
    assert "reauthenticate" in client.get(path)["Location"]
    assert "rang" not in repr(dict(client.session))
    assert not user.groups.exists()
    grown_old(client, -20)
    page = client.get(path).content.decode()
    assert SEEN_WORDS in page
    assert re.search(r'value="Auditor"[^>]* checked', page)


@pytest.mark.parametrize("is_new", [False, True])
def test_a_form_typed_when_the_session_had_ended_is_there_after_signing_in(manager, is_new):
    make_stream()
    project = make_project(title="Before")
    path = "/admin/projects/project/add/" if is_new else row_page(project)
    client = signed_in(manager)
    sent = hidden_fields(client.get(path)) | {
        "title": "After",
        "needs": WORDS,
        "wants_lead": "on",
        "why": "A clearer name.",
    }
    client.logout()
    assert client.post(path, sent).status_code == HTTPStatus.FOUND
    comes_back(client, manager)

    page = client.get(path).content.decode()
    for words in ('value="After"', SEEN_WORDS, "Not saved yet"):
        assert words in page
    if not is_new:
        assert "A clearer name." in page
        Project.objects.filter(pk=project.pk).update(action="Changed meanwhile.")
        kept = hidden_fields(client.get(path))
        told = edit_project(client, project, title="After", **kept).content.decode()
        assert "Somebody changed this while you had it open" in told  # it is the version typed on


def test_discarding_what_was_kept_shows_what_is_saved(manager):
    _project, path, client, sent = rejecting(manager)
    client.logout()
    client.post(path, sent)
    comes_back(client, manager)
    kept = hidden_fields(client.get(path))["kept"]
    client.post(reverse("stepchange:forget-typing"), {"kept": kept})

    assert SEEN_WORDS not in client.get(path).content.decode()
