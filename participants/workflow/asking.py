"""The states of a request to a referee, and how one that waits is given up."""

from django.utils.translation import gettext_lazy

from participants import policies
from participants.models import RefereeRequest, Validation
from stepchange.models import User
from stepchange.transitions import Table, Transition

_ANSWERS = ("sent",)
REFEREE = Table(
    "participants.referee",
    Transition(
        name="confirm",
        event="confirmed",
        sources=_ANSWERS,
        target="confirmed",
        label=gettext_lazy("Confirm"),
        policy=policies.may_answer_as_referee,
    ),
    Transition(
        name="contest",
        event="contested",
        sources=_ANSWERS,
        target="contested",
        label=gettext_lazy("Contest"),
        policy=policies.may_answer_as_referee,
    ),
    Transition(
        name="deny",
        event="denied",
        sources=_ANSWERS,
        target="unknown person",
        label=gettext_lazy("I don’t know this person"),
        policy=policies.may_answer_as_referee,
    ),
    Transition(
        name="expire",
        event="expired",
        sources=_ANSWERS,
        target="expired",
        label=gettext_lazy("Record that it ran out"),
        policy=policies.may_record_by_itself,
    ),
    Transition(
        name="replace",
        event="replaced",
        sources=_ANSWERS,
        target="replaced",
        label=gettext_lazy("Replace"),
        policy=policies.may_replace_request,
    ),
    model="participants.RefereeRequest",
)


def replace_waiting(validation: Validation, *, by: User | None, because: str = "") -> None:
    """Give up the request that waits for its answer, if one does: its link opens nothing any more.

    In a transaction that holds the validation. Raises Refused.
    """
    waiting = RefereeRequest.objects.filter(validation=validation, state=RefereeRequest.State.SENT)
    for asking in waiting.select_related("validation__person"):
        REFEREE.move(asking, "replace", by=by, facts={"because": because} if because else None)
