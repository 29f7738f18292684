"""The life of an expression of interest: started, saved page by page, submitted once, withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import pages, policies
from participants.forms.about import AboutYouForm
from participants.forms.base import Journey
from participants.forms.offer import ContributionsForm
from participants.forms.organisation import OrganisationForm
from participants.models import (
    ExpressionOfInterest,
    PageAnswers,
    Person,
    ProjectChoice,
    Snapshot,
)
from participants.texts import VERSIONS
from participants.workflow.people import person_of
from stepchange import clock
from stepchange.events import fingerprint
from stepchange.models import User
from stepchange.transitions import Refused, Table, Transition, permit
from workstreams.models import Call
from workstreams.workflow import propose_organisation

EXPRESSION = Table(
    "participants.expression",
    Transition(
        name="submit",
        event="submitted",
        sources=("draft",),
        target="submitted",
        label=gettext_lazy("Submit"),
        policy=policies.may_submit,
    ),
    Transition(
        name="withdraw",
        event="withdrawn",
        sources=("submitted",),
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_withdraw,
    ),
    model="participants.ExpressionOfInterest",
)
CHOICE = Table(
    "participants.choice",
    Transition(
        name="withdraw",
        event="withdrawn",
        sources=(
            "pending",
            "shortlisted",
            "offered",
            "reserve",
            "declined",
            "accepted",
            "turned down",
        ),
        target="withdrawn",
        label=gettext_lazy("Withdraw"),
        policy=policies.may_withdraw_choice,
    ),
    model="participants.ProjectChoice",
)


class SavedElsewhere(Refused):
    """The page was saved in another tab or on another device since this one was opened."""


class Late(Refused):
    """The server had it at the closing instant or after."""


class Incomplete(Refused):
    """Some pages keep the form from being submitted."""

    def __init__(self, missing: list[pages.Page]) -> None:
        super().__init__(_("Complete every task before you submit."))
        self.missing = missing


def start(user: User, call: Call, *, received_at: datetime) -> ExpressionOfInterest:
    """Return the account's live expression of interest in a call, started when there is none.

    Raises Refused when the call is not open and nothing was started.
    """
    person = person_of(user)
    live = ExpressionOfInterest.objects.live().in_call(call).filter(person=person)
    refusal = policies.may_start(person, call, received_at)
    if refusal and (existing := live.first()):
        return existing
    permit(refusal)
    try:
        with transaction.atomic():
            # No event: the record is read by the office, which counts drafts and knows none (law 7).
            return ExpressionOfInterest.objects.create(person=person, call=call)
    except IntegrityError:  # a second tab was faster: one live expression a person and call
        return live.get()


def save_page(
    expression: ExpressionOfInterest, page: str, answers: Mapping[str, Any], *, revision: int
) -> None:
    """Keep what was typed on a page, finished or not (law 10).

    `revision` is that of the row the page was opened with, 0 for none. Raises SavedElsewhere when
    it has moved on with other answers, and Refused when the form is no draft any more. A call that
    has closed since does not keep anybody from saving: only from submitting.
    """
    with transaction.atomic():
        fresh = ExpressionOfInterest.objects.select_for_update().get(pk=expression.pk)
        if fresh.state != ExpressionOfInterest.State.DRAFT:
            raise Refused(_("It was submitted already: this page can't be changed any more."))
        row = PageAnswers.objects.filter(expression=expression, page=page).first()
        if row is None:
            PageAnswers.objects.create(expression=expression, page=page, answers=dict(answers))
        elif row.answers != dict(answers):
            if row.revision != revision:
                raise SavedElsewhere(
                    _(
                        "This page was saved in another tab or on another device since you opened it."
                    )
                )
            row.answers = dict(answers)
            row.revision += 1
            row.saved_at = clock.now()
            row.save(update_fields=["answers", "revision", "saved_at"])


def journey_of(
    user: User, expression: ExpressionOfInterest | None, *, person: Person | None = None
) -> Journey:
    """Return what the form knows of the account and of what it has saved so far."""
    answers = {}
    if expression is not None:
        answers = {row.page: row.answers for row in expression.pages.all()}
        person = expression.person
    return Journey(email=user.email, name=user.name, person=person, answers=answers)


def submit(expression: ExpressionOfInterest, *, by: User, received_at: datetime) -> Snapshot:
    """Submit a complete draft, once: the receipt, the choices and the snapshot are one transaction.

    `received_at` is when the server received the request: what counts for being on time (law 4).
    Submitting what was submitted already returns its snapshot. Raises Late, Incomplete with the
    pages that are missing, or Refused when the form is not the account's.
    """
    with transaction.atomic():
        fresh = (
            ExpressionOfInterest.objects.select_for_update(of=("self",))
            .select_related("call", "person")
            .get(pk=expression.pk)
        )
        if fresh.state == ExpressionOfInterest.State.SUBMITTED and policies.is_own(by, fresh):
            return fresh.snapshots.latest("number")
        EXPRESSION.check(fresh, "submit", by=by)
        if not policies.is_open_for(fresh.call, fresh.person, received_at):
            raise Late(str(policies.too_late(fresh.call)))
        journey = journey_of(by, fresh)
        if missing := pages.unfinished(journey):
            raise Incomplete(missing)
        snapshot = _take_snapshot(fresh, journey)
        _offer_choices(fresh, journey)
        _learn_about(fresh.person, journey, by=by)
        EXPRESSION.move(
            fresh,
            "submit",
            by=by,
            facts={"snapshot": snapshot.number, "digest": snapshot.digest, "texts": VERSIONS},
            values={"submitted_at": received_at},
        )
    expression.refresh_from_db()
    return snapshot


def _take_snapshot(expression: ExpressionOfInterest, journey: Journey) -> Snapshot:
    answers, shown = pages.cleaned(journey), pages.summary(journey)
    return Snapshot.objects.create(
        expression=expression,
        number=expression.snapshots.count() + 1,
        answers=answers,
        shown=shown,
        texts=VERSIONS,
        digest=fingerprint({"answers": answers, "shown": shown, "texts": VERSIONS}),
    )


def _offer_choices(expression: ExpressionOfInterest, journey: Journey) -> None:
    form = ContributionsForm(journey, data=journey.answers["contributions"])
    form.is_valid()
    ProjectChoice.objects.bulk_create(
        ProjectChoice(
            expression=expression,
            project=journey.projects[offer["code"]],
            rank=offer["rank"],
            contribution=offer["contribution"],
            hours=offer["hours"],
            reason=offer["reason"],
        )
        for offer in form.offers()
    )


def _learn_about(person: Person, journey: Journey, *, by: User) -> None:
    """Keep who they are, so that no page asks for it again; an unknown organisation is proposed."""
    about = AboutYouForm(journey, data=journey.answers["about-you"])
    work = OrganisationForm(journey, data=journey.answers["organisation"])
    about.full_clean()
    work.full_clean()
    said = about.cleaned_data | work.cleaned_data
    person.full_name = said["full_name"]
    person.role_title = said["role_title"]
    person.telephone = said["telephone"]
    person.work_email = said["work_email"]
    person.organisation = work.entry_meant or propose_organisation(
        **work.works_for(), sector=journey.sector, by=by
    )
    wants_news = bool(journey.answers.get("updates", {}).get("campaigns"))
    person.campaign_consent_at = clock.now() if wants_news else None
    person.save(
        update_fields=[
            "full_name",
            "role_title",
            "telephone",
            "work_email",
            "organisation",
            "campaign_consent_at",
        ]
    )


def withdraw(expression: ExpressionOfInterest, *, by: User, reason: str = "") -> None:
    """Withdraw what was submitted, and each of its choices; it may be started again. Raises Refused.

    Withdrawing what its participant withdrew already changes nothing.
    """
    with transaction.atomic():
        expression.refresh_from_db(fields=["state"])
        if expression.state == "withdrawn" and policies.is_own(by, expression):
            return
        EXPRESSION.move(expression, "withdraw", by=by, reason=reason)
        for project_choice in expression.choices.exclude(state="withdrawn"):
            withdraw_choice(project_choice, by=by)


def withdraw_choice(project_choice: ProjectChoice, *, by: User) -> None:
    """Withdraw one project choice. Raises Refused."""
    CHOICE.move(project_choice, "withdraw", by=by)
