"""Hostile input on every field: stored literally or refused with a message, drawn inert, never a 500."""

import json
import re
from typing import Any

import pytest
from django.http import QueryDict
from django.template import Context

from participants import pages, workflow
from participants.forms.base import Journey, PageForm
from participants.models import ExpressionOfInterest, PageAnswers
from stepchange import clock
from tests.builders import (
    AMINA,
    complete_answers,
    make_draft,
    make_organisation,
    make_project,
)
from tests.office import office
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db

SHORT = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--", "]]>",
    "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7191*7 }}",
    "{% now 'Y' %}{% load static %}",
    "${7191*7}#{7191*7}<%= 7191*7 %>",
    "'; DROP TABLE stepchange_user; --",
    "1 OR 1=1", "%s%n%(x)s", "\\", "../../etc/passwd",
    "name\r\nBcc: all@example.com",
    "👮🏽‍♀️ Z̷̢͝a̵l̶g̷o̴", "e\u0301" * 50, "﷽ ﬀ",
    "=HYPERLINK(1)", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1-1",
    "NULL", "None", "undefined", "true",
]  # fmt: skip
LONG = ["é" * 200_000, "9" * 5_000, "a b " * 100_000, "-" * 10_000]
UNPRINTABLE = ["nul\x00byte", "\x00", "bell\x07 escape\x1b[31m", "lone \ud800 surrogate"]
UNPRINTABLE += ["\u202egnirts\u202c", "\u2066abc\u2069", "\ufeff\u200b\u00ad"]
PAYLOADS = [*SHORT, *LONG, *UNPRINTABLE]
DEFAULTS = re.compile(
    "This field is required|Select a valid choice|Ensure this value|Enter a valid|Null characters|"
    "is not one of the available choices|Enter a whole number"
)
DANGER = re.compile(
    r"<script>alert|<img src=x|<svg onload|<%= 7191|50337|' onmouseover='alert\(1\)\""
)


def sent_as(form: PageForm, payload: str) -> QueryDict:
    """Return what a hostile browser sends: the payload in every field, twice in every other one."""
    data = QueryDict(mutable=True)
    for number, name in enumerate(form.fields):
        data.setlist(name, [payload] * (1 + number % 2))
    return data


def forms_of(sector: str) -> list[tuple[str, Any]]:
    projects = [make_project(), make_project()]
    answers: dict[str, Any] = complete_answers(*projects) | {"eligibility": {"sector": sector}}
    answers["organisation"] |= {"work_email": "amina@elsewhere.example"}
    journey = Journey(email=AMINA, answers=answers)
    return [
        (page.slug, lambda data, page=page: page.form(journey, data=data)) for page in pages.PAGES
    ]


@pytest.mark.parametrize("sector", ["police", "private", "<script>alert(1)</script>"])
def test_every_field_takes_it_literally_or_refuses_it_in_our_words(sector):
    make_organisation(name="Harbour <script>alert(1)</script>", sector="private")
    for slug, make in forms_of(sector):
        for payload in PAYLOADS:
            form = make(sent_as(make({}), payload))
            where = f"{slug}: {payload[:40]!r}"
            kept = json.loads(json.dumps(form.typed()))
            assert set(kept) <= set(form.fields), where
            if form.is_valid():
                assert all(str(line.value) for line in form.summary()), where
            assert not DEFAULTS.search(str(form.errors.get_json_data())), where
            if (
                pages.BY_SLUG[slug].settled is None
            ):  # what was kept is judged alike when it comes back
                assert make(kept).is_valid() == form.is_valid(), where


@pytest.mark.parametrize("slug", sorted(pages.BY_SLUG))
def test_every_page_draws_it_inert(slug):
    make_organisation(name="1 <script>alert(1)</script>")
    make = dict(forms_of("private"))[slug]
    for payload in SHORT:
        form = make(sent_as(make({}), payload))
        drawn = form.helper.render_layout(form, Context())
        assert not DANGER.search(drawn), payload


@pytest.mark.parametrize("slug", sorted(pages.BY_SLUG))
def test_every_page_answers_over_http(user, slug):
    project = make_project()
    draft = make_draft(project, user=user)
    row = PageAnswers.objects.get(expression=draft, page="organisation")
    row.answers |= {"work_email": "amina@elsewhere.example"}
    row.save()
    client = browser_of(user, raise_request_exception=False)
    fields = list(complete_answers(project).get(slug, {"code": ""}))
    address = f"/expression-of-interest/{slug}/"
    for payload in [*SHORT[::7], "x" * 100_000, "nul\x00byte", ["one", "two"]]:
        typed = {**dict.fromkeys(fields, payload), "revision": payload, "state": "submitted"}
        answers = [client.post(address, typed), client.post(address, {**typed, "later": "yes"})]
        answers.append(client.get(address))
        assert {answer.status_code for answer in answers} <= {200, 302}, payload
        assert not any(DANGER.search(answer.content.decode()) for answer in answers), payload
        draft.refresh_from_db()
        assert draft.state == "draft"


@pytest.mark.parametrize("payload", ["x" * 600_000, {"x": "y" * 1_000_001}])
def test_a_megabyte_is_refused_plainly(user, payload):
    make_draft(user=user)
    typed = payload if isinstance(payload, dict) else {"experience": payload}

    assert (
        browser_of(user, raise_request_exception=False)
        .post("/expression-of-interest/experience/", typed)
        .status_code
        == 413
    )


def test_a_thousand_fields_are_refused_plainly(user):
    make_draft(user=user)
    typed = {f"field{number}": "x" for number in range(1_000)}

    assert browser_of(user, raise_request_exception=False).post(
        "/expression-of-interest/experience/", typed
    ).status_code in {
        400,
        413,
    }


def test_what_is_submitted_is_inert_wherever_it_is_shown(user):
    """One form with every short payload in it: check-answers, the copy, and the office's console."""
    projects = [make_project(), make_project()]
    draft = make_draft(*projects, user=user)
    one_line = iter(payload for payload in SHORT if "\n" not in payload)
    every = "\n".join(SHORT)
    answers = complete_answers(*projects)
    answers["about-you"] |= {"full_name": next(one_line), "role_title": next(one_line)}
    answers["organisation"] |= {"organisation": next(one_line), "parent": next(one_line)}
    answers["confirming"] |= {"referee_name": next(one_line), "referee_role": next(one_line)}
    answers["experience"] = {"experience": every}
    for project in projects:
        answers["contributions"][f"reason_{project.code}"] = every[:900]
        answers["interests"] |= {
            f"has_{project.code}": "yes",
            f"kind_{project.code}": "other",
            f"party_{project.code}": every[:480],
            f"gain_{project.code}": every[:900],
        }
    for slug, typed in answers.items():
        row = PageAnswers.objects.get(expression=draft, page=slug)
        row.answers = typed
        row.save()
    client = browser_of(user, raise_request_exception=False)

    checked = client.get("/expression-of-interest/check/")
    workflow.submit(draft, by=user, received_at=clock.now())
    copy = client.get("/expression-of-interest/submitted/")
    shown = office().get(f"/admin/participants/expressionofinterest/{draft.reference}/change/")

    for drawn in (checked, copy, shown):
        assert drawn.status_code == 200
        assert not DANGER.search(drawn.content.decode())
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn.content.decode()
    snapshot = ExpressionOfInterest.objects.get().snapshots.get()
    assert snapshot.answers["experience"]["experience"] == every


def test_every_field_saved_is_shown_and_submitted(user):
    """The round trip of lesson 8, with a mark of its own in each field that takes words."""
    projects = [make_project(), make_project()]
    make_draft(*projects, user=user)
    client = browser_of(user, raise_request_exception=False)
    answers = complete_answers(*projects)
    marks = []
    for slug, typed in answers.items():
        for name, value in typed.items():
            takes_words = name.startswith(
                ("reason_", "experience", "full_", "role_", "referee_name")
            )
            if takes_words or name in {"organisation", "parent", "referee_role"}:
                marks.append(f"mark {slug} {name}")
                typed[name] = marks[-1]
            elif value == "no":
                typed |= {name: "yes"}
    for key in ("general", *(project.code for project in projects)):
        for nth in ("", "_2", "_3"):
            answers["interests"][f"kind_{key}{nth}"] = "directorship"
            for box in ("party", "gain"):
                marks.append(f"mark interests {box} {key}{nth} end")
                answers["interests"][f"{box}_{key}{nth}"] = marks[-1]
    for slug, typed in answers.items():
        form = {name: value for name, value in typed.items() if value is not False}
        response = client.post(f"/expression-of-interest/{slug}/", {**form, "revision": "1"})
        assert response.status_code == 302, (slug, response.context["form"].errors)
        again = client.get(f"/expression-of-interest/{slug}/").content.decode()
        assert [mark for mark in marks if f" {slug} " in mark and mark not in again] == []
    checked = client.get("/expression-of-interest/check/").content.decode()
    client.post("/expression-of-interest/check/", {"accurate": "on"})
    copy = client.get("/expression-of-interest/submitted/").content.decode()
    kept = json.dumps(ExpressionOfInterest.objects.get().snapshots.get().answers)

    assert [mark for mark in marks if mark not in checked] == []
    assert [mark for mark in marks if mark not in copy] == []
    assert [mark for mark in marks if mark not in kept] == []


@pytest.mark.parametrize("payload", [*UNPRINTABLE, "' OR ''='", *"ABCDEF"])
def test_projects_that_nobody_can_have_chosen_are_not_looked_for(user, payload):
    project = make_project()
    draft = make_draft(project, user=user)
    row = PageAnswers.objects.get(expression=draft, page="projects")
    row.answers = {name: [*codes, payload] for name, codes in row.answers.items()}
    row.save()
    client = browser_of(user)

    for slug in ("projects", "contributions", "interests"):
        page = client.get(f"/expression-of-interest/{slug}/")
        assert (page.status_code, slug) == (200, slug)
        assert project.title in page.content.decode()
