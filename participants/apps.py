"""The participants app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipantsConfig(AppConfig):
    """Names the app in the console, and listens for who signs in."""

    name = "participants"
    verbose_name = _("Participants")

    def ready(self) -> None:
        """Let a sign-in cancel a request about its second factor, and keep in mind what to compare."""
        from django.contrib.auth.signals import user_logged_in

        from participants.workflow import suggestions
        from stepchange import signals

        user_logged_in.connect(_signed_in, dispatch_uid="participants.resets")
        signals.recording.connect(suggestions.keep_in_mind, dispatch_uid="participants.uncompared")


def _signed_in(user: Any, **_kwargs: Any) -> None:
    """Cancel what waits for an account: whoever signs in has not lost their second factor.

    A sign-in is complete only with the second factor, as long as there is one.
    """
    from participants.workflow import resets

    resets.cancel_of(user)
