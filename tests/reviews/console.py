"""A row of each kind that reviewing has in the console."""

from __future__ import annotations

from django.db.models import Model

from participants.models import ExpressionOfInterest
from reviews.models import FairnessSettings, Membership, ReservePlace
from tests.builders import make_submitted
from tests.reviews.deciding import make_desk
from tests.reviews.telling import agree, differ


def make_rows(form: ExpressionOfInterest) -> dict[str, Model]:
    """Return them by their kinds' labels: a member by this form, and others of its call."""
    choice = form.choices.get()
    member = Membership.objects.create(
        person=form.person, project=choice.project, choice=choice, hours=8
    )
    waiting = make_submitted(call=form.call).choices.get()
    type(waiting).objects.filter(pk=waiting.pk).update(state="reserve")
    desk = make_desk(call=form.call)
    return {
        "participants.ProjectChoice": desk.choice,
        "reviews.Membership": member,
        "reviews.ReservePlace": ReservePlace.objects.create(choice=waiting, position=1),
        "reviews.FairnessSettings": FairnessSettings.objects.get_or_create(pk=1)[0],
        "reviews.Split": differ(desk),
        "reviews.Decision": agree(make_desk(call=form.call)),
    }
