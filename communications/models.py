"""The ledger: every email is a row first (law 5); and messages to the office."""

import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communications.querysets import EmailQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedJSONField, EncryptedTextField
from stepchange.models import Event
from stepchange.querysets import manager_of


class Email(models.Model):
    """One message to one recipient, caused once; its body is rendered when a worker claims it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        CLAIMED = "claimed", _("Claimed")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DELAYED = "delayed", _("Delayed")
        FAILED = "failed", _("Failed")
        SUPPRESSED = "suppressed", _("Suppressed")
        UNCERTAIN = "uncertain", _("Uncertain")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")
        HELD = "held", _("Held")

    generation: uuid.UUID | None = None
    """Which generation a worker claimed it in; not stored."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notice = models.CharField(_("notice"), max_length=60)
    subject_key = models.CharField(_("about"), max_length=64)
    occurrence = models.CharField(_("occurrence"), max_length=64)
    recipient_key = models.CharField(_("recipient"), max_length=80)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, null=True, blank=True, related_name="emails"
    )
    payload = EncryptedJSONField(
        null=True, blank=True, help_text=_("What only this message says; gone once it is sent.")
    )
    address = models.EmailField(_("address"), max_length=254, blank=True)
    heading = models.CharField(_("subject"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("made"), default=clock.now)
    due_at = models.DateTimeField(_("due"), default=clock.now)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    handed = models.PositiveIntegerField(
        _("times begun"),
        default=0,
        help_text=_("How often a mail server was about to be given it."),
    )
    tried = models.JSONField(_("what was tried"), default=list, blank=True)
    why = models.CharField(_("why it stands so"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)

    objects: ClassVar[EmailQuerySet] = manager_of(EmailQuerySet)

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("notice", "subject_key", "occurrence", "recipient_key"),
                name="one_email_a_cause_and_recipient",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "queued",
                        "claimed",
                        "sending",
                        "sent",
                        "delayed",
                        "failed",
                        "suppressed",
                        "uncertain",
                        "bounced",
                        "complained",
                        "held",
                    ]
                ),
                name="email_state_known",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=Q(state__in=["queued", "delayed"]),
                name="email_to_send",
            ),
            models.Index(fields=("state", "-id"), name="email_by_state"),
            models.Index(
                fields=("notice", "event"),
                condition=Q(event__isnull=False),
                name="email_by_notice_and_event",
            ),
        )

    def __str__(self) -> str:
        return f"{self.notice} {self.subject_key}"

    @property
    def record_key(self) -> str:
        """The record knows an email by its random id."""
        return str(self.public_id)

    @property
    def shape(self) -> str:
        """Name the shape that goes with its state's word in a list (`sc-status--...`)."""
        return _SHAPES[self.State(self.state)]

    @property
    def message_id(self) -> str:
        """Fixed by the row: were it ever sent twice, mail programs would know it for the same."""
        return f"<{self.public_id}@{urlsplit(settings.PUBLIC_URL).hostname}>"


_SHAPES = {
    Email.State.QUEUED: "draft",
    Email.State.CLAIMED: "waiting",
    Email.State.SENDING: "waiting",
    Email.State.SENT: "done",
    Email.State.DELAYED: "waiting",
    Email.State.FAILED: "due",
    Email.State.SUPPRESSED: "stopped",
    Email.State.UNCERTAIN: "due",
    Email.State.BOUNCED: "due",
    Email.State.COMPLAINED: "due",
    Email.State.HELD: "due",
}


class Untold(models.Model):
    """An event that a notice is to tell of: a queue, so that a sweep never reads the whole record.

    Written with its event, and taken away with the writing of its rows: both are one transaction.
    """

    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, primary_key=True, related_name="untold"
    )

    def __str__(self) -> str:
        return f"untold {self.pk}"


class Generation(models.Model):
    """The database's life since it was made, or since a backup of it was restored.

    Each has a journal outside the database (`communications.journal`), by which a restore shows.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        HELD = "held", _("Waits for a decision")
        RELEASED = "released", _("Released")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    began_at = models.DateTimeField(_("noticed"), default=clock.now)
    held_emails = models.PositiveIntegerField(_("emails held"), default=0)
    known_handed = models.PositiveIntegerField(
        _("of these handed over before the restore"),
        default=0,
        help_text=_("The journal names them: the mail server was given them before."),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RUNNING)

    class Meta:
        verbose_name = _("restored backup")
        verbose_name_plural = _("restored backups")
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["running", "held", "released"]),
                name="generation_state_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.began_at.astimezone(clock.UK):%-d %B %Y, %H:%M}"

    @property
    def record_key(self) -> str:
        """The record knows a generation by its random id."""
        return str(self.public_id)


class ContactMessage(models.Model):
    """A visitor's message to the office, kept for the office to read and answer."""

    class About(models.TextChoices):
        PROJECTS = "projects", _("The programme or a project")
        EXPRESSION = "expression", _("My expression of interest")
        SIGNING_IN = "signing-in", _("Signing in to my account")
        DATA = "data", _("My personal data")
        ACCESSIBILITY = "accessibility", _("Using this website")
        OTHER = "other", _("Something else")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("email address"), max_length=254)
    about = models.CharField(_("about"), max_length=20, choices=About)
    message = EncryptedTextField(_("message"))
    received_at = models.DateTimeField(_("received"), default=clock.now)

    class Meta:
        verbose_name = _("message to the office")
        verbose_name_plural = _("messages to the office")
        ordering = ("-received_at",)

    def __str__(self) -> str:
        return f"{self.name}, {self.received_at:%-d %B %Y}"

    @property
    def record_key(self) -> str:
        """The record knows a message by its random id."""
        return str(self.public_id)

    @property
    def reference(self) -> str:
        """Name the message in a subject line, where its sender's words have no place."""
        return f"M-{self.public_id.hex[:8].upper()}"
