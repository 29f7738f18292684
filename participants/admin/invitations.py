"""Invitations in the office's console."""

from copy import copy
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from participants import workflow
from participants.forms.invitations import InvitationForm, refused_form
from participants.models import Invitation
from participants.workflow import invitations
from stepchange import clock
from stepchange.console import ReadOnlyAdmin, Step, Waiting, acting_user
from stepchange.console.kept import confirmed_first
from stepchange.transitions import Refused


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who was invited to what, how far they are, and inviting somebody."""

    empty = gettext_lazy(
        "Nobody was invited yet. Co-chairs, deputies, the board and the office come by invitation."
    )
    address = "public_id"
    look = "invitation"
    table = workflow.INVITATION
    named_in_confidence = True
    form_to_invite = InvitationForm
    steps = {
        "send_again": Step(
            function=invitations.send_again,
            done=gettext_lazy("Sent again"),
            explanation=gettext_lazy(
                "A new link goes to the same address. Every link before it stops working."
            ),
        ),
        "withdraw": Step(
            function=invitations.withdraw_invitation,
            done=gettext_lazy("Invitation withdrawn"),
            explanation=gettext_lazy("Its link stops working, and its steps lead nowhere."),
        ),
    }
    list_display = ("invited", "to", "state_now", "expires_at", "round", "invited_by")
    list_filter = ("state",)
    list_select_related = ("seat__work_stream", "invited_by")
    search_fields = ("email", "name")
    ordering = ("-invited_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along what a row is called by."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Ask for the permission to invite."""
        return acting_user(request).has_perm("participants.add_invitation")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask what is needed; show what became of it."""
        seat = ("organisation", "starts_on", "ends_on")
        if obj is None:
            return ("email", "name", "invited_to", *seat, "reason")
        held = seat if obj.seat_id else ()
        sent = ("reason", "invited_by", "invited_at", "round", "expires_at")
        return ("state_now", "email", "name", "to", *held, *sent, "taken_by", "taken_at")

    @admin.display(description=gettext_lazy("invited"), ordering="email")
    def invited(self, invitation: Invitation) -> str:
        """Name the person, or the address."""
        return invitation.name or invitation.email

    @admin.display(description=gettext_lazy("to"))
    def to(self, invitation: Invitation) -> str:
        """Name the role or the seat."""
        return invitation.invited_to

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_now(self, invitation: Invitation) -> Any:
        """Say how far it is, by the clock too."""
        if invitation.has_run_out:
            return Invitation.State.EXPIRED.label
        if invitation.state == Invitation.State.SENT and invitation.taken_by_id:
            return gettext_lazy("Link used, doing the steps")
        return invitation.get_state_display()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Ask who one is again first: an invitation gives a role (design.md, section 10)."""
        return confirmed_first(self._adding, request, form_url, extra_context)

    def _adding(self, request: HttpRequest, form_url: str, extra_context: Any) -> Any:
        try:
            return super().add_view(request, form_url, extra_context)
        except Refused as refused:  # somebody was faster: said on the form, which sends nothing now
            again = copy(self)
            again.form_to_invite = refused_form(str(refused))
            return again._adding(request, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form that invites, told who does."""
        if obj is None:
            kwargs["form"] = self.form_to_invite
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.acting = acting_user(request)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Let the workflow write the row with its event."""
        sent = invitations.invite(by=acting_user(request), **form.arguments())
        obj.pk, obj.public_id = sent.pk, sent.public_id

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count the invitations that are out."""
        out = Invitation.objects.open_at(clock.now()).count()
        if not out:
            return []
        url = self.list_page("state__exact=sent")
        return [Waiting(label=gettext_lazy("Invitations not yet accepted"), number=out, url=url)]
