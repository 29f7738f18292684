"""Named questions to the rows of reviewing, each scoped to who asks."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from stepchange import clock
from stepchange.models import User
from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from datetime import date

    from participants.models import Person, ProjectChoice
    from reviews.models import (
        Decision,
        Key,
        Question,
        Reassignment,
        Recusal,
        Release,
        Reopening,
        SettlementView,
        Split,
        StandIn,
    )


class KeyQuerySet(models.QuerySet["Key"]):
    """Keys: what each says is hidden until both of its round are cast (law 2)."""

    def cast(self) -> "KeyQuerySet":
        """Return those that stand: neither replaced nor void."""
        return self.filter(state="cast")

    def of_round(self, choice: "ProjectChoice", number: int) -> "KeyQuerySet":
        """Return those of one round of a choice."""
        return self.filter(choice=choice, round=number)

    def opened(self) -> "KeyQuerySet":
        """Return what both sides cast: the keys that stand in a round with both."""
        return self.cast().filter(Exists(_other_side()))

    def visible_to(self, user: User) -> "KeyQuerySet":
        """Return whose words an account may read, as far as blindness goes: its own, and what is opened.

        Whether it may see the volunteer at all is asked apart, and first. Of every other key there is only
        that it was cast, and since when (`policies.waiting_on`).
        """
        return self.filter(Q(caster=user) | Q(state="cast", pk__in=self._opened_keys()))

    def _opened_keys(self) -> Any:
        return self.model._default_manager.opened().order_by().values("pk")

    def undecided(self) -> "KeyQuerySet":
        """Return those of which nothing was made yet: no decision, no split."""
        round_of = {"choice": OuterRef("choice"), "round": OuterRef("round")}
        return self.cast().exclude(
            Exists(_model("Decision")._default_manager.filter(**round_of))
            | Exists(_model("Split")._default_manager.filter(**round_of))
        )


def _other_side() -> Any:
    others = _model("Key")._default_manager.filter(
        choice=OuterRef("choice"), round=OuterRef("round"), state="cast"
    )
    return others.exclude(side=OuterRef("side"))


def _model(name: str) -> Any:
    return apps.get_model("reviews", name)


class SplitQuerySet(models.QuerySet["Split"]):
    """Disagreements of the two sides."""

    def open(self) -> "SplitQuerySet":
        """Return those that wait for the office or the board."""
        return self.filter(state="open")


class SettlementViewQuerySet(models.QuerySet["SettlementView"]):
    """What board members say of a split: hidden as keys are, until two of different sectors are cast."""

    def cast(self) -> "SettlementViewQuerySet":
        """Return those that stand."""
        return self.filter(state="cast")

    def visible_to(self, user: User) -> "SettlementViewQuerySet":
        """Return whose words an account may read, as far as blindness goes: its own, and what is opened."""
        others = self.model._default_manager.filter(split=OuterRef("split"), state="cast")
        opened = Exists(others.exclude(pk=OuterRef("pk")))
        return self.filter(Q(member=user) | Q(opened, state="cast"))


class DecisionQuerySet(AppendOnlyRows, models.QuerySet["Decision"]):
    """Joint decisions: made once, never changed."""

    def standing(self) -> "DecisionQuerySet":
        """Return those that were not taken up to be looked at anew."""
        return self.filter(reopening__isnull=True)

    def held(self) -> "DecisionQuerySet":
        """Return those that wait to be released, of choices that were not withdrawn."""
        return self.standing().filter(release__isnull=True).exclude(choice__state="withdrawn")

    def released(self) -> "DecisionQuerySet":
        """Return those whose outcome was released."""
        return self.standing().filter(release__isnull=False)


class ReleaseQuerySet(AppendOnlyRows, models.QuerySet["Release"]):
    """Releases of outcomes: made once, never changed."""


class ReopeningQuerySet(AppendOnlyRows, models.QuerySet["Reopening"]):
    """Decisions looked at anew before they were released: written once."""


class ReassignmentQuerySet(AppendOnlyRows, models.QuerySet["Reassignment"]):
    """Keys given to another holder by the office: written once, the newest counts."""


class RecusalQuerySet(AppendOnlyRows, models.QuerySet["Recusal"]):
    """Who stands aside: recorded once."""

    def declared_by(self, user: User, choice: "ProjectChoice") -> "RecusalQuerySet":
        """Return by what an account stood aside itself from a choice, or from all of its person."""
        person = choice.expression.person
        return self.of_accounts_of(user).filter(
            Q(choice=choice)
            | Q(choice__isnull=True, person=person.counts_as_id)
            | Q(choice__isnull=True, person__merged_into=person.counts_as_id),
            basis="declared",
        )

    def declared_from(self, user: User, person: "Person") -> "RecusalQuerySet":
        """Return by what an account stood aside itself from all that is about somebody."""
        counts_as = _people().counting_as(person).order_by().values("pk")
        return self.of_accounts_of(user).filter(
            choice__isnull=True, person__in=counts_as, basis="declared"
        )

    def people_of(self, accounts: Collection[int]) -> "models.QuerySet[Any, Any]":
        """Return the keys of the people from whom one of some accounts stood aside altogether."""
        whole = self.filter(user__in=accounts, choice__isnull=True, basis="declared")
        return whole.order_by().values("person")

    def of_accounts_of(self, user: User) -> "RecusalQuerySet":
        """Return those of an account, and of the other accounts of whoever holds it."""
        same = _people().counting_as_holder_of(user).filter(user__isnull=False)
        return self.filter(Q(user=user) | Q(user__in=same.order_by().values("user")))


def _people() -> Any:
    return apps.get_model("participants", "Person")._default_manager.all()


class StandInQuerySet(models.QuerySet["StandIn"]):
    """Who stands in for a side of a work-stream, by the day."""

    def on(self, day: "date") -> "StandInQuerySet":
        """Return those whose time runs on a UK calendar day (the last day included)."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)

    def not_over(self) -> "StandInQuerySet":
        """Return those whose time runs today or has yet to begin."""
        return self.filter(ends_on__gte=clock.today())


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions to volunteers; who asked is hidden from the other side until both keys are cast."""

    def unanswered(self) -> "QuestionQuerySet":
        """Return those that wait for the volunteer."""
        return self.filter(answered_at__isnull=True)

    def asked_of(self, user: User) -> "QuestionQuerySet":
        """Return those that an account has to answer: of its own choices."""
        return self.filter(choice__expression__person__user=user)
