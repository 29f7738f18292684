"""What a participant asks after a decision: to look again, to complain, to go to a neighbouring project."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import ExpressionOfInterest, Person, ProjectChoice
from participants.workflow.offered import add_choice, decide_again
from projects.models import Project
from reviews.models import Complaint, NeighbourSuggestion, Reconsideration
from reviews.policies import casework as policies
from reviews.policies.rounds import joint_decision
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, permit

RECONSIDERATION = Table(
    "reviews.reconsideration",
    Transition(
        name="uphold",
        event="upheld",
        sources=("asked",),
        target="stands",
        label=gettext_lazy("The decision stands"),
        policy=policies.may_answer_again,
        asks_reason=True,
    ),
    Transition(
        name="send_back",
        event="sent_back",
        sources=("asked",),
        target="again",
        label=gettext_lazy("It is to be decided again"),
        policy=policies.may_answer_again,
        asks_reason=True,
    ),
    model="reviews.Reconsideration",
)
COMPLAINT = Table(
    "reviews.complaint",
    Transition(
        name="answer",
        event="answered",
        sources=("made",),
        target="answered",
        label=gettext_lazy("Answer it"),
        policy=policies.may_answer_complaint,
        asks_reason=True,
    ),
    model="reviews.Complaint",
)
NEIGHBOUR = Table(
    "reviews.neighbour",
    Transition(
        name="take_up",
        event="taken_up",
        sources=("suggested",),
        target="taken up",
        label=gettext_lazy("Choose this project"),
        policy=policies.may_take_up,
    ),
    Transition(
        name="decline",
        event="turned_down",
        sources=("suggested",),
        target="turned down",
        label=gettext_lazy("No, thank you"),
        policy=policies.may_answer_suggestion,
    ),
    model="reviews.NeighbourSuggestion",
)


# Looking at a decision again ----------------------------------------------------------------------
def ask_to_look_again(choice: ProjectChoice, *, grounds: str, by: User) -> Reconsideration:
    """Ask that the decision on one's choice be looked at again, once a decision. Raises Refused."""
    if not grounds.strip():
        raise Refused(_("Say what you want looked at again."))
    permit(policies.may_ask_again(by, choice))
    decision = joint_decision(choice)
    if decision is None:
        raise Refused(_("There is no decision to look at again."))
    try:
        with transaction.atomic():
            asked = Reconsideration.objects.create(
                choice=choice, decision_key=decision.record_key, grounds=grounds
            )
            facts = {"person": choice.expression.person.record_key}
            record("reviews.reconsideration.asked", asked, by=by, reason=grounds, facts=facts)
    except IntegrityError as error:  # a second tab was faster
        raise Refused(
            _("You have asked for this decision to be looked at again already.")
        ) from error
    return asked


def uphold(asked: Reconsideration, *, answer: str, by: User) -> None:
    """Answer that the decision stands, and why. Raises Refused."""
    RECONSIDERATION.move(asked, "uphold", by=by, reason=answer, values=_answered(answer, by))


def send_back(asked: Reconsideration, *, answer: str, by: User) -> None:
    """Answer that it is to be decided again: the choice waits for both sides anew. Raises Refused."""
    with transaction.atomic():
        RECONSIDERATION.move(asked, "send_back", by=by, reason=answer, values=_answered(answer, by))
        decide_again(asked.choice, by=by)


def _answered(answer: str, by: User) -> dict[str, object]:
    return {"answer": answer, "answered_by": by, "answered_at": clock.now()}


# Complaints ---------------------------------------------------------------------------------------
def complain(person: Person, *, about: str, text: str, by: User) -> Complaint:
    """Make a complaint. Raises Refused."""
    permit(policies.may_complain(by))
    if about not in Complaint.About.values or not text.strip():
        raise Refused(_("Say what it is about, and what happened."))
    with transaction.atomic():
        made = Complaint.objects.create(person=person, about=about, text=text)
        record("reviews.complaint.made", made, by=by, reason=text, facts={"about": about})
    return made


def name_in_complaint(complaint: Complaint, *, whom: User, by: User) -> None:
    """Say that a complaint is about somebody: they will not answer it. Raises Refused."""
    permit(policies.may_name(by, complaint))
    with transaction.atomic():
        complaint.concerns.add(whom)
        record("reviews.complaint.named", complaint, by=by, facts={"account": whom.record_key})


def answer_complaint(complaint: Complaint, *, answer: str, by: User) -> None:
    """Answer a complaint. Raises Refused."""
    COMPLAINT.move(complaint, "answer", by=by, reason=answer, values=_answered(answer, by))


# A neighbouring project ---------------------------------------------------------------------------
def suggest_neighbour(choice: ProjectChoice, project: Project, *, by: User) -> NeighbourSuggestion:
    """Suggest a project beside one that did not take somebody: they say whether. Raises Refused."""
    permit(policies.may_suggest_neighbour(by, choice))
    if project not in policies.neighbours(choice):
        raise Refused(
            _("Choose a project near it that has places free, and that they did not choose.")
        )
    with transaction.atomic():
        suggestion, is_new = NeighbourSuggestion.objects.get_or_create(
            choice=choice, project=project
        )
        if not is_new:
            raise Refused(_("This project was suggested to them already."))
        facts = {"person": choice.expression.person.record_key, "project": project.code}
        record("reviews.neighbour.suggested", suggestion, by=by, facts=facts)
    return suggestion


def take_up_neighbour(suggestion: NeighbourSuggestion, *, by: User) -> ProjectChoice:
    """Choose a suggested project: a new choice on the same form, to be decided. Raises Refused."""
    with transaction.atomic():
        expression = ExpressionOfInterest.objects.select_for_update().get(
            pk=suggestion.choice.expression_id
        )
        NEIGHBOUR.move(suggestion, "take_up", by=by, values={"answered_at": clock.now()})
        return add_choice(expression, suggestion.project, like=suggestion.choice, by=by)


def turn_down_neighbour(suggestion: NeighbourSuggestion, *, by: User) -> None:
    """Say no to a suggested project. Raises Refused."""
    NEIGHBOUR.move(suggestion, "decline", by=by, values={"answered_at": clock.now()})
