"""The ledger and the messages to the office, in the office's console; doubts are settled there."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communications import policies, workflow
from communications.models import ContactMessage, Email
from stepchange.console import IndexedFilter, ReadOnlyAdmin, Step, Waiting, acting_user


class NoticeFilter(IndexedFilter):
    """Filters the ledger by notice."""

    title = gettext_lazy("notice")
    parameter_name = "notice"
    model = Email
    column = "notice"


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    """The ledger: what went out, when and how it stands. Neither body nor payload is ever shown."""

    address = "public_id"
    table = workflow.EMAIL
    steps = {
        "resend": Step(
            function=workflow.resend,
            explanation=gettext_lazy("Only when it is sure that the first did not arrive."),
        ),
        "confirm_sent": Step(
            function=workflow.confirm_sent,
            explanation=gettext_lazy("Only when it is sure that it arrived, or that it need not."),
        ),
    }
    list_display = (
        "made_at",
        "notice",
        "subject_key",
        "state",
        "due_at",
        "sent_at",
        "attempts",
    )
    list_display_links = ("made_at", "notice")
    list_filter = ("state", NoticeFilter)
    search_fields = ("=subject_key", "=notice", "=state")
    ordering = ("-id",)
    sortable_by = ()

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what can be searched for."""
        return [_("Search for a reference, a notice or a state. Write it in full.")]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what the person's role may read."""
        fields = ("notice", "subject_key", "occurrence", "state", "attempts")
        times = ("made_at", "due_at", "claimed_at", "sent_at")
        if policies.reads_addresses(acting_user(request)):
            return (*fields, "why", *times, "address", "heading")
        return (*fields, *times)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return what the person's role may read: a mail server's words may hold an address."""
        if policies.reads_addresses(acting_user(request)):
            return (*self.list_display, "why")
        return self.list_display

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what a person must look at."""
        counts = Email.objects.filter(state__in=("uncertain", "failed")).aggregate(
            uncertain=Count("pk", filter=Q(state="uncertain")),
            failed=Count("pk", filter=Q(state="failed")),
        )
        words = {"uncertain": _("Emails uncertain"), "failed": _("Emails failed")}
        return [
            Waiting(
                label=words[state],
                number=number,
                url=self.list_page(f"state__exact={state}"),
                is_due=True,
            )
            for state, number in counts.items()
            if number
        ]


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    """Messages to the office."""

    address = "public_id"
    fields = ("received_at", "name", "email", "about", "message")
    list_display = ("received_at", "name", "about")
    list_display_links = ("received_at", "name")
    list_filter = ("about",)
    search_fields = ("name", "=email")
    date_hierarchy = "received_at"

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: a message is as it was sent."""
        return False
