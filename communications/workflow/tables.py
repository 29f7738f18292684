"""The states of an email and of the ledger's generations, and the only moves between them."""

from django.utils.translation import gettext_lazy as _

from communications import policies
from stepchange.transitions import Table, Transition, Words


def _by_portal(
    name: str, event: str, sources: tuple[str, ...], target: str, label: Words
) -> Transition:
    return Transition(
        name=name,
        event=event,
        sources=sources,
        target=target,
        label=label,
        policy=policies.portal_itself,
    )


def _by_office(
    name: str, event: str, sources: tuple[str, ...], target: str, label: Words
) -> Transition:
    return Transition(
        name=name,
        event=event,
        sources=sources,
        target=target,
        label=label,
        policy=policies.keeps_the_ledger,
        asks_reason=True,
    )


EMAIL = Table(
    "communications.email",
    _by_portal("claim", "claimed", ("queued",), "claimed", _("Claim")),
    _by_portal("take_back", "taken_back", ("claimed",), "queued", _("Take back")),
    _by_portal("begin", "begun", ("claimed",), "sending", _("Begin to send")),
    _by_portal("suppress", "suppressed", ("claimed", "held"), "suppressed", _("Leave unsent")),
    _by_portal("delay", "delayed", ("claimed", "sending"), "delayed", _("Try later")),
    _by_portal("wake", "woken", ("delayed",), "queued", _("Try again")),
    _by_portal("finish", "sent", ("sending",), "sent", _("Mark as sent")),
    _by_portal("fail", "failed", ("claimed", "sending"), "failed", _("Give up")),
    _by_portal("doubt", "doubted", ("sending",), "uncertain", _("Leave to a person")),
    _by_portal("repeat", "repeated", ("uncertain",), "queued", _("Send security mail again")),
    _by_portal("hold", "held", ("queued", "claimed", "delayed"), "held", _("Hold after a restore")),
    _by_office("resend", "resent", ("uncertain",), "queued", _("Send again")),
    _by_office("let_go", "let_go", ("held",), "queued", _("Send")),
    _by_office("confirm_sent", "confirmed", ("uncertain", "held"), "sent", _("Mark as sent")),
    model="communications.Email",
)

GENERATION = Table(
    "communications.generation",
    _by_office("release", "released", ("held",), "released", _("Send what is held")),
    model="communications.Generation",
)
