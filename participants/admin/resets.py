"""Lost second factors in the office's console: one vouches, another approves."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import workflow
from participants.forms.invitations import VouchForm
from participants.models import SecondFactorReset
from participants.workflow import resets
from stepchange import clock
from stepchange.console import ReadOnlyAdmin, Step, Waiting


@admin.register(SecondFactorReset)
class SecondFactorResetAdmin(ReadOnlyAdmin):
    """Requests to remove a lost second factor."""

    empty = gettext_lazy("Nobody has reported a lost second factor.")
    address = "public_id"
    look = "lost second factor"
    table = workflow.RESET
    named_in_confidence = True
    steps = {
        "vouch": Step(
            function=resets.vouch,
            done=gettext_lazy("You vouched for them"),
            form=VouchForm,
            explanation=gettext_lazy(
                "Call them back first, through the switchboard of their organisation, on a number "
                "that you found yourself. Never on one that a caller or an email gave you."
            ),
            confirms_identity=True,
        ),
        "approve": Step(
            function=resets.approve,
            done=gettext_lazy("Approved, and the second factor was removed"),
            explanation=gettext_lazy(
                "Read how they were known. Their second factor and password are removed, every session "
                "ends, and they sign in by a code to their address. It can’t be undone."
            ),
            confirms_identity=True,
        ),
        "refuse": Step(
            function=resets.refuse,
            done=gettext_lazy("Refused"),
            explanation=gettext_lazy("They are told that it was not removed, not why."),
        ),
    }
    fields = (
        "state_now",
        "user",
        "email",
        "organisation",
        "asked_at",
        "expires_at",
        "vouched_by",
        "vouched_how",
        "approved_by",
    )
    list_display = ("user", "state_now", "asked_at", "expires_at", "vouched_by")
    list_filter = ("state",)
    list_select_related = (
        "user__person__organisation__merged_into",
        "vouched_by",
        "approved_by",
    )
    search_fields = ("user__name", "=user__email")
    ordering = ("-asked_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the accounts along."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description=gettext_lazy("address"))
    def email(self, reset: SecondFactorReset) -> str:
        """Return the log-in address."""
        return reset.user.email

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, reset: SecondFactorReset) -> Any:
        """Name the organisation whose switchboard to call, as far as it is known."""
        person = getattr(reset.user, "person", None)
        return person.organisation and person.organisation.current if person else None

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_now(self, reset: SecondFactorReset) -> Any:
        """Say how far it is, by the clock too."""
        if reset.state in reset.OPEN and not reset.is_open:
            return SecondFactorReset.State.EXPIRED.label
        return reset.get_state_display()

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the requests that somebody of the office has to settle."""
        unsettled = SecondFactorReset.objects.unsettled()
        waiting = unsettled.filter(expires_at__gt=clock.now()).count()
        if not waiting:
            return []
        url = self.list_page()
        return [Waiting(label=_("Lost second factors"), number=waiting, url=url, is_due=True)]
