"""The ledger and the messages to the office, in the office's console; doubts are settled there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communications import policies, workflow
from communications.models import ContactMessage, Email, Generation
from communications.notices import NOTICES, label_of, notices_called
from stepchange.console import (
    IndexedFilter,
    Named,
    ReadOnlyAdmin,
    Step,
    Waiting,
    acting_user,
    name_subjects,
)
from stepchange.console.event_words import short_key

WHY_IN_A_LIST = 60


class NoticeFilter(IndexedFilter):
    """Filters the ledger by notice."""

    title = gettext_lazy("kind of email")
    parameter_name = "notice"
    model = Email
    column = "notice"

    def words(self, value: str) -> str:
        """Return what the notice is called."""
        return label_of(value)


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    """The ledger: what went out, when and how it stands. Neither body nor payload is ever shown."""

    empty = gettext_lazy("No email was made yet.")
    address = "public_id"
    look = "email"
    table = workflow.EMAIL
    steps = {
        "resend": Step(
            function=workflow.resend,
            done=gettext_lazy("Put in line to be sent again"),
            explanation=gettext_lazy("Only when it is sure that the first did not arrive."),
        ),
        "confirm_sent": Step(
            function=workflow.confirm_sent,
            done=gettext_lazy("Marked as sent"),
            explanation=gettext_lazy("Only when it is sure that it arrived, or that it need not."),
        ),
        "let_go": Step(
            function=workflow.let_go,
            done=gettext_lazy("Let go"),
            explanation=gettext_lazy(
                "Only when it is sure that it did not go out before the backup was restored. "
                "It is asked once more whether it is still due."
            ),
        ),
    }
    list_display = ("made_at", "label", "about", "state", "sent_at", "attempts")
    list_display_links = ("made_at", "label")
    list_select_related = ("event",)
    list_filter = ("state", NoticeFilter)
    search_fields = ("=subject_key", "=notice", "=state")
    ordering = ("-id",)
    sortable_by = ()

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what the list is, and what can be searched for."""
        return [
            _(
                "The ledger: every email is a row here before it is sent, and once. Search for a "
                "reference, written in full, or for what an email is called, such as “receipt”."
            )
        ]

    def called(self, obj: Any) -> str:
        """Return what the notice is called, and what it is about where that has a reference."""
        key = "" if ":" in obj.subject_key else short_key(obj.subject_key)
        return f"{label_of(obj.notice)}, {key}" if key else label_of(obj.notice)

    @admin.display(description=gettext_lazy("email"))
    def label(self, email: Email) -> str:
        """Say what the notice is called."""
        return label_of(email.notice)

    @admin.display(description=gettext_lazy("about"))
    def about(self, email: Any) -> Any:
        """Name what it is about, with a link to its page, if this reader may open it."""
        return email.named.html

    @admin.display(description=gettext_lazy("why it stands so"))
    def brief_why(self, email: Email) -> str:
        """Return the beginning of why it stands so: its page has all of it."""
        return Truncator(email.why).chars(WHY_IN_A_LIST)

    def name_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Read what the emails are about, all at once."""
        emails = {email: _what_about(email) for email in rows}
        named = name_subjects((about for about in emails.values() if about), request)
        for email, about in emails.items():
            email.named = named[about] if about else Named(str(_("An email address")))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along the event that tells what it is about."""
        return super().get_queryset(request).select_related("event")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for what an email is called too."""
        if notices := notices_called(search_term):
            return queryset.filter(notice__in=notices), False
        return super().get_search_results(request, queryset, search_term)

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
        fields = ("label", "about", "state", "attempts")
        times = ("made_at", "due_at", "claimed_at", "sent_at")
        if policies.reads_addresses(acting_user(request)):
            return (*fields, "why", *times, "address", "heading")
        return (*fields, *times)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return what the person's role may read: a mail server's words may hold an address."""
        if policies.reads_addresses(acting_user(request)):
            return (*self.list_display, "brief_why")
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


def _what_about(email: Email) -> tuple[str, str] | None:
    """Return the kind and key of what an email is about; None for account mail, which knows an address."""
    if email.event:
        return email.event.subject_kind, email.subject_key
    notice = NOTICES.get(email.notice)
    if email.subject_key.startswith("address:"):
        return None
    return (notice.about if notice else ""), email.subject_key


def _one_try(one: dict[str, Any], *, reads_words: bool) -> dict[str, Any]:
    return {
        **one,
        "at": datetime.fromisoformat(one["at"]),
        "why": one["why"] if reads_words else "",
    }


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Restored backups, and the decision about what each left waiting."""

    empty = gettext_lazy(
        "No backup was restored. When one is, the emails it left waiting are held here "
        "until somebody decides."
    )
    address = "public_id"
    table = workflow.GENERATION
    fields = ("number", "began_at", "state", "held_emails", "known_handed")
    list_display = ("began_at", "state", "held_emails", "known_handed")
    list_display_links = ("began_at",)
    sortable_by = ()
    steps = {
        "release": Step(
            function=workflow.release,
            done=gettext_lazy("Released"),
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

    empty = gettext_lazy(
        "Nobody has written to the office yet. What is sent from the contact page arrives here."
    )
    address = "public_id"
    named_in_confidence = True
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
