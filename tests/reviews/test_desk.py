"""The reviewer's desk over HTTP: who sees what, the list, the volunteer's page (laws 2, 3, 7)."""

import re
from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from participants.models import ProjectChoice
from reviews import workflow
from reviews.models import Decision, Key, Question, Recusal
from reviews.policies import versions_of
from stepchange import clock
from stepchange.models import Event
from stepchange.roles import Role
from tests.builders import make_project, make_ready, make_submitted, make_user
from tests.office import PASSWORD, grown_old, make_holder, signed_in
from tests.reading import read
from tests.reviews.deciding import Desk, make_desk
from tests.reviews.volunteers import in_every_state, volunteer

pytestmark = pytest.mark.django_db

LOOKED = "participants.person.looked"


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def of(desk: Desk, who: str) -> Client:
    return signed_in(desk.people[who])


def page_of(choice: ProjectChoice) -> str:
    return reverse("reviews:volunteer", args=[choice.public_id])


def list_of(desk: Desk) -> str:
    return reverse("reviews:stream", args=[desk.project.work_stream.slug])


def sends(client: Client, choice: ProjectChoice, do: str, **fields: str):
    seen = versions_of(ProjectChoice.objects.get(pk=choice.pk)).seen
    return client.post(page_of(choice), {"do": do, "seen": seen} | fields)


KEY = {"view": "accept", "reason": "Nine years of it."}


# Who may open what: the rest is in tests/security/test_review_matrix.py ---------------------------------
def addresses_of(desk: Desk, name: str) -> str:
    return reverse(f"reviews:{name}", args=[desk.project.work_stream.slug])


def test_undertaking_and_declaration_come_before_anybody_is_seen(desk):
    late = make_ready(make_user(), declaration=False)
    term = desk.terms["police"]
    type(term).objects.filter(pk=term.pk).update(holder=late)

    for url in ("/review/", list_of(desk), page_of(desk.choice)):
        answer = signed_in(late).get(url)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Thistlewood" not in answer.content.decode()
    assert not Event.objects.of_kind(LOOKED).exists()


def test_a_withheld_volunteer_is_in_no_list_count_search_or_option(desk):
    mine = volunteer(desk, desk.organisations["business"], name="Zebedee Quillfeather")
    other = make_project(work_stream=desk.project.work_stream, code="ZZ9")
    client = of(desk, "business")
    answer = read(client.get(list_of(desk)))

    assert answer.says("1 withheld")
    assert not answer.says("Zebedee")
    assert answer.says("1 choice")
    found = read(client.post(list_of(desk), {"words": "Quillfeather"}, follow=True))
    assert found.says("None matches")
    organisation = desk.organisations["business"].public_id
    assert read(client.get(f"{list_of(desk)}?organisation={organisation}")).says("None matches")
    assert desk.organisations["business"].name not in client.get(list_of(desk)).content.decode()
    refused = client.post(
        addresses_of(desk, "shortlist"), {"choice": [str(mine.public_id)]}, follow=True
    )
    assert "Zebedee" not in refused.content.decode()
    assert client.get(page_of(mine)).status_code == HTTPStatus.NOT_FOUND
    assert Recusal.objects.get().user == desk.people["business"]
    assert other.code == "ZZ9"


# The list ---------------------------------------------------------------------------------------------
def test_the_list_is_narrowed_by_everything_that_is_offered(desk):
    made = in_every_state(desk)
    police = volunteer(desk, sector="police", name="Perpetua Nightingale")
    ProjectChoice.objects.filter(pk=police.pk).update(contribution="lead", hours=20)
    type(police.expression).objects.filter(pk=police.expression_id).update(
        submitted_at=clock.now() - timedelta(days=9)
    )
    client, all_of_them = of(desk, "business"), len(made) + 2

    def found(query: str) -> int:
        answer = read(client.get(f"{list_of(desk)}?{query}"))
        number = re.search(r"(\d+) choices?\b(?!s of)", answer.words)
        assert number
        return int(number[1])

    works = police.expression.person.organisation
    assert found("") == all_of_them
    assert found("waits=me") == 5  # two that wait, one shortlisted, the other's key, the new one
    assert found("waits=office") == 2
    assert found("waits=done") == found("state=declined") == 1
    assert found("state=shortlisted") == 1
    assert found("sector=police") == found("contribution=lead") == found("age=7") == 1
    assert found(f"organisation={works.public_id}") == 1
    assert found(f"project={desk.project.code}") == all_of_them
    assert found("validation=none") + found("validation=under+way") == all_of_them
    first = read(client.get(f"{list_of(desk)}?sort=hours"))
    assert first.words.index("Perpetua") < first.words.index("Thistlewood")


@pytest.mark.parametrize("words", ["Perpetua", "nightingale", "SC-", "Harb Organ"])
def test_a_search_goes_by_post_and_stands_in_no_address(desk, words):
    volunteer(desk, name="Perpetua Nightingale")
    client = of(desk, "business")
    answer = client.post(f"{list_of(desk)}?sort=name", {"words": words})

    assert answer.status_code == HTTPStatus.FOUND
    assert words.split()[0].lower() not in answer["Location"].lower().replace("/review/", "")
    assert "sort=name" in answer["Location"]
    page = read(client.get(answer["Location"]))
    assert page.says(words)
    assert page.says("Perpetua") == (words != "Harb Organ")
    other = read(signed_in(desk.people["police"]).get(answer["Location"]))
    assert not other.says(f"“{words}”")


HOSTILE = (
    *("waits=nobody", "project=%27%3B--", "organisation=1", "organisation=zz", "sort=pk;drop"),
    *(
        "q=unknown",
        "age=-1",
        "state=%F0%9F%92%A5",
        "sector=police%20",
        "validation=x",
        "contribution=",
    ),
)


@pytest.mark.parametrize("query", HOSTILE)
def test_nothing_asked_for_in_an_address_breaks_the_desk(desk, query):
    client = of(desk, "business")
    for url in (list_of(desk), page_of(desk.choice)):
        assert client.get(f"{url}?{query}").status_code == HTTPStatus.OK


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "9" * 40, "\uff11"])
def test_a_page_that_is_not_there_is_not_found(desk, page):
    answer = of(desk, "business").get(f"{list_of(desk)}?page={page}")
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_hostile_posts_are_refused_without_an_error(desk):
    client = of(desk, "business")
    url = page_of(desk.choice)
    for sent in ({}, {"do": "drop"}, {"do": "key"}, {"do": "key", "view": "ask", "reason": "x"}):
        assert client.post(url, sent).status_code == HTTPStatus.OK
    wrong = {"do": "key", **KEY, "fit": "9", "seen": "\x00" * 3}
    assert client.post(url, wrong).status_code == HTTPStatus.OK
    assert client.post(url, {"do": "key", **KEY}).status_code == HTTPStatus.CONFLICT
    long = client.post(url, {"do": "question", "question": "x" * 2001})
    assert read(long).says("2000")
    assert "x" * 2001 in long.content.decode()  # kept
    for name in ("shortlist", "shortlist-undo"):
        sent = {"choice": ["1", "'", str(uuid4())], "confirmed": "yes"}
        assert client.post(addresses_of(desk, name), sent).status_code == HTTPStatus.FOUND
    assert not Key.objects.exists()


def test_the_desk_costs_as_many_queries_for_many_as_for_few(desk):
    client = of(desk, "business")
    many = in_every_state(desk)
    client.get(list_of(desk))

    def cost() -> int:
        with CaptureQueriesContext(connection) as told:
            assert client.get(list_of(desk)).status_code == HTTPStatus.OK
        return len(told)

    few = cost()
    copies(list(many.values()), 150)
    assert read(client.get(list_of(desk))).says("1 to 50 shown")
    assert cost() == few <= 12


def copies(choices: list[ProjectChoice], number: int) -> None:
    """Make as many volunteers' choices as that, by rows alone: nothing is read of them but in a list."""
    expression, person = choices[0].expression, choices[0].expression.person
    people = [
        type(person)(full_name=f"Volunteer {each}", organisation=person.organisation)
        for each in range(number)
    ]
    people = type(person).objects.bulk_create(people)
    forms = type(expression).objects.bulk_create(
        type(expression)(
            person=each, call=expression.call, state="submitted", submitted_at=clock.now()
        )
        for each in people
    )
    ProjectChoice.objects.bulk_create(
        ProjectChoice(
            expression=each,
            project=choices[0].project,
            rank=1,
            contribution="deliver",
            hours=4,
        )
        for each in forms
    )


# The volunteer's page ---------------------------------------------------------------------------------
def test_the_page_tells_what_one_decision_needs_and_not_what_is_others_to_know(desk):
    page = of(desk, "business").get(page_of(desk.choice))
    told = read(page)

    for words in ("Ten years of hotel security", "I have run such training", "Version 1"):
        assert told.says(words) or words.lower() in told.words.lower(), words
    for words in (
        "What still keeps them from joining",
        "8, of 8 given or offered in all",
        "None declared",
    ):
        assert told.says(words), words
    for hidden in ("Wilhelmina", "020 7946 0857", "harbour-vale.example", desk.volunteer.email):
        assert hidden not in page.content.decode(), hidden


def test_the_other_seat_learns_that_a_key_is_cast_and_since_when(desk):
    business, police = of(desk, "business"), of(desk, "police")
    answer = sends(business, desk.choice, "key", **KEY, fit="5", risk="2", notes="Ask about Leeds.")
    assert answer.status_code == HTTPStatus.FOUND

    theirs = police.get(page_of(desk.choice)).content.decode()
    assert "since" in theirs
    for hidden in ("Nine years of it", "Ask about Leeds"):
        assert hidden not in theirs
        assert hidden in business.get(page_of(desk.choice)).content.decode()

    answer = sends(police, desk.choice, "key", view="accept", reason="They fit.")
    assert answer.status_code == HTTPStatus.FOUND
    opened = read(police.get(page_of(desk.choice)))
    assert opened.says("Nine years of it.")
    assert opened.says("Ask about Leeds.")
    assert opened.says("How this was decided")
    assert Decision.objects.get().outcome == "offered"
    again = sends(police, desk.choice, "key", view="decline", reason="No.")
    assert again.status_code == HTTPStatus.CONFLICT
    assert read(again).says("This was decided jointly.")


def test_a_key_is_replaced_until_the_other_is_cast(desk):
    client = of(desk, "business")
    sends(client, desk.choice, "key", **KEY)
    assert read(client.get(page_of(desk.choice))).says("Replace your key")
    sends(client, desk.choice, "key", view="decline", reason="Changed my mind.")

    assert [key.view for key in Key.objects.cast()] == ["decline"]


def test_who_read_an_older_version_is_told_and_keeps_what_they_typed(desk):
    client = of(desk, "business")
    seen = versions_of(desk.now()).seen
    desk.amend()
    answer = client.post(
        page_of(desk.choice), {"do": "key", "seen": seen, **KEY, "notes": "Kept, I hope."}
    )

    assert answer.status_code == HTTPStatus.CONFLICT
    told = read(answer)
    assert told.says("since you opened this page")
    assert told.says("Kept, I hope.")
    fresh = re.search(r'name="seen" value="([^"]+)"', answer.content.decode())
    assert fresh
    assert fresh[1] == versions_of(desk.now()).seen != seen
    assert not Key.objects.exists()


def test_who_did_not_prove_lately_who_they_are_does_so_first_and_loses_nothing(desk):
    user = desk.people["business"]
    user.set_password(PASSWORD)
    user.save()
    client = grown_old(of(desk, "business"), 60)
    page = client.get(page_of(desk.choice)).content.decode()
    assert "Amina Thistlewood" in page
    form = page[page.index('value="key"') - 900 :]
    token = re.search(r'name="typing" value="([^"]+)"', form)
    answer = sends(client, desk.choice, "key", **KEY, typing=token[1] if token else "")

    assert "/accounts/reauthenticate" in answer["Location"] or "/2fa/" in answer["Location"]
    assert not Key.objects.exists()
    kept = client.get(page_of(desk.choice)).content.decode()
    assert "What you typed before is below" in kept
    assert "Nine years of it." in kept


def test_standing_aside_takes_the_page_away_and_the_key_to_the_deputy(desk):
    client = of(desk, "police")
    answer = sends(client, desk.choice, "aside", aside_reason="Our children share a school.")

    assert answer["Location"] == list_of(desk)
    assert client.get(page_of(desk.choice)).status_code == HTTPStatus.NOT_FOUND
    assert read(client.get(list_of(desk))).says("1 withheld")
    others = of(desk, "business").get(page_of(desk.choice)).content.decode()
    assert "stands aside" in others
    assert "share a school" not in others
    assert "Cast your key" in of(desk, "police deputy").get(page_of(desk.choice)).content.decode()


def test_a_deputy_whose_turn_it_is_not_reads_why(desk):
    page = of(desk, "police deputy").get(page_of(desk.choice)).content.decode()
    assert "Cast your key" not in page
    assert "The key of your side is with police" in page
    answer = sends(of(desk, "police deputy"), desk.choice, "key", **KEY)
    assert answer.status_code == HTTPStatus.CONFLICT


def test_each_look_is_recorded_and_read_by_the_volunteer(desk):
    term = desk.terms["business"]
    make_holder_of_the_group(desk.people["business"])
    client = of(desk, "business")
    client.get(list_of(desk))
    assert not Event.objects.of_kind(LOOKED).exists()
    client.get(page_of(desk.choice))

    look = Event.objects.of_kind(LOOKED).get()
    assert (look.actor, look.facts["what"]) == (term.holder, "volunteer for review")
    told = read(signed_in(desk.volunteer).get("/account/looked/"))
    assert told.says("A co-chair")
    assert told.says("What you offer a project, and how far your checks are")
    assert told.says("To decide about what you offer a project")


def make_holder_of_the_group(user) -> None:
    from django.contrib.auth.models import Group

    user.groups.set(Group.objects.filter(name=Role.CO_CHAIR))


def test_next_and_previous_follow_the_list(desk):
    second, third = volunteer(desk), volunteer(desk)
    for days, choice in ((3, desk.choice), (2, second), (1, third)):
        type(choice.expression).objects.filter(pk=choice.expression_id).update(
            submitted_at=clock.now() - timedelta(days=days)
        )
    client = of(desk, "business")

    def beside(choice: ProjectChoice, query: str) -> list[str]:
        hrefs = read(client.get(f"{page_of(choice)}?{query}")).hrefs
        return [href.partition("?")[0] for href in hrefs if "/review/choices/" in href]

    assert beside(second, "") == [page_of(desk.choice), page_of(third)]
    assert beside(desk.choice, "") == [page_of(second)]
    assert beside(second, "sort=newest") == [page_of(third), page_of(desk.choice)]
    for sort in ("name", "organisation", "project", "hours"):
        ends = [
            each for each in (desk.choice, second, third) if len(beside(each, f"sort={sort}")) == 1
        ]
        assert len(ends) == 2, sort
    desk.cast("business")
    assert beside(desk.choice, "waits=me") == [page_of(second)]


def test_the_withdrawn_are_told_as_such_and_nothing_they_wrote(desk):
    from participants import workflow as participants_workflow

    participants_workflow.withdraw(desk.now().expression, by=desk.volunteer, reason="")
    page = of(desk, "business").get(page_of(desk.choice))

    assert read(page).says("The volunteer has withdrawn")
    assert "Ten years of hotel security" not in page.content.decode()
    assert "Cast your key" not in page.content.decode()


# Questions --------------------------------------------------------------------------------------------
def test_a_question_is_answered_by_the_volunteer_who_never_learns_who_asked(desk):
    desk.people["police"].name = "Wanda Askew"
    desk.people["police"].save()
    client = of(desk, "police")
    sends(client, desk.choice, "question", question="Can you come to Leeds?")
    asked = Question.objects.get()
    theirs = signed_in(desk.volunteer)
    assert read(theirs.get("/account/")).says("A reviewer has a question for you")
    url = reverse("reviews:question", args=[asked.public_id])
    page = theirs.get(url).content.decode()
    assert "Can you come to Leeds?" in page
    assert "Wanda Askew" not in page
    assert theirs.post(url, {"answer": " "}).status_code == HTTPStatus.OK
    assert theirs.post(url, {"answer": "Yes, on Tuesdays."}).status_code == HTTPStatus.FOUND
    assert theirs.post(url, {"answer": "Yes, on Tuesdays."}).status_code == HTTPStatus.FOUND
    other = theirs.post(url, {"answer": "No, never."})
    assert other.status_code == HTTPStatus.CONFLICT
    assert "No, never." in other.content.decode()

    for who, asker in (("business", "One of the reviewers"), ("police", "You")):
        told = read(of(desk, who).get(page_of(desk.choice)))
        assert told.says("Yes, on Tuesdays.")
        assert told.says(asker)
    assert not read(theirs.get("/account/")).says("A reviewer has a question for you")


# The shortlist ----------------------------------------------------------------------------------------
def test_many_are_shortlisted_after_a_dry_run_and_taken_off_again(desk):
    other = volunteer(desk, name="Perpetua Nightingale")
    done = volunteer(desk, name="Ottoline Brackley")
    workflow.shortlist([done], by=desk.people["police"])
    client, url = of(desk, "business"), addresses_of(desk, "shortlist")
    sent = {"choice": [str(each.public_id) for each in (desk.choice, other, done)]}

    dry = read(client.post(url, sent))
    assert dry.says("Put 2 on the shortlist?")
    assert dry.says("Perpetua Nightingale")
    assert dry.says("Not these")
    assert desk.now().state == "pending"

    client.post(url, sent | {"confirmed": "yes"})
    assert {desk.now(each).state for each in (desk.choice, other, done)} == {"shortlisted"}
    assert read(client.get(list_of(desk))).says("You put 2 on the shortlist together.")
    client.post(addresses_of(desk, "shortlist-undo"), {})
    assert desk.now().state == desk.now(other).state == "pending"
    assert desk.now(done).state == "shortlisted"
    assert not read(client.get(list_of(desk))).says("on the shortlist together")


# The explanation --------------------------------------------------------------------------------------
def test_the_explanation_names_who_when_why_and_the_versions(desk):
    sends(of(desk, "police"), desk.choice, "question", question="Can you come to Leeds?")
    workflow.stand_aside(desk.choice, by=desk.people["business"], reason="We share a boat.")
    desk.cast("business deputy", "decline", fit=2)
    desk.cast("police", "decline")
    url = reverse("reviews:explanation", args=[Decision.objects.get().public_id])

    for who in ("police", "office", "board government"):
        answer = of(desk, who).get(url)
        told = read(answer)
        for words in ("Declined. Both sides agreed.", "business deputy", "Version 1, digest"):
            assert told.says(words), words
        for words in ("Can you come to Leeds?", "Stood aside", "fit 2", "Not yet"):
            assert told.says(words), words
        assert "We share a boat" not in answer.content.decode()
    assert of(desk, "business").get(url).status_code == HTTPStatus.NOT_FOUND
    auditor = signed_in(make_holder(Role.AUDITOR))
    assert auditor.get(url).status_code == HTTPStatus.NOT_FOUND


def test_no_decision_of_another_work_stream_is_explained(desk):
    other = make_desk(call=desk.call)
    other.cast("business")
    other.cast("police")
    url = reverse("reviews:explanation", args=[Decision.objects.get().public_id])

    assert of(desk, "business").get(url).status_code == HTTPStatus.NOT_FOUND
    assert get_resolver().resolve(url).view_name == "reviews:explanation"
    assert make_submitted(desk.project, call=desk.call).reference
