"""The participants app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipantsConfig(AppConfig):
    """Names the app in the console, and listens for who signs in and what is recorded."""

    name = "participants"
    verbose_name = _("Participants")

    def ready(self) -> None:
        """Let a sign-in cancel a request about its second factor, and keep in mind what to compare.

        And let a changed log-in address reopen the validation that relied on the old one, and have its
        person compared with others anew.
        """
        from django.contrib.auth.signals import user_logged_in

        from participants.workflow import suggestions
        from stepchange.signals import recording

        user_logged_in.connect(_signed_in, dispatch_uid="participants.resets")
        recording.connect(suggestions.keep_in_mind, dispatch_uid="participants.uncompared")
        recording.connect(_address_changed, dispatch_uid="participants.addresses")


def _signed_in(user: Any, **_kwargs: Any) -> None:
    """Cancel what waits for an account: whoever signs in has not lost their second factor.

    A sign-in is complete only with the second factor, as long as there is one.
    """
    from participants.workflow import resets

    resets.cancel_of(user)


def _address_changed(event: Any, **_kwargs: Any) -> None:
    """Take in that a log-in address was just changed, in the same transaction."""
    from participants.models import Person
    from participants.workflow import likeness, validation
    from stepchange.credentials import ADDRESS_CHANGED

    if event.kind == ADDRESS_CHANGED:
        likeness.mark_changed_address(event)
        person = Person.objects.filter(user__public_id=event.subject_key).first()
        if person is not None:
            validation.recheck(person)
