"""Small rows for tests, each complete in itself."""

from datetime import timedelta
from itertools import count
from typing import Any

from participants import policies, workflow
from participants.models import (
    ConflictSuggestion,
    Declaration,
    EnteredForm,
    ExpressionOfInterest,
    InterestCase,
    Invitation,
    PageAnswers,
    Undertaking,
)
from participants.texts import VERSIONS
from participants.workflow.declarations import InterestGiven
from participants.workflow.matching import match_declarations
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role
from workstreams.models import Call, Organisation, Seat, WorkStream

_numbers = count(1)


def make_user(email: str | None = None, **fields: Any) -> User:
    """Return a new account, without a password unless one is given."""
    return User.objects.create_user(email or f"person{next(_numbers)}@users.example", **fields)


def make_call(**fields: Any) -> Call:
    """Return a published call that opened a week ago and closes in 17 days."""
    now = clock.now()
    number = next(_numbers)
    return Call.objects.create(
        **{
            "slug": f"call-{number}",
            "name": f"Call {number}",
            "opens_at": now - timedelta(days=7),
            "closes_at": clock.end_of(clock.today() + timedelta(days=17)),
            "delivery_on": clock.today() + timedelta(days=24),
            "state": Call.State.PUBLISHED,
        }
        | fields
    )


def make_stream(**fields: Any) -> WorkStream:
    """Return a new work-stream."""
    number = next(_numbers)
    return WorkStream.objects.create(
        **{
            "slug": f"stream-{number}",
            "name": f"Stream {number}",
            "code_prefix": f"{number:04X}"[-4:],
        }
        | fields
    )


def make_project(**fields: Any) -> Project:
    """Return a provisionally agreed project, in a work-stream of its own unless one is given."""
    number = next(_numbers)
    return Project.objects.create(
        **{
            "code": f"P{number % 1000}",
            "work_stream": fields.get("work_stream") or make_stream(),
            "title": f"Project {number}",
            "action": "Train guards.",
            "vision": "Guards are trained.",
            "interest_prompt": f"Do you sell training for guards ({number})?",
            "state": Project.State.PROVISIONAL,
        }
        | fields
    )


AMINA = "amina@users.example"


def complete_answers(*projects: Project, email: str = AMINA) -> dict[str, dict[str, Any]]:
    """Return what somebody types on every page to volunteer for the projects, in that order.

    `email` is the work address: no code is needed for one that is the log-in address.
    """
    chosen: dict[str, Any] = {}
    contributions: dict[str, Any] = {}
    interests: dict[str, Any] = {"has_general": "no", "signed": VERSIONS["interests"]}
    for rank, project in enumerate(projects, start=1):
        chosen.setdefault(f"projects_{project.work_stream.slug}", []).append(project.code)
        if len(projects) > 1:
            contributions[f"rank_{project.code}"] = str(rank)
        contributions[f"contribution_{project.code}"] = "develop"
        contributions[f"hours_{project.code}"] = "8"
        contributions[f"reason_{project.code}"] = "I have run such training."
        interests[f"has_{project.code}"] = "no"
    return {
        "eligibility": {"sector": "private"},
        "about-you": {
            "full_name": "Amina Thistlewood",
            "role_title": "Hotel Security Manager",
            "telephone": "020 7946 0857",
        },
        "organisation": {
            "organisation": "Harbour & Vale Hotels",
            "entry": "new",
            "parent": "Harbour & Vale Group",
            "work_email": email,
        },
        "projects": chosen,
        "contributions": contributions,
        "experience": {"experience": "Ten years of hotel security."},
        "confirming": {
            "referee_name": "Wilhelmina Asare",
            "referee_role": "Group Risk Director",
            "referee_email": "wilhelmina@harbour-vale.example",
            "identifier": "",
        },
        "interests": interests,
        "confidence": {name: VERSIONS[name] for name in ("confidence", "voluntary", "ethics")},
        "updates": {"campaigns": False},
    }


def make_draft(
    *projects: Project, user: User | None = None, call: Call | None = None
) -> ExpressionOfInterest:
    """Return a complete draft, ready to be submitted by its participant."""
    user = user or make_user()
    draft = workflow.start(user, call or make_call(), received_at=clock.now())
    said = complete_answers(*(projects or (make_project(),)), email=user.email)
    PageAnswers.objects.bulk_create(  # at once: hundreds of tests begin with a draft
        PageAnswers(expression=draft, page=page, answers=answers) for page, answers in said.items()
    )
    return draft


def make_submitted(
    *projects: Project, user: User | None = None, call: Call | None = None
) -> ExpressionOfInterest:
    """Return an expression of interest that its participant submitted just now."""
    draft = make_draft(*projects, user=user, call=call)
    assert draft.person.user is not None
    workflow.submit(draft, by=draft.person.user, received_at=clock.now())
    return draft


def make_milestone(**fields: Any) -> Milestone:
    """Return a planned milestone of the whole programme, due in a month."""
    number = next(_numbers)
    return Milestone.objects.create(
        **{
            "slug": f"milestone-{number}",
            "title": f"Milestone {number}",
            "due_on": clock.today() + timedelta(days=30),
        }
        | fields
    )


def make_projects(count: int, *, first: int = 0, **fields: Any) -> list[Project]:
    """Return many provisionally agreed projects of one work-stream, made at once."""
    stream = fields.pop("work_stream", None) or make_stream()
    return Project.objects.bulk_create(
        Project(
            **{
                "code": f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number // 999]}Q{number % 999 + 1}",
                "work_stream": stream,
                "position": number,
                "title": f"Project {number}",
                "action": "Train guards.",
                "vision": "Guards are trained.",
                "state": Project.State.PROVISIONAL,
            }
            | fields
        )
        for number in range(first, first + count)
    )


# Organisations ------------------------------------------------------------------------------------
def make_organisation(**fields: Any) -> Organisation:
    """Return a published organisation of the private sector."""
    return Organisation.objects.create(
        **{
            "name": f"Organisation {next(_numbers)}",
            "sector": "private",
            "state": Organisation.State.PUBLISHED,
        }
        | fields
    )


ENTERED_PAGES = (
    "eligibility",
    "about-you",
    "organisation",
    "projects",
    "contributions",
    "experience",
    "confirming",
)


def make_entered(
    *projects: Project,
    by: User,
    call: Call | None = None,
    email: str = "amina@users.example",
    handed_over: bool = False,
) -> EnteredForm:
    """Return a form that somebody of the office took by telephone, with all that they can enter."""
    entered = workflow.entered.enter(
        call or make_call(),
        full_name="Amina Thistlewood",
        email=email,
        medium="telephone",
        taken_on=clock.today(),
        reason="She has no computer.",
        by=by,
    )
    answers = complete_answers(*(projects or (make_project(),)))
    for page in ENTERED_PAGES:
        workflow.entered.save_page(entered, page, answers[page], revision=0, by=by)
    if handed_over:
        workflow.entered.hand_over(entered, by=by)
    entered.refresh_from_db()
    return entered


# Undertakings, declarations, invitations, lost second factors ---------------------------------------


def make_ready(user: User, *, undertaking: bool = True, declaration: bool = True) -> User:
    """Let an account have accepted the undertaking and declared nil: what comes before seeing people.

    The rows alone, no events: the record of a test begins empty. Either can be left out.
    """
    person = workflow.person_of(user)
    version, digest = policies.undertaking_now()
    if undertaking:
        Undertaking.objects.create(person=person, version=version, digest=digest)
    if declaration:
        own = Declaration.Source.OWN
        Declaration.objects.create(person=person, number=1, is_nil=True, source=own)
    return user


def make_invitation(*, by: User, role: Role | None = Role.BOARD, **fields: Any) -> Invitation:
    """Return an invitation that was just sent: to the board unless a seat is given."""
    number = next(_numbers)
    given = {"email": f"invited{number}@users.example", "reason": "The board lacks a member."}
    return workflow.invitations.invite(by=by, role=role, **given | fields)


def make_interest(user: User | None = None, **fields: str) -> InterestCase:
    """Return the case of an interest that somebody declared just now: a general one unless given."""
    said = {"kind": "directorship", "party": "Sablebrook Security", "gain": "More contracts"}
    user = user or make_user()
    person = workflow.person_of(user)
    workflow.declarations.sign(
        person,
        by=user,
        source=Declaration.Source.OWN,
        interests=[workflow.declarations.InterestGiven(**said | fields)],
    )
    return InterestCase.objects.filter(person=person).latest("pk")


def make_seat(**fields: Any) -> Seat:
    """Return a vacant business co-chair's seat of a new work-stream."""
    return Seat.objects.create(**{"work_stream": make_stream(), "side": "business"} | fields)


# Who has declared, the register of interests, suggested conflicts -----------------------------------
def make_declaration(user: User, *interests: InterestGiven) -> Declaration:
    """Let somebody sign a declaration of these interests, or nil; what it names is matched."""
    signed = workflow.declarations.sign(
        workflow.person_of(user),
        by=user,
        source=Declaration.Source.OWN,
        interests=interests,
        is_nil=not interests,
    )
    match_declarations([signed])
    return signed


def make_suggestion(**fields: Any) -> ConflictSuggestion:
    """Return a suggestion that waits: somebody declares what others on a project work for."""
    number = next(_numbers)
    return ConflictSuggestion.objects.create(
        **{
            "person": workflow.person_of(make_user(name=f"Volunteer {number}")),
            "organisation": fields.get("organisation") or make_organisation(),
            "project": None if "work_stream" in fields else make_project(),
            "reasons": ["declares employer"],
            "facts_digest": f"{number:016x}",
        }
        | fields
    )
