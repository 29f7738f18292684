"""The record and the accounts in the console."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from django.db import transaction

from stepchange import audit, roles
from stepchange.console import row_page
from stepchange.events import erase, record
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import (
    make_milestone,
    make_organisation,
    make_project,
    make_submitted,
    make_user,
)
from tests.office import PASSWORD, make_holder, office, search, signed_in

pytestmark = pytest.mark.django_db

RECORD = "/admin/stepchange/event/"
ACCOUNTS = "/admin/stepchange/user/"


def note(kind: str = "projects.project.noted", **options) -> Event:
    with transaction.atomic():
        return record(kind, options.pop("about", None) or make_project(), by=None, **options)


# The record ---------------------------------------------------------------------------------------
def test_the_record_says_what_who_why_and_whether_it_is_sealed():
    user = make_holder(Role.AUDITOR, name="Beatrix Okonjo")
    project = make_project()
    with transaction.atomic():
        sealed = record("projects.project.agreed", project, by=user, reason="All content.")
    audit.seal()
    note(about=project)
    client = signed_in(user)

    page = client.get(RECORD).content.decode()
    assert "Beatrix Okonjo" in page
    assert "All content." in page
    assert (page.count('alt="True"'), page.count('alt="False"')) == (1, 1)
    detail = client.get(f"{RECORD}{sealed.digest}/change/").content.decode()
    assert "Sealed as number 1" in detail
    assert sealed.digest in detail
    assert 'name="_save"' not in detail
    assert f"{sealed.digest}/history/" not in detail  # an event has no record of its own


def test_the_record_is_filtered_by_kind_subject_and_actor_and_searched_exactly():
    user = make_holder(Role.AUDITOR)
    project, other = make_project(), make_project()
    with transaction.atomic():
        record("projects.project.agreed", project, by=user)
    note("projects.project.noted", about=other)
    client = signed_in(user)

    def subjects(query: str) -> list[str]:
        return [
            event.subject_key for event in client.get(f"{RECORD}?{query}").context["cl"].result_list
        ]

    assert subjects("what=projects.project.agreed") == [project.code]
    assert subjects("about=projects.project") == [other.code, project.code]
    assert subjects("about=stepchange.user") == []
    assert subjects(f"who={user.public_id}") == [project.code]
    assert subjects("who=00000000-0000-0000-0000-000000000000") == []
    for words, found in ((other.code, [other.code]), (user.email, [])):
        rows = search(client, RECORD, words).context["cl"].result_list
        assert [event.subject_key for event in rows] == found


def test_nothing_of_the_record_is_written_by_a_forged_post():
    event = note()
    client = signed_in(make_holder(is_superuser=True, is_staff=True))

    assert client.post(f"{RECORD}{event.digest}/change/", {"kind": "x"}).status_code == 403
    assert client.post(f"{RECORD}add/", {"kind": "x"}).status_code == 403
    assert Event.objects.get(pk=event.pk).kind == "projects.project.noted"


@pytest.mark.parametrize("path", [RECORD, ACCOUNTS])
def test_a_list_costs_the_same_however_long_it_is(path, django_assert_num_queries):
    client = signed_in(make_holder(Role.OFFICE_MANAGER))
    counted = []
    for _ in range(2):
        for _ in range(5):
            user = make_holder(Role.AUDITOR)
            with transaction.atomic():
                record("projects.project.noted", make_project(), by=user)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == HTTPStatus.OK
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 20


def test_the_personal_words_of_an_event_are_shown_until_they_are_erased():
    project = make_project()
    event = note(
        about=project, facts={"fields": ["name"]}, personal={"after": {"name": "J. Smith"}}
    )
    client = office()
    pages = (f"{RECORD}{event.digest}/change/", f"/admin/projects/project/{project.code}/history/")

    assert all("J. Smith" in client.get(page).content.decode() for page in pages)
    erase(Event.objects.filter(pk=event.pk), project, by=None)
    assert not any("J. Smith" in client.get(page).content.decode() for page in pages)


# Accounts -----------------------------------------------------------------------------------------
def ask(client, user: User, step: str, **typed):
    path = f"{ACCOUNTS}{user.public_id}/{step}/"
    revision = ",".join(sorted(user.groups.values_list("name", flat=True))) or "-"
    return client.post(path, {"revision": revision, "reason": "New in post."} | typed)


def test_a_role_is_given_with_a_reason_and_recorded():
    manager, user = make_holder(Role.OFFICE_MANAGER), make_user()

    response = ask(signed_in(manager), user, "grant-role", role="Caseworker")

    assert response.status_code == HTTPStatus.FOUND
    user.refresh_from_db()
    assert roles.holds(user, Role.CASEWORKER)
    assert user.is_staff
    event = Event.objects.about(user).get()
    assert (event.kind, event.actor, event.reason, event.facts) == (
        "stepchange.user.role_granted",
        manager,
        "New in post.",
        {"role": "Caseworker"},
    )


def test_a_role_is_taken_away_and_with_the_last_of_the_office_the_console():
    user = make_holder(Role.CASEWORKER, Role.BOARD)

    assert ask(office(), user, "withdraw-role", role="Caseworker").status_code == HTTPStatus.FOUND

    user.refresh_from_db()
    assert (roles.holds(user, Role.CASEWORKER), roles.holds(user, Role.BOARD)) == (False, True)
    assert not user.is_staff
    assert Event.objects.about(user).get().kind == "stepchange.user.role_withdrawn"


def test_nobody_changes_their_own_roles():
    manager = make_holder(Role.OFFICE_MANAGER)
    client = signed_in(manager)

    for step, role in (("grant-role", "Auditor"), ("withdraw-role", "Office manager")):
        response = ask(client, manager, step, role=role)
        assert response.status_code == HTTPStatus.CONFLICT
        assert "Nobody changes their own roles" in response.content.decode()
    assert list(manager.groups.values_list("name", flat=True)) == ["Office manager"]
    assert not Event.objects.exists()


@pytest.mark.parametrize("role", ["Co-chair", "Emperor", ""])
def test_only_roles_that_are_given_by_hand_can_be_given(role):
    user = make_user()

    assert ask(office(), user, "grant-role", role=role).status_code == HTTPStatus.OK
    assert not user.groups.exists()


def test_the_workflow_refuses_whoever_calls_it():
    manager, caseworker = make_holder(Role.OFFICE_MANAGER), make_holder(Role.CASEWORKER)
    user = make_user()

    with pytest.raises(Refused, match="Only an office manager"):
        roles.grant(user, role=Role.AUDITOR, by=caseworker, reason="x")
    with pytest.raises(Refused, match="Nobody changes their own"):
        roles.grant(manager, role=Role.AUDITOR, by=manager, reason="x")
    with pytest.raises(Refused, match="comes with a seat"):
        roles.grant(user, role=Role.CO_CHAIR, by=manager, reason="x")
    with pytest.raises(Refused, match="Say why"):
        roles.grant(user, role=Role.AUDITOR, by=manager, reason=" ")
    with pytest.raises(Refused, match="hold this role already"):
        roles.grant(caseworker, role=Role.CASEWORKER, by=manager, reason="x")
    with pytest.raises(Refused, match="do not hold"):
        roles.withdraw(user, role=Role.AUDITOR, by=manager, reason="x")


def test_roles_change_only_behind_a_fresh_proof_of_identity():
    manager, user = make_holder(Role.OFFICE_MANAGER, password=PASSWORD), make_user()
    client = signed_in(manager)
    session = client.session
    for entry in session["account_authentication_methods"]:
        entry["at"] -= 16 * 60
    session.save()

    path = f"{ACCOUNTS}{user.public_id}/grant-role/"
    asked = client.get(path)
    assert urlsplit(asked["Location"]).path == "/accounts/reauthenticate/"
    posted = ask(client, user, "grant-role", role="Caseworker")
    assert urlsplit(posted["Location"]).path == "/accounts/reauthenticate/"
    assert not user.groups.exists()

    # What was typed waits for the proof.
    client.post(posted["Location"], {"password": PASSWORD})
    assert list(user.groups.values_list("name", flat=True)) == ["Caseworker"]


def test_no_account_is_edited_or_added_by_a_forged_post():
    user = make_user()
    client = signed_in(make_holder(Role.OFFICE_MANAGER))
    forged = {"is_superuser": "on", "is_staff": "on", "password": "x", "email": "a@b.example"}

    assert client.post(f"{ACCOUNTS}{user.public_id}/change/", forged).status_code == 403
    assert client.post(f"{ACCOUNTS}add/", forged).status_code == 403
    user.refresh_from_db()
    assert (user.is_superuser, user.is_staff) == (False, False)


def test_no_password_stands_on_the_page_of_an_account():
    user = make_user(password=PASSWORD)
    page = office().get(f"{ACCOUNTS}{user.public_id}/change/").content.decode()

    assert user.email in page
    assert user.password not in page
    assert "argon2" not in page


# Words and confidence -----------------------------------------------------------------------------
def test_the_record_names_a_participant_in_confidence_and_the_office_by_name():
    volunteer = make_user("iris@visitors.example", name="Iris Calloway")
    nameless = make_user("amina@harbour.example", name="")
    project = make_project()
    for by in (volunteer, nameless, make_holder(Role.CASEWORKER, name="Beatrix Okonjo")):
        with transaction.atomic():
            record("projects.project.agreed", project, by=by)
            event = record("stepchange.user.sessions_ended", by, by=by, facts={"count": 1})
    client = office()
    pages = [
        client.get(address).content.decode()
        for address in (
            RECORD,
            f"{RECORD}{event.digest}/change/",
            f"/admin/projects/project/{project.code}/history/",
        )
    ]

    for page in pages:
        assert "Iris Calloway" not in page
        assert "visitors.example" not in page
        assert "harbour.example" not in page
        assert "Beatrix Okonjo" in page
    for user in (volunteer, nameless):
        account = f'<a href="{ACCOUNTS}{user.public_id}/change/">Account'
        assert account in pages[0]
        assert account in pages[2]
        assert account not in office(Role.AUDITOR).get(RECORD).content.decode()


def test_the_record_says_what_happened_to_what_with_a_link_where_there_is_a_page():
    project = make_project(title="Guard training")
    milestone = make_milestone(title="Office opens")
    sent = make_submitted(project)
    with transaction.atomic():
        for subject, kind in (
            (project, "projects.project.agreed"),
            (milestone, "projects.milestone.met"),
        ):
            event = record(kind, subject, by=None, facts={"from": "planned", "to": "met"})
    listed = office().get(RECORD).content.decode()
    page = office().get(f"{RECORD}{event.digest}/change/").content.decode()

    for words in ("Project agreed", "Milestone met", "Expression of interest submitted"):
        assert words in listed
    for row, words in (
        (project, f"{project.code} Guard training"),
        (milestone, "Office opens"),
        (sent, sent.reference),
    ):
        assert f'<a href="{row_page(row)}">{words}</a>' in listed
    rows = listed.split("<tbody>")[1].split("</tbody>")[0]
    words = re.sub(r"<[^>]*>", " ", rows)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|[a-z]+\.[a-z_]+\.[a-z_]+", words)
    for words in ("<h1>Milestone met</h1>", "State before", "State after", "Office opens"):
        assert words in page
    # What this reader may not open is not linked, nor told by more than its key.
    audited = office(Role.AUDITOR).get(RECORD).content.decode()
    assert row_page(sent) not in audited
    assert row_page(project) in audited


def test_the_record_is_searched_by_what_happened():
    with transaction.atomic():
        record("projects.project.agreed", make_project(), by=None)
        record("projects.project.rejected", make_project(), by=None)
    found = search(office(), RECORD, "Project agreed").context["cl"].result_list

    assert [event.kind for event in found] == ["projects.project.agreed"]


def test_many_kinds_of_things_cost_a_query_each_and_rows_none(django_assert_max_num_queries):
    client = office()
    for _ in range(3):
        for subject in (make_project(), make_milestone(), make_user(), make_organisation()):
            note(about=subject)
    client.get(RECORD)
    with django_assert_max_num_queries(16):
        assert client.get(RECORD).status_code == HTTPStatus.OK
