"""The ledger and the messages to the office, in the office's console; doubts are settled there."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communications import policies, workflow
from communications.models import ContactMessage, Email, Generation
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
    look = "email"
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
        "let_go": Step(
            function=workflow.let_go,
            explanation=gettext_lazy(
                "Only when it is sure that it did not go out before the backup was restored. "
                "It is asked once more whether it is still due."
            ),
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

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what is known of it, and each try: a mail server's words may hold an address."""
        reads = policies.reads_addresses(acting_user(request))
        return [
            (
                "communications/console/tries.html",
                {
                    "known": policies.what_is_known(obj),
                    "handed": obj.handed,
                    "tries": [_one_try(one, reads_words=reads) for one in reversed(obj.tried)],
                },
            )
        ]

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
        words = {
            "uncertain": _("Emails uncertain"),
            "failed": _("Emails failed"),
            "held": _("Emails held after a restore"),
        }
        counts = Email.objects.filter(state__in=words).aggregate(
            **{state: Count("pk", filter=Q(state=state)) for state in words}
        )
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


def _one_try(one: dict[str, Any], *, reads_words: bool) -> dict[str, Any]:
    return {
        **one,
        "at": datetime.fromisoformat(one["at"]),
        "why": one["why"] if reads_words else "",
    }


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Restored backups, and the decision about what each left waiting."""

    address = "public_id"
    table = workflow.GENERATION
    fields = ("number", "began_at", "state", "held_emails", "known_handed")
    list_display = ("began_at", "state", "held_emails", "known_handed")
    list_display_links = ("began_at",)
    sortable_by = ()
    steps = {
        "release": Step(
            function=workflow.release,
            explanation=gettext_lazy(
                "All that is still held goes out, if it is still due: what was handed over before "
                "the restore goes out a second time. Mark those as sent first, one by one."
            ),
        )
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the first life of the database: nothing was restored then."""
        return super().get_queryset(request).exclude(state=Generation.State.RUNNING)

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what such a row means."""
        return [
            _(
                "A backup of the database was restored, and may not know what was sent since it was "
                "made. What was waiting is held until somebody decides."
            )
        ]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the restores that nobody has decided about."""
        number = Generation.objects.filter(state=Generation.State.HELD).count()
        if not number:
            return []
        label = _("Restored backups to decide about")
        return [Waiting(label=label, number=number, url=self.list_page(), is_due=True)]


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    """Messages to the office."""

    address = "public_id"
    look = "message"
    fields = ("received_at", "name", "email", "about", "message")
    list_display = ("received_at", "name", "about")
    list_display_links = ("received_at", "name")
    list_filter = ("about",)
    search_fields = ("name", "=email")
    date_hierarchy = "received_at"

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: a message is as it was sent."""
        return False
