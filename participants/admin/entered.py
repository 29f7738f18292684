"""Forms entered by the office, in its console: for whom and how far, never what they say."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies, workflow
from participants.admin.filters import CallFilter
from participants.admin.withheld import WithheldPages
from participants.models import EnteredForm, ExpressionOfInterest, Person
from stepchange.console import ROWS, Step, Waiting, acting_user, row_page
from stepchange.models import Event
from stepchange.uk_time import uk_moment


@admin.register(EnteredForm)
class EnteredFormAdmin(WithheldPages):
    """Forms taken by telephone or on paper: for whom, since when, and how far; never what they say."""

    empty = gettext_lazy(
        "No form was taken by telephone or on paper yet. Enter one for somebody who can’t use the "
        "portal."
    )
    address = "reference"
    look = "entered form"
    table = workflow.entered.ENTERED
    steps = {
        "take_back": Step(
            function=workflow.entered.take_back,
            done=gettext_lazy("Taken back to correct"),
            explanation=gettext_lazy(
                "You can change the answers again. When you send it, the person is emailed anew unless "
                "they were within a day: the link they have leads to it."
            ),
        ),
        "cancel": Step(
            function=workflow.entered.cancel,
            done=gettext_lazy("Form cancelled"),
            explanation=gettext_lazy("It ends, and what was entered is deleted."),
        ),
        "ask-again": Step(
            function=workflow.entered.ask_again,
            done=gettext_lazy("Email sent again"),
            label=gettext_lazy("Send the email again"),
            policy=policies.may_ask_again,
            when=lambda entered: entered.is_waiting,
            explanation=gettext_lazy("To the same address, with the same link."),
        ),
    }
    fields = (
        "reference",
        "state",
        "full_name",
        "email",
        "call",
        "medium",
        "taken_on",
        "entered_by",
        "started_at",
        "handed_over_at",
        "asked_at",
    )
    list_display = ("reference", "full_name", "call", "state", "handed_over_at", "entered_by")
    list_filter = ("state", "medium", CallFilter)
    list_select_related = ("call", "entered_by")
    search_fields = ("=reference", "full_name", "=email")
    ordering = ("-started_at",)

    def about_any(self, people: QuerySet[Person]) -> Q:
        """Return what says that a form is for one of some people."""
        return EnteredForm.objects.for_any(people)

    def person_of(self, row: Any) -> Person | None:
        """Return whom a form is for, by the address that they have shown is theirs."""
        if row.expression is not None:
            return super().person_of(row.expression)
        return Person.objects.reached_at(row.email).first()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to enter one."""
        return acting_user(request).has_perm("participants.add_enteredform")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Lead to the form's own pages, on which it is entered."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        return redirect("participants:entered-begin")

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Lead to the pages on which it is entered, or say what became of a confirmed one."""
        if obj.state == EnteredForm.State.CONFIRMED:
            return [(ROWS, self._became(request, obj))]
        if not obj.is_being_entered or not self.may_step(request):
            return []
        page = reverse("participants:entered-tasks", args=[obj])
        rows = [({"words": _("Go on entering it"), "url": page}, len(obj.answers))]
        columns = (_("Form"), _("Pages saved"))
        return [(ROWS, {"title": _("What is entered"), "columns": columns, "rows": rows})]

    def _became(self, request: HttpRequest, obj: EnteredForm) -> dict[str, Any]:
        """Say when it was confirmed, and as what it was submitted since: of a draft nothing (law 7)."""
        kind = workflow.entered.ENTERED.kind("confirm")
        event = Event.objects.about(obj).filter(kind=kind).last()
        columns: list[str] = [_("Confirmed")]
        cells: list[Any] = [uk_moment(event.at) if event else ""]
        submitted = ExpressionOfInterest.objects.visible_to_office().filter(entered=obj).first()
        may_see = acting_user(request).has_perm("participants.view_expressionofinterest")
        if submitted is not None and may_see:
            columns.append(_("Submitted as"))
            cells.append({"words": submitted.reference, "url": row_page(submitted)})
        return {"title": _("What became of it"), "columns": columns, "rows": [cells]}

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count those that wait for the person."""
        rows = self.get_queryset(request).filter(state=EnteredForm.State.HANDED_OVER)
        number = rows.order_by().count()
        if not number:
            return []
        url = self.list_page("state__exact=handed+over")
        label = _("Forms taken by the office, waiting for the person")
        return [Waiting(label=label, number=number, url=url)]

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what is not shown here."""
        return [
            *super().remarks(request),
            _(
                "Once a form is sent for confirmation, only the person it is for reads the answers. "
                "It counts when they have submitted it."
            ),
        ]
