"""The console's door and the pages that every kind of row shares."""

import re
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from projects.models import Project
from stepchange import clock
from stepchange.console import ConsoleAdmin, Step, indexed_values, row_page
from stepchange.console.lists import BoundedPaginator
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_call, make_project, make_stream, make_user
from tests.office import make_holder, office, search, seen, signed_in

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
EVERY_KIND = pytest.mark.parametrize("kind", admin.site._registry.values(), ids=str)
CALLS = "/admin/workstreams/call/"


def where(response) -> tuple[str, str]:
    """Return the path that a response sends to, and its `next`."""
    assert response.status_code == HTTPStatus.FOUND, response.status_code
    parts = urlsplit(response["Location"])
    assert not parts.netloc
    return parts.path, parse_qs(parts.query).get("next", [""])[0]


# Who comes in -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", [INDEX, CALLS, CALLS + "no-such/change/", "/admin/no/such/page/", "/admin/jsi18n/"]
)
def test_who_is_not_signed_in_is_sent_to_the_log_in_page_whatever_there_is(path):
    assert where(Client().get(path)) == ("/accounts/login/", path)


@pytest.mark.parametrize("path", [INDEX, CALLS, "/admin/no/such/page/", "/admin/login/"])
@pytest.mark.parametrize("is_posted", [False, True])
def test_a_stranger_signed_in_finds_nothing(path, is_posted):
    client = signed_in(make_user())
    response = client.post(path) if is_posted else client.get(path)

    assert response.status_code == HTTPStatus.NOT_FOUND


def test_a_co_chair_finds_nothing_even_behind_a_second_factor():
    assert signed_in(make_holder(Role.CO_CHAIR)).get(INDEX).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", [INDEX, CALLS, "/admin/login/"])
def test_office_staff_without_a_second_factor_are_sent_to_set_one_up(path):
    client = signed_in(make_holder(Role.OFFICE_MANAGER), second_factor=False)

    assert where(client.get(path)) == ("/accounts/2fa/totp/activate/", path)


def test_the_console_asks_for_the_second_factor_itself_too(settings):
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.endswith("middleware.SecondFactor")
    ]
    client = signed_in(make_holder(Role.OFFICE_MANAGER), second_factor=False)

    assert where(client.get(CALLS)) == ("/accounts/2fa/totp/activate/", CALLS)


def test_office_staff_with_a_second_factor_come_in():
    assert office().get(INDEX).status_code == HTTPStatus.OK


def test_losing_the_role_acts_on_the_next_click():
    user = make_holder(Role.OFFICE_MANAGER)
    client = signed_in(user)
    assert client.get(CALLS).status_code == HTTPStatus.OK

    user.groups.clear()
    assert client.get(CALLS).status_code == HTTPStatus.NOT_FOUND
    type(user).objects.filter(pk=user.pk).update(is_staff=False)
    assert client.get(INDEX).status_code == HTTPStatus.NOT_FOUND
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert where(client.get(INDEX)) == ("/accounts/login/", INDEX)


def test_idle_for_a_quarter_of_an_hour_one_signs_in_again(time_machine):
    time_machine.move_to("2026-11-23T10:00:00Z", tick=False)
    client = office()
    assert client.get(CALLS).status_code == HTTPStatus.OK

    time_machine.shift(settings.SESSION_IDLE_SECONDS_OFFICE + 1)
    assert where(client.get(CALLS)) == ("/accounts/login/", CALLS)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/admin/",
        "//elsewhere.example/",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "http:///elsewhere.example",
        "https://127.0.0.1.elsewhere.example/",
        "",
    ],
)
def test_sign_in_never_leads_off_the_site(wanted):
    path = f"/admin/login/?{'next=' + wanted if wanted else ''}"

    assert where(Client().get(path)) == ("/accounts/login/", INDEX)
    assert where(office().get(path)) == (INDEX, "")


def test_sign_in_leads_back_to_the_page_that_was_wanted():
    path = f"/admin/login/?next={CALLS}?state__exact=draft"

    assert where(Client().get(path)) == ("/accounts/login/", f"{CALLS}?state__exact=draft")
    assert where(office().get(path))[0] == CALLS


def test_there_is_no_password_page_of_its_own():
    assert where(office().get("/admin/password_change/")) == ("/accounts/password/change/", "")
    assert Client().post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302


# What there is ------------------------------------------------------------------------------------
def test_only_pages_of_the_consoles_kind_are_registered():
    assert {type(page).__mro__[-1] for page in admin.site._registry.values()} == {object}
    assert all(isinstance(page, ConsoleAdmin) for page in admin.site._registry.values())
    assert {model._meta.label for model in admin.site._registry} == {
        "communications.ContactMessage",
        "communications.Email",
        "communications.Generation",
        "participants.EnteredForm",
        "participants.ExpressionOfInterest",
        "participants.Extension",
        "participants.Invitation",
        "participants.SecondFactorReset",
        "projects.Milestone",
        "projects.Project",
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
        steps = {"agree": Step(function=print)}

    with pytest.raises(ImproperlyConfigured, match="agree"):
        Nameless(Project, admin.site)


# Editing ------------------------------------------------------------------------------------------
def edit_project(client: Client, project: Project, **changed):
    """Post a project's form as a browser would, with some fields changed."""
    fields = {
        "position": project.position,
        "title": project.title,
        "places": project.places or "",
        "needs": project.needs,
        "interest_prompt": project.interest_prompt,
        "action": project.action,
        "vision": project.vision,
        "notes": "[]",
        "why": "",
        **seen(project),
    }
    return client.post(f"/admin/projects/project/{project.code}/change/", fields | changed)


def last_event() -> Event:
    return Event.objects.latest("id")


def test_an_edit_writes_what_changed_and_why_in_the_record():
    user = make_holder(Role.OFFICE_MANAGER)
    project = make_project(title="Before", places=2)

    response = edit_project(signed_in(user), project, title="After", places=5, why="The team grew.")

    assert response.status_code == HTTPStatus.FOUND
    event = last_event()
    assert (event.kind, event.subject_key, event.actor) == (
        "projects.project.edited",
        project.code,
        user,
    )
    assert event.facts == {"fields": ["title", "places"]}
    assert {name: event.personal[name] for name in ("before", "after")} == {
        "before": {"title": "Before", "places": 2},
        "after": {"title": "After", "places": 5},
    }
    assert event.reason == "The team grew."
    project.refresh_from_db()
    assert (project.title, project.places) == ("After", 5)


def test_saving_without_a_change_writes_nothing():
    project = make_project()
    events = Event.objects.count()

    assert edit_project(office(), project).status_code == HTTPStatus.FOUND
    assert Event.objects.count() == events


def test_an_edit_and_its_event_stand_or_fall_together(monkeypatch):
    project = make_project(title="Before")

    def broken(*_args, **_kwargs):
        raise RuntimeError("the record is full")

    monkeypatch.setattr("stepchange.console.record_pages.record", broken)
    client = office()
    client.raise_request_exception = False
    assert edit_project(client, project, title="After").status_code == 500
    project.refresh_from_db()
    assert project.title == "Before"


def test_django_keeps_no_log_of_its_own():
    edit_project(office(), make_project(), title="After")

    assert last_event().kind == "projects.project.edited"
    assert not LogEntry.objects.exists()


def test_a_second_editor_is_told_and_nothing_typed_is_lost():
    project = make_project(title="As both read it", needs="Nothing")
    client = office()
    as_read = seen(project)
    Project.objects.filter(pk=project.pk).update(title="By the first")

    response = edit_project(client, project, title="By the second", **as_read)

    assert response.status_code == HTTPStatus.OK
    page = response.content.decode()
    assert "Somebody changed this while you had it open" in page
    assert "By the first" in page
    assert 'value="By the second"' in page
    project.refresh_from_db()
    assert project.title == "By the first"

    # The page now holds the version that was shown: to save again is to know what one replaces.
    shown = re.search(r'name="revision" value="(\w+)"', page)
    assert shown
    edit_project(client, project, title="By the second", revision=shown[1])
    project.refresh_from_db()
    assert project.title == "By the second"
    assert last_event().personal["before"] == {"title": "By the first"}


def test_an_edit_that_does_not_say_what_it_read_is_refused():
    project = make_project(title="Before")

    assert edit_project(office(), project, title="After", revision="").status_code == HTTPStatus.OK
    project.refresh_from_db()
    assert project.title == "Before"


def test_an_edit_leaves_alone_what_moved_meanwhile(monkeypatch):
    """Only the changed columns are written: a state that moved since the row was read stays moved."""
    project = make_project(title="Before")
    before = ConsoleAdmin.save_model

    def late(self, request, obj, form, change):
        Project.objects.filter(pk=project.pk).update(state="agreed")
        before(self, request, obj, form, change)

    monkeypatch.setattr(ConsoleAdmin, "save_model", late)
    edit_project(office(), project, title="After")
    project.refresh_from_db()
    assert (project.title, project.state) == ("After", "agreed")


def test_words_of_a_field_that_is_left_empty_say_what_to_do():
    page = edit_project(office(), make_project(), title="").content.decode()

    assert "Fill in “short name”." in page
    assert "This field is required" not in page


# Steps --------------------------------------------------------------------------------------------
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
    assert "“Agree provisionally” is done" in answer.content.decode()
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


# The record and the lists -------------------------------------------------------------------------
def test_the_record_of_a_row_shows_who_did_what_and_why():
    project = make_project(title="Before")
    user = make_holder(Role.OFFICE_MANAGER, name="Beatrix Okonjo")
    edit_project(signed_in(user), project, title="After", why="A clearer name.")

    page = office().get(f"/admin/projects/project/{project.code}/history/").content.decode()
    for words in (
        "projects.project.edited",
        "Beatrix Okonjo",
        "A clearer name.",
        "Before",
        "After",
    ):
        assert words in page


HOSTILE = [
    "q=%00",
    "state__exact=%00",
    "%00=1",
    "p=999999999999999999999",
    "p=-1",
    "p=x",
    "o=99.-99.x",
    "e=1",
    "all=",
    "q=" + "a+" * 5000,
    "q=%27%22%3Cscript%3E",
    "work-stream=no-such",
    "_facets=True",
    "_popup=1",
    "due_on__year=x",
    "due_on__year=99999",
    "id__exact=1",
    "password__startswith=a",
    "_changelist_filters=%00",
]


@EVERY_KIND
def test_hostile_queries_get_a_plain_answer(kind):
    make_project()
    make_call()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))
    answers = {query: client.get(f"{kind.list_page()}?{query}").status_code for query in HOSTILE}

    assert {
        query: status for query, status in answers.items() if status not in {200, 302, 400}
    } == {}


def test_a_nul_is_refused_before_a_database_sees_it():
    for query in ("state__exact=%00", "%00=1", "q=a%00"):
        response = office().get(f"{CALLS}?{query}")
        assert response.status_code == HTTPStatus.BAD_REQUEST


def test_a_list_is_not_searched_by_what_it_does_not_show():
    make_user(email="findme@users.example")
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    response = client.get("/admin/stepchange/user/?password__startswith=argon2")
    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_no_sequential_id_stands_on_a_page():
    stream = make_stream()
    Project.objects.filter(pk=make_project(work_stream=stream).pk).update(id=987654321)
    project = Project.objects.get(pk=987654321)
    type(stream).objects.filter(pk=stream.pk)
    client = office()

    for path in (
        "",
        f"{project.code}/change/",
        f"{project.code}/history/",
        f"{project.code}/agree/",
    ):
        assert "987654321" not in client.get(f"/admin/projects/project/{path}").content.decode()
    milestones = client.get("/admin/projects/milestone/add/").content.decode()
    assert f'value="{project.code}"' in milestones
    assert "987654321" not in milestones


@EVERY_KIND
def test_what_is_searched_for_never_stands_in_an_address(kind):
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    answer = client.post(f"{kind.list_page()}?o=1&p=3", {"q": "iris@visitors.example"})

    sent_to = urlsplit(answer["Location"])
    query = parse_qs(sent_to.query)
    assert (answer.status_code, sent_to.path) == (HTTPStatus.FOUND, kind.list_page())
    assert set(query) == {"q", "o"}
    assert "iris" not in answer["Location"]
    page = client.get(answer["Location"])
    assert page.context["cl"].query == "iris@visitors.example"
    content = page.content.decode()
    links = re.findall(r'(?:href|action)="([^"]*)"', content)
    assert not any("iris" in link for link in links)
    offered = re.search(r'<form id="changelist-search" method="post"', content)
    assert bool(offered) is bool(kind.search_fields)


def test_a_search_outlives_paging_filters_and_the_way_back_from_a_row(monkeypatch):
    monkeypatch.setattr("projects.admin.ProjectAdmin.list_per_page", 1)
    stream = make_stream()
    for _ in range(2):
        make_project(work_stream=stream, needs="A dog handler")
    make_project(needs="A clerk")
    client = office()
    projects = "/admin/projects/project/"

    found = search(client, projects, "dog handler")
    key = found.wsgi_request.GET["q"]
    assert found.context["cl"].result_count == 2
    content = found.content.decode()
    assert f"q={key}&amp;p=2" in content or f"p=2&amp;q={key}" in content
    assert f"_changelist_filters=q%3D{key}" in content
    chosen = client.get(f"{projects}?q={key}&work-stream={stream.slug}&p=2").context["cl"]
    assert (chosen.result_count, chosen.query) == (2, "dog handler")
    # Another list opened meanwhile, or the same one without the key, shows everything.
    assert client.get(projects).context["cl"].result_count == 3
    # A new search stays within the filter; an empty one ends it.
    filtered = f"{projects}?state__exact=proposed&q={key}"
    assert search(client, filtered, "clerk").context["cl"].params.keys() == {"state__exact", "q"}
    assert client.post(filtered, {"q": " "})["Location"] == f"{projects}?state__exact=proposed"


def test_words_put_into_an_address_by_hand_and_others_keys_are_not_searched_for():
    key = search(office(), CALLS, "spring").wsgi_request.GET["q"]

    for typed in ("spring", key, ""):
        answer = office().get(f"{CALLS}?state__exact=draft&q={typed}")
        assert answer["Location"] == f"{CALLS}?state__exact=draft"


def test_a_session_keeps_the_last_searches_only():
    client = office()
    for number in range(30):
        client.post(CALLS, {"q": f"{number} " + "a" * 5000})

    kept = client.session["console_searches"]
    assert [words.split()[0] for words in kept.values()] == [str(n) for n in range(10, 30)]
    assert max(map(len, kept.values())) <= 200
    assert client.post(CALLS, {"q": "a\0"}).status_code == HTTPStatus.BAD_REQUEST


def test_whoever_may_not_see_a_list_does_not_search_it():
    assert office(Role.CASEWORKER).post("/admin/stepchange/user/", {"q": "a"}).status_code == 404


def test_a_row_is_found_by_its_page():
    project = make_project()

    assert row_page(project) == f"/admin/projects/project/{project.code}/change/"
    assert row_page(project, "history") == f"/admin/projects/project/{project.code}/history/"


def test_counting_stops_where_nobody_pages(monkeypatch):
    monkeypatch.setattr("stepchange.console.lists.COUNTED_AT_MOST", 3)
    for _ in range(5):
        make_stream()
    streams = type(make_stream()).objects.all()

    assert BoundedPaginator(streams, 2).count == 3
    assert (
        "There are more than this list counts"
        in office().get("/admin/workstreams/workstream/").content.decode()
    )


def test_the_values_of_an_indexed_column_are_found_one_by_one():
    assert indexed_values(Event, "kind") == []
    project = make_project(state="proposed")
    client = office()
    for _ in range(2):
        edit_project(client, project, title=f"Title {clock.now()}")
        project.refresh_from_db()
    client.post(f"/admin/projects/project/{project.code}/agree_provisionally/", seen(project))

    assert indexed_values(Event, "kind") == [
        "projects.project.agreed_provisionally",
        "projects.project.edited",
    ]


def test_the_first_page_leads_with_what_waits(django_assert_max_num_queries):
    call = make_call(name="Spring call")
    make_project()
    client = office()
    with django_assert_max_num_queries(20):
        page = client.get(INDEX).content.decode()

    assert f"Days left of {call}" in page
    assert "Drafts not yet submitted" in page
    caseworker = office(Role.CASEWORKER).get(INDEX).content.decode()
    assert "Emails" not in re.sub(r"<nav.*?</nav>", "", caseworker, flags=re.DOTALL)


def test_pages_of_the_console_are_never_kept_by_anybody():
    assert "no-store" in office().get(CALLS)["Cache-Control"]


@EVERY_KIND
def test_a_state_is_in_no_form(kind):
    """A column called `state` is only ever a workflow's."""
    request = RequestFactory().get(INDEX)
    request.user = make_holder(is_superuser=True, is_staff=True)
    fields = flatten_fieldsets(kind.get_fieldsets(request))
    form = kind.get_form(request, None, change=True, fields=fields)

    assert "state" not in form.base_fields
