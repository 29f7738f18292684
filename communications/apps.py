"""The communications app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunicationsConfig(AppConfig):
    """Names the app in the console, and listens for events that cause notices."""

    name = "communications"
    verbose_name = _("Communications")

    def ready(self) -> None:
        """Hang up the doorbell, keep in mind what there is to tell, forget what is erased.

        And say which emails are about whom.
        """
        from communications import doorbell, previews
        from communications.workflow import deriving, erasing, looked
        from participants.workflow import looking
        from reviews import previews as outcomes
        from stepchange import signals

        signals.recording.connect(deriving.keep_in_mind, dispatch_uid="communications.untold")
        signals.recording.connect(erasing.forget_referee, dispatch_uid="communications.erasing")
        signals.recorded.connect(doorbell.on_recorded, dispatch_uid="communications.doorbell")
        looking.ELSEWHERE.append(looked.emails_about)
        outcomes.WRITERS.append(previews.about_outcome)
