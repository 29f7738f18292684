"""Extensions in the office's console: more time for one person."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies, workflow
from participants.admin.filters import CallFilter
from participants.admin.withheld import WithheldPages
from participants.forms.extensions import ExtensionForm
from participants.models import Extension
from stepchange.console import Step, acting_user
from stepchange.uk_time import uk_deadline


@admin.register(Extension)
class ExtensionAdmin(WithheldPages):
    """More time for one person: given and ended here, with a reason; nothing of a form is shown."""

    empty = gettext_lazy("Nobody was given more time yet.")
    named_in_confidence = True
    address = "public_id"
    subject = "participants.extension"
    look = "extension"
    steps = {
        "end": Step(
            function=workflow.end_extension,
            done=gettext_lazy("Extension ended"),
            label=gettext_lazy("End it now"),
            policy=policies.may_end_extension,
            asks_reason=True,
            explanation=gettext_lazy(
                "What the person has not submitted by now stays saved, and can't be submitted. The "
                "call's own closing time stays as it is."
            ),
        )
    }
    form = ExtensionForm
    public_keys = {"call": "slug"}
    fields = ("person", "call", "time", "reason", "by", "given_at")
    list_display = ("person", "call", "time", "by", "given_at")
    list_filter = (CallFilter,)
    list_select_related = ("person__user", "call", "by")
    search_fields = ("person__full_name", "=person__user__email")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to give one."""
        return acting_user(request).has_perm("participants.add_extension")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for an address and a day when one is given; show the instant after."""
        return ("email", "call", "last_day", "reason") if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show what was given."""
        return self.fields if obj is not None else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Tell the form who gives it, so that what the policies refuse is said beside the field."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.acting = acting_user(request)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the workflow write the row with its event."""
        given = workflow.give_extension(
            workflow.person_of(form.user),
            obj.call,
            until=form.until,
            reason=obj.reason,
            by=acting_user(request),
        )
        obj.pk, obj.public_id, obj.person, obj.until = (
            given.pk,
            given.public_id,
            given.person,
            given.until,
        )

    @admin.display(description=gettext_lazy("until"), ordering="until")
    def time(self, extension: Extension) -> str:
        """Return the closing time in the words that the person reads (law 4)."""
        return uk_deadline(extension.until)

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say which row counts, and how many are withheld."""
        return [*super().remarks(request), _("For each person and call the newest row counts.")]
