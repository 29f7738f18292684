"""The rows of an offer and of a reserve list, written with the move of the choice that they belong to."""

from datetime import timedelta
from typing import Any

from django.db.models import Max

from participants.models import ProjectChoice
from reviews.models import Offer, ReservePlace
from reviews.policies.fairness import settings_now
from stepchange import clock
from stepchange.events import record

MADE, RENEWED = "reviews.offer.made", "reviews.offer.renewed"
CHOICE = ProjectChoice._meta.label_lower


def keep_in_step(event: Any, **_kwargs: Any) -> None:
    """Write what belongs to a choice that has just moved: its offer, or its place in the reserve.

    Whoever moves it: an outcome that is released, an offer that lapses, the next of the reserve.
    """
    if event.subject_kind != CHOICE or event.facts.get("to") not in {"offered", "reserve"}:
        return
    choice = ProjectChoice.objects.select_related("project").get(public_id=event.subject_key)
    if event.facts["to"] == "offered":
        make(choice)
    else:
        put_last(choice)


def make(choice: ProjectChoice, *, kind: str = MADE) -> Offer:
    """Write a choice's next offer, to be taken up within the days of the settings, counted from today."""
    last = choice.offers.aggregate(last=Max("number"))["last"] or 0
    days = settings_now().take_up_days
    offer = Offer.objects.create(
        choice=choice, number=last + 1, take_up_by=clock.today() + timedelta(days=days)
    )
    facts = {"number": offer.number, "until": offer.take_up_by}
    record(kind, offer, by=None, facts=facts)
    return offer


def renew(offer: Offer) -> Offer:
    """Give an offer that was held its time anew."""
    return make(offer.choice, kind=RENEWED)


def put_last(choice: ProjectChoice) -> ReservePlace:
    """Put a choice at the end of its project's reserve list."""
    listed = ReservePlace.objects.filter(choice__project=choice.project_id)
    last = listed.aggregate(last=Max("position"))["last"] or 0
    place, _made = ReservePlace.objects.update_or_create(
        choice=choice, defaults={"position": last + 1, "since": clock.now()}
    )
    return place
