"""The platform's rows: the user, the append-only record and its chain."""

import uuid
from typing import Any, ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from stepchange import clock
from stepchange.encryption import EncryptedJSONField
from stepchange.querysets import AppendOnly, EventQuerySet


class UserManager(BaseUserManager["User"]):
    """Makes users; the email address is the log-in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password the log-in is by emailed code."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with every permission, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by log-in address, whatever its casing."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account that can sign in. Who the person is lives in `participants.Person`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("email address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(
        _("office"), default=False, help_text=_("May open the coordination office's console.")
    )
    date_joined = models.DateTimeField(_("joined"), default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = (
            models.UniqueConstraint(Lower("email"), name="one_account_an_email_address"),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Keep the log-in address in lower case."""
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """Return the name, for Django's admin."""
        return self.name

    def get_short_name(self) -> str:
        """Return the name or the address, for Django's admin."""
        return self.name or self.email

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read it anew, without what `roles.with_roles_told` read along with it before."""
        super().refresh_from_db(*args, **kwargs)
        vars(self).pop("holds_any", None)
        vars(self).pop("held_roles", None)

    @property
    def record_key(self) -> str:
        """The record knows an account by its random id."""
        return str(self.public_id)


class AppendOnlyModel(models.Model):
    """A row that is written once. Triggers of the database say the same to whoever goes past this.

    `stepchange.guards` makes them, in a migration of the model's own.
    """

    guarded_as: ClassVar[str] = "never_changed"
    """How the trigger over its changes is called, after the model's name."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; raises AppendOnly when the row exists."""
        if not self._state.adding:
            raise AppendOnly("The record is append-only: nothing in it is changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the record is append-only (law 6)."""
        raise AppendOnly("The record is append-only: nothing in it is deleted.")


class Event(AppendOnlyModel):
    """One thing that happened: who, when, what, why, and the version relied on (law 6).

    Notices derive from events too. `facts` hold opaque ids only; what is personal (the reason, above
    all) is in `personal`, whose salted digest stays when a person is erased, so that the chain holds.
    """

    at = models.DateTimeField(_("when"), default=clock.now)
    kind = models.CharField(_("what"), max_length=100)
    subject_kind = models.CharField(_("about"), max_length=60)
    subject_key = models.CharField(_("which"), max_length=64)
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    facts = models.JSONField(default=dict)
    personal = models.JSONField(default=dict)
    salt = models.CharField(max_length=32)
    personal_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True, blank=True)

    guarded_as = "changed_only_to_erase"
    objects: ClassVar[models.Manager["Event"]] = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events in the record")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("kind", "id"), name="event_by_kind"),
            models.Index(fields=("subject_kind", "subject_key"), name="event_by_subject"),
            models.Index(fields=("digest",), name="event_by_digest"),  # its address in the console
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key}"

    @property
    def reason(self) -> str:
        """Why it was done, as given; empty when none was asked or the person was erased."""
        return str(self.personal.get("reason", ""))


class Unsealed(models.Model):
    """An event that the chain has yet to take in: a queue, so that sealing never scans the record."""

    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, primary_key=True, related_name="unsealed"
    )

    def __str__(self) -> str:
        return f"unsealed {self.pk}"


class Seal(AppendOnlyModel):
    """One link of the chain: H(sequence, the link before, the event's digest)."""

    sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    link = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("sequence",)

    def __str__(self) -> str:
        return f"{self.sequence} {self.link}"


class KeptTyping(models.Model):
    """What somebody typed on a page and could not save: theirs alone, for a day (law 10)."""

    LONGEST_PATH = 200

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=LONGEST_PATH)
    values = EncryptedJSONField(default=dict)
    kept_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        indexes = (models.Index(fields=("owner", "path"), name="typing_by_owner_and_page"),)

    def __str__(self) -> str:
        return f"typed on {self.path}"
