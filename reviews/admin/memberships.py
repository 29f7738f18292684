"""Memberships, reserve lists and the settings of fairness in the office's console."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from reviews.admin.scope import ChoicePages
from reviews.forms.console import LastDayForm, MoveForm, SettingsForm
from reviews.models import FairnessSettings, Membership, ReservePlace
from reviews.policies import membership as membership_policies
from reviews.policies import offers as offer_policies
from reviews.workflow import MEMBERSHIP, membership, offers
from stepchange.console import ConsoleAdmin, Step
from stepchange.models import User
from stepchange.transitions import Words


@admin.register(Membership)
class MembershipAdmin(ChoicePages):
    """Who is a member of what: ended, made the lead, or given a last day here, each with the reason."""

    empty = gettext_lazy("Nobody is a member of a project yet.")
    address = "public_id"
    look = "membership"
    named_in_confidence = True
    table = MEMBERSHIP
    steps = {
        "end": Step(
            function=membership.end,
            done=gettext_lazy("Membership ended"),
            explanation=gettext_lazy("They read the reason. Their place is free at once."),
            confirms_identity=True,
        ),
        "make_lead": Step(
            function=membership.make_lead,
            done=gettext_lazy("They lead the project"),
            label=gettext_lazy("Let them lead the project"),
            policy=membership_policies.may_change_role,
            asks_reason=True,
            explanation=gettext_lazy("Whoever leads it now is a member from then on."),
        ),
        "set_last_day": Step(
            function=membership.set_last_day,
            done=gettext_lazy("Last day set"),
            label=gettext_lazy("Set the last day"),
            policy=membership_policies.may_set_last_day,
            form=LastDayForm,
            asks_reason=True,
        ),
    }
    fields = (
        "person",
        "project",
        "role",
        "hours",
        "stands",
        "why_not_effective",
        "starts_on",
        "ends_on",
    )
    list_display = ("person", "project", "role", "hours", "state", "starts_on", "ends_on")
    list_filter = ("state", "role")
    list_select_related = ("person__user", "project")
    search_fields = ("person__full_name", "project__code", "project__title")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by, and what law 1 asks."""
        rows = super().get_queryset(request)
        return rows.select_related(
            *self.list_select_related, "choice__project", "choice__expression__person__user"
        )

    def called(self, obj: Any) -> str:
        """Call a membership by whose it is, and the project."""
        return f"{obj.choice.expression.reference}: {obj.project}"

    @admin.display(description=gettext_lazy("stands now"))
    def stands(self, row: Membership) -> Any:
        """Say how it stands at this moment, computed (law 1)."""
        if row.has_ended:
            return Membership.State.ENDED.label
        effective = membership_policies.is_effective(row)
        return (Membership.State.ACTIVE if effective else Membership.State.SUSPENDED).label

    @admin.display(description=gettext_lazy("why not effective"))
    def why_not_effective(self, row: Membership) -> str:
        """Say what of law 1 is missing at this moment."""
        return " ".join(str(each) for each in membership_policies.why_not_effective(row))


def _may_offer(by: User | None, place: ReservePlace) -> Words | None:
    return offer_policies.may_offer_next(by, place.choice)


def _may_move(by: User | None, place: ReservePlace) -> Words | None:
    return offer_policies.may_order_reserve(by, place.choice)


@admin.register(ReservePlace)
class ReserveAdmin(ChoicePages):
    """Reserve lists in their order: the next is offered a place here, or the order changed."""

    empty = gettext_lazy("Nobody is on a reserve list.")
    address = "public_id"
    subject = "reviews.reserve"
    look = "place on a reserve list"
    named_in_confidence = True
    steps = {
        "offer": Step(
            function=offers.offer_place,
            done=gettext_lazy("A place was offered to them"),
            label=gettext_lazy("Offer them a place"),
            policy=_may_offer,
            asks_reason=True,
            explanation=gettext_lazy(
                "A joint decision put them on the list. Say why it is them, above all where somebody else "
                "is next."
            ),
            confirms_identity=True,
        ),
        "move": Step(
            function=offers.move_place,
            done=gettext_lazy("Moved on the reserve list"),
            label=gettext_lazy("Move them on the list"),
            policy=_may_move,
            form=MoveForm,
            asks_reason=True,
        ),
    }
    fields = ("choice_project", "reference", "who", "position", "since")
    list_display = ("choice_project", "position", "reference", "who", "since")
    search_fields = ("choice__project__code", "=choice__expression__reference")
    ordering = ("choice__project__code", "position")

    def scope(self) -> QuerySet[Any]:
        """Return those who are in reserve: who was offered a place since is not."""
        rows = super().scope().filter(choice__state="reserve")
        return rows.select_related("choice__project", "choice__expression__person__user")

    def called(self, obj: ReservePlace) -> str:
        """Name the form and the project."""
        return f"{obj.choice.expression.reference}: {obj.choice.project}"

    @admin.display(description=gettext_lazy("project"), ordering="choice__project__code")
    def choice_project(self, row: ReservePlace) -> str:
        """Return the project."""
        return str(row.choice.project)

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: ReservePlace) -> str:
        """Return the reference of the expression of interest."""
        return row.choice.expression.reference

    @admin.display(description=gettext_lazy("person"))
    def who(self, row: ReservePlace) -> str:
        """Return whose it is."""
        return str(row.choice.expression.person)


@admin.register(FairnessSettings)
class FairnessSettingsAdmin(ConsoleAdmin):
    """The programme's settings for offers, balance and concentration: one row, each change recorded."""

    shows_people = False
    address = "slug"
    form = SettingsForm
    fieldsets = (
        (gettext_lazy("Offers"), {"fields": ("take_up_days", "remind_days")}),
        (
            gettext_lazy("Balance: the target bands"),
            {
                "fields": (
                    "least_seats",
                    "least_police",
                    "most_police",
                    "least_private",
                    "most_private",
                    "least_government",
                    "most_government",
                )
            },
        ),
        (
            gettext_lazy("Concentration: over these an ethics review opens"),
            {
                "fields": (
                    "most_seats_of_group",
                    "least_leads",
                    "most_leads_of_group",
                    "most_herfindahl",
                )
            },
        ),
    )
    list_display = ("__str__", "take_up_days", "most_seats_of_group")
    ordering = ("pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one row."""
        return False
