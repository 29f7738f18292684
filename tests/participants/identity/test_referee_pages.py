"""What a referee sees and sends: the questions, the answers, the thanks."""

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from participants import policies
from participants.forms.referees import RefereeForm
from participants.models import Check, RefereeRequest
from stepchange.models import Event
from tests.html_validity import problems_of
from tests.participants.identity.refereeing import (
    ERASE,
    HERE,
    THANKS,
    YES,
    opens,
    reader_of,
    token_of,
)
from tests.participants.test_hostile_input import DANGER, DEFAULTS, PAYLOADS, SHORT
from tests.reading import read
from tests.signing_in import browser_of

pytestmark = pytest.mark.django_db


def test_it_says_whom_it_is_about_and_no_more(asked, client):
    response = opens(client, token_of(asked))

    page = read(response)
    assert page.h1 == ["Can you confirm who this is?"]
    for words in ("Amina Thistlewood", "Hotel Security Manager", "Harbour & Vale Hotels"):
        assert page.says(words)
    said = response.content.decode()
    for words in ("SECRET", "SC-", "volunteer", "xpression of interest", "amina@", "Wilhelmina"):
        assert words not in said
    assert asked.record_key not in said


def test_no_copy_of_it_is_kept_or_found(asked, client):
    for response in (client.get(f"{HERE}{token_of(asked)}/"), client.get(HERE), client.get(ERASE)):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"
    client.post(HERE, YES)
    for response in (client.get(THANKS), opens(client, "unknown")):
        assert "no-store" in response["Cache-Control"]
        assert read(response).metas["robots"] == "noindex"


@pytest.mark.parametrize(
    ("sent", "state", "outcome"),
    [
        (YES, "confirmed", "confirmed"),
        (YES | {"role_is_right": "no"}, "contested", "contradicted"),
        ({"knows": "no"}, "unknown person", "contradicted"),
        ({"knows": "report", "comment": "He asked me to lie."}, "unknown person", "contradicted"),
    ],
    ids=["confirms", "contests", "knows nobody", "reports"],
)
def test_an_answer_is_kept_once_and_makes_a_check(asked, sent, state, outcome):
    client = reader_of(asked)
    assertRedirects(client.post(HERE, sent), THANKS)

    asked.refresh_from_db()
    assert asked.state == state
    check = Check.objects.get(kind="referee")
    assert (check.outcome, check.scores.strength) == (outcome, 2 if state == "confirmed" else 0)
    assert asked.answers.get("reported", False) is (sent["knows"] == "report")
    assert asked.answers["comment"] == sent.get("comment", "")
    assert Event.objects.about(asked).count() == 2  # asked, and answered


def test_facts_that_are_contested_are_told_apart(asked):
    reader_of(asked).post(HERE, YES | {"employer_is_right": "no", "comment": "He left in May."})

    asked.refresh_from_db()
    assert asked.answers == {
        "name": True,
        "role": True,
        "employer": False,
        "comment": "He left in May.",
    }
    flags = {flag.kind.value for flag in policies.open_flags(asked.validation)}
    assert "referee contests" in flags


def test_who_knows_nobody_is_not_taken_by_facts_that_were_ticked(asked):
    reader_of(asked).post(HERE, YES | {"knows": "no"})

    asked.refresh_from_db()
    assert asked.state == "unknown person"
    assert "name" not in asked.answers


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "Select whether you know this person"),
        ({"knows": "perhaps"}, "Select whether you know this person"),
        ({"knows": "yes"}, "Select whether this is their name"),
        (YES | {"role_is_right": ""}, "Select whether this is their job"),
        (YES | {"employer_is_right": "x"}, "Select whether they work for this organisation"),
        ({"knows": "report"}, "Say what is wrong"),
        ({"knows": "report", "comment": "  \n "}, "Say what is wrong"),
        (YES | {"comment": "x" * 2_001}, "Your comment must be 2,000 characters or fewer"),
    ],
)
def test_what_is_missing_is_asked_for_and_what_was_typed_stays(asked, sent, error):
    says = sent if sent.get("knows") == "report" else {"comment": "I am sure."} | sent
    response = reader_of(asked).post(HERE, says)

    assert response.status_code == 200
    assert read(response).title.startswith("Error: ")
    assertContains(response, error)
    assertContains(response, says.get("comment", "").strip())
    asked.refresh_from_db()
    assert asked.state == "sent"


def test_the_thanks_can_be_loaded_again_and_tell_nothing_new(asked):
    client = reader_of(asked)
    client.post(HERE, YES)

    pages = [client.get(THANKS) for _ in range(2)]
    assert read(pages[0]).words == read(pages[1]).words
    assert read(pages[0]).h1 == ["Thank you"]
    assert "Amina" not in pages[0].content.decode()
    assert Client().get(THANKS).status_code == 404


def test_a_second_click_and_the_back_button_lead_to_the_thanks(asked):
    token, client = token_of(asked), Client()
    client.get(f"{HERE}{token}/")
    client.post(HERE, YES)
    events = Event.objects.count()

    assertRedirects(client.post(HERE, YES), THANKS)
    assertRedirects(client.get(HERE), THANKS)
    assert opens(client, token).status_code == 404  # the link, opened anew
    assert Event.objects.count() == events


def test_a_click_that_read_its_session_before_the_first_was_done_leads_there_too(asked):
    token, client = token_of(asked), Client()
    client.get(f"{HERE}{token}/")
    client.post(HERE, YES)
    session = client.session
    session["referee_token"] = token  # as the second click's request still holds it
    session.save()

    assertRedirects(client.post(HERE, YES), THANKS)


def test_the_person_does_not_answer_for_themself(asked):
    user = asked.validation.person.user
    client = browser_of(user)
    client.get(f"{HERE}{token_of(asked)}/")

    for response in (client.get(HERE), client.post(HERE, YES), client.post(ERASE)):
        assert response.status_code == 409
        assertContains(response, "nobody answers for themself", status_code=409)
    asked.refresh_from_db()
    assert asked.state == "sent"


def test_another_account_may_answer(asked, clerk):
    client = browser_of(asked.validation.person.user)
    client.logout()
    client.force_login(type(clerk).objects.create_user("wilhelmina@harbour-vale.example"))
    client.get(f"{HERE}{token_of(asked)}/")

    assertRedirects(client.post(HERE, YES), THANKS)


def test_whatever_is_typed_is_taken_literally_or_refused_in_our_words():
    for payload in PAYLOADS:
        data = QueryDict(mutable=True)
        for name in (*YES, "comment"):
            data.setlist(name, [payload, payload])
        assert not RefereeForm(data, asked={}).is_valid()
        for knows in ("yes", "no", "report"):
            form = RefereeForm({"knows": knows, "comment": payload}, asked={})
            if knows == "yes" or "\0" in payload or len(payload) > 2_000:
                assert not form.is_valid(), (knows, payload[:40])
            elif payload in SHORT:
                assert form.is_valid(), (knows, payload[:40])
            assert not DEFAULTS.search(str(form.errors.get_json_data()))


def test_whatever_is_sent_is_no_fault_of_ours(asked):
    client = reader_of(asked, raise_request_exception=False)
    for payload in [*SHORT[::7], "x" * 100_000, "nul\x00byte", ["yes", "two"]]:
        response = client.post(HERE, dict.fromkeys((*YES, "comment"), payload))
        assert response.status_code == 200, payload[:40]
        assert not DANGER.search(response.content.decode())
    asked.refresh_from_db()
    assert asked.state == "sent"


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", "{{ 7191*7 }}", "name\r\nBcc: x", "=cmd|' /C calc'!A0"]
)
def test_a_comment_is_kept_as_it_was_typed(asked, payload):
    reader_of(asked).post(HERE, {"knows": "report", "comment": payload})

    asked.refresh_from_db()
    assert asked.answers["comment"] == payload.replace("\r\n", "\n")


def test_what_the_person_says_of_themself_is_drawn_inert(asked):
    awkward = "<script>alert(1)</script>{{ 7191*7 }}"
    RefereeRequest.objects.update(asked=dict.fromkeys(("name", "role", "organisation"), awkward))
    person = asked.validation.person
    person.role_title = awkward
    person.save()

    response = reader_of(asked).get(HERE)
    assert response.status_code == 200
    assert not DANGER.search(response.content.decode())
    assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt;", count=6)


def test_the_office_is_written_to_about_personal_data(client):
    response = client.get("/contact/?about=data")
    (chosen,) = (field for field in read(response).fields if "checked" in field)
    assert chosen["value"] == "data"
    assert client.get("/contact/?about=%3Cscript%3E").status_code == 200


def test_the_pages_are_valid_html(asked):
    client = reader_of(asked)
    pages = {
        "asked": client.get(HERE),
        "errors": client.post(HERE, {"knows": "yes"}),
        "erase": client.get(ERASE),
        "dead": Client().post(HERE, {"comment": "Mine"}),
    }
    client.post(HERE, YES)
    pages["thanks"] = client.get(THANKS)
    client.post(THANKS)
    pages["erased"] = client.get(THANKS)
    assert problems_of({name: page.content.decode() for name, page in pages.items()}) == {}
