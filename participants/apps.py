"""The participants app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipantsConfig(AppConfig):
    """Names the app in the console, and listens for who signs in and whose address changes."""

    name = "participants"
    verbose_name = _("Participants")

    def ready(self) -> None:
        """Let a sign-in cancel a request to remove the second factor that it used.

        And let a changed address have its person compared with others anew.
        """
        from django.contrib.auth.signals import user_logged_in

        from stepchange import signals

        user_logged_in.connect(_signed_in, dispatch_uid="participants.resets")
        signals.recording.connect(_recording, dispatch_uid="participants.likeness")


def _signed_in(user: Any, **_kwargs: Any) -> None:
    """Cancel what waits for an account: whoever signs in has not lost their second factor.

    A sign-in is complete only with the second factor, as long as there is one.
    """
    from participants.workflow import resets

    resets.cancel_of(user)


def _recording(event: Any, **_kwargs: Any) -> None:
    """Mark whose log-in address has changed, in the same transaction."""
    from stepchange.credentials import ADDRESS_CHANGED

    if event.kind == ADDRESS_CHANGED:
        from participants.workflow import likeness

        likeness.mark_changed_address(event)
