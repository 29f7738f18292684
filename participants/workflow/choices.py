"""The project choices of an expression of interest: made, changed with it, withdrawn."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections, router, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.forms.base import Journey
from participants.forms.offer import ContributionsForm
from participants.models import ExpressionOfInterest, PageAnswers, ProjectChoice
from participants.workflow.working_copy import without
from stepchange import clock
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition

_HELD = ("pending", "shortlisted", "offered", "reserve", "declined", "accepted", "turned down")
CHOICE = Table(
    "participants.choice",
    Transition(
        name="withdraw",
        event="withdrawn",
        sources=_HELD,
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_withdraw_choice,
    ),
    # On its own, which has a receipt; the others go with a form or an amendment, which has one.
    Transition(
        name="withdraw_alone",
        event="withdrawn_alone",
        sources=_HELD,
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_withdraw_choice,
    ),
    # What becomes of an offer (`offered`).
    Transition(
        name="accept",
        event="accepted",
        sources=("offered",),
        target="accepted",
        label=gettext_lazy("Accept the place"),
        policy=policies.may_answer_offer,
    ),
    Transition(
        name="turn_down",
        event="turned_down",
        sources=("offered",),
        target="turned down",
        label=gettext_lazy("Turn it down"),
        policy=policies.may_answer_offer,
    ),
    Transition(
        name="lapse",
        event="lapsed",
        sources=("offered",),
        target="reserve",
        label=gettext_lazy("Let the offer lapse"),
        policy=policies.may_lapse_offer,
    ),
    Transition(
        name="offer_next",
        event="offered_next",
        sources=("reserve",),
        target="offered",
        label=gettext_lazy("Offer a place from the reserve list"),
        policy=policies.may_offer_from_reserve,
    ),
    # Looked at again by people who did not decide (docs/decisions/0030-memberships-and-fairness.md).
    Transition(
        name="decide_again",
        event="to_be_decided_again",
        sources=("declined", "reserve"),
        target="pending",
        label=gettext_lazy("Decide it again"),
        policy=policies.may_offer_from_reserve,
    ),
    model="participants.ProjectChoice",
)
OFFERED = ("contribution", "hours", "reason")


class Decided(Refused):
    """An amendment would change or remove a choice that was decided."""

    def __init__(self, choices: list[ProjectChoice]) -> None:
        self.choices = choices
        named = ", ".join(choice.project.code for choice in choices)
        super().__init__(
            _(
                "%(projects)s: this has been decided, so what you offered can't be changed here. "
                "Put it back as it was, or withdraw it on its own."
            )
            % {"projects": named}
        )


def offers_of(journey: Journey) -> dict[str, dict[str, Any]]:
    """Return what a complete form offers to each project, by its code."""
    form = ContributionsForm(journey, data=journey.answers["contributions"])
    form.is_valid()
    return {offer["code"]: offer for offer in form.offers()}


def offer_choices(expression: ExpressionOfInterest, journey: Journey) -> None:
    """Make the choices of a form that is being submitted."""
    _add(expression, journey, offers_of(journey))


def _add(
    expression: ExpressionOfInterest, journey: Journey, offers: Mapping[str, Mapping[str, Any]]
) -> None:
    ProjectChoice.objects.bulk_create(
        ProjectChoice(
            expression=expression,
            project=journey.projects[code],
            **{name: offer[name] for name in ("rank", *OFFERED)},
        )
        for code, offer in offers.items()
    )


def decided_and_changed(
    choices: Iterable[ProjectChoice], journey: Journey, offers: Mapping[str, Mapping[str, Any]]
) -> list[ProjectChoice]:
    """Return the decided ones of these live choices that an amendment would change or remove.

    Their rank may move: it only orders the others around them.
    """
    return [
        choice
        for choice in choices
        if choice.state in policies.DECIDED
        and choice.project.code in journey.projects
        and not _is_kept(choice, offers.get(choice.project.code))
    ]


def _is_kept(choice: ProjectChoice, offer: Mapping[str, Any] | None) -> bool:
    return offer is not None and all(getattr(choice, name) == offer[name] for name in OFFERED)


def amend_choices(expression: ExpressionOfInterest, journey: Journey, *, by: User) -> None:
    """Bring the choices up to an amended form: kept ones in place, removed ones withdrawn, new ones added.

    A project that takes nobody any more can't be kept in the form: its choice stays as it is. Raises
    Decided, with nothing changed, where it would touch what was decided.
    """
    offers = offers_of(journey)
    live = expression.choices.live().select_related("project", "expression__person")
    choices = list(live.select_for_update(of=("self",)))  # against a decision made meanwhile
    if touched := decided_and_changed(choices, journey, offers):
        raise Decided(touched)
    for choice in choices:
        offer = offers.pop(choice.project.code, None)
        if offer is not None:
            _update(choice, offer)
        elif choice.project.code in journey.projects:
            CHOICE.move(choice, "withdraw", by=by)
    _add(expression, journey, offers)


def _update(choice: ProjectChoice, offer: Mapping[str, Any]) -> None:
    changed = [name for name in ("rank", *OFFERED) if getattr(choice, name) != offer[name]]
    for name in changed:
        setattr(choice, name, offer[name])
    if changed:
        choice.save(update_fields=changed)


def withdraw_choice(project_choice: ProjectChoice, *, by: User | None) -> None:
    """Withdraw one project choice, and leave the project out of the working copy. Raises Refused.

    The snapshot stays what was submitted. The page's revision goes on, so that a tab which still has
    the project ticked is told. An amendment is waited for, or waits, so that it does not offer the project
    again.
    """
    with transaction.atomic():
        ExpressionOfInterest.objects.select_for_update().get(pk=project_choice.expression_id)
        CHOICE.move(project_choice, "withdraw_alone", by=by)
        for page in ("projects", "contributions"):
            _leave_out(project_choice, page)


def _leave_out(project_choice: ProjectChoice, page: str) -> None:
    """Take the project out of one page, whoever saves that page meanwhile."""
    while row := project_choice.expression.pages.filter(page=page).first():
        left = without({page: dict(row.answers)}, {project_choice.project.code})[page]
        if left == row.answers or rewrite(row, left, saved_at=row.saved_at):
            return


def withdraw_choices(expression: ExpressionOfInterest, *, by: User | None) -> None:
    """Withdraw all the choices of an expression of interest that is being withdrawn. Raises Refused."""
    for project_choice in expression.choices.live():
        project_choice.expression = expression
        CHOICE.move(project_choice, "withdraw", by=by)


# Written out, as `session_store` reads: composing it would cost a save more than the database's part.
_REWRITE = (
    "UPDATE participants_pageanswers SET answers = %s, revision = %s, saved_at = %s"
    " WHERE id = %s AND revision = %s"
)


def rewrite(row: PageAnswers, answers: Mapping[str, Any], *, saved_at: Any = None) -> bool:
    """Put other answers on a page as its next revision; return False when it was saved meanwhile.

    False of a form withdrawn meanwhile, too: withdrawing moves its pages' revisions on.
    """
    connection = connections[router.db_for_write(PageAnswers)]
    fields = PageAnswers._meta
    values = [
        fields.get_field("answers").get_db_prep_save(dict(answers), connection),
        row.revision + 1,
        fields.get_field("saved_at").get_db_prep_save(saved_at or clock.now(), connection),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_REWRITE, [*values, row.pk, row.revision])
        return bool(cursor.rowcount)
