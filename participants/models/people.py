"""People, apart from their accounts."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.querysets import PersonQuerySet, WorkedForQuerySet, oldest_within_a_year
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from workstreams.models import Organisation

if TYPE_CHECKING:
    from participants.models import Extension


class Person(models.Model):
    """A participant, apart from the account: who they are outlives how they sign in.

    One that is merged stays, with all that refers to it: `current` is the person they count as, so that
    undoing a merge gives back exactly what was. Whoever changes `organisation` saves the row, which
    remembers whom they worked for before (`WorkedFor`).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("account"),
    )
    full_name = models.CharField(_("full name"), max_length=200, blank=True)
    role_title = models.CharField(_("job title"), max_length=200, blank=True)
    telephone = EncryptedTextField(_("telephone"), blank=True)
    work_email = models.EmailField(_("work email"), max_length=254, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("organisation"),
    )
    campaign_consent_at = models.DateTimeField(_("agreed to campaign mail"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    likeness_due = models.BooleanField(default=False, editable=False)
    """Whether they have yet to be compared with others, since their details changed."""

    objects: ClassVar[PersonQuerySet] = manager_of(PersonQuerySet)

    _employer_read: int | None = None
    """The key of whom they worked for when the row was read."""

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="person_not_merged_into_themself",
            ),
        )
        indexes = (
            models.Index(fields=("full_name", "id"), name="people_by_name"),
            models.Index(
                fields=("id",), condition=Q(likeness_due=True), name="people_to_be_compared"
            ),
        )

    def __str__(self) -> str:
        return self.full_name or (self.user.email if self.user else str(self.public_id))

    def save(self, *args: Any, **options: Any) -> None:
        """Remember whom they worked for until now, where that is another from here on (law 3)."""
        names: Iterable[str] | None = options.get("update_fields")
        is_saved = names is None or not {"organisation", "organisation_id"}.isdisjoint(names)
        works_for = vars(self).get("organisation_id")
        if not is_saved or works_for == self._employer_read:
            super().save(*args, **options)
            return
        with transaction.atomic():
            super().save(*args, **options)
            WorkedFor.objects.learn(self, works_for, instead_of=self._employer_read)
        self._note_employer()

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> "Person":
        """Keep in mind whom they worked for when the row was read."""
        person = super().from_db(*args, **options)
        person._note_employer()
        return person

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Keep in mind whom they work for now."""
        super().refresh_from_db(*args, **options)
        self._note_employer()

    def _note_employer(self) -> None:
        self._employer_read = vars(self).get("organisation_id")

    @property
    def given_extensions(self) -> "Iterable[Extension]":
        """The extensions ever given to them, oldest first.

        Few have any: where a queryset read along that there are none (`is_extended`), no query asks.
        """
        return () if vars(self).get("is_extended") is False else self.extensions.all()

    @property
    def current(self) -> "Person":
        """The person they count as: themself, or the one they were merged into."""
        return self.merged_into or self

    @property
    def counts_as_id(self) -> int:
        """The key of the person they count as, without reading that one."""
        return self.merged_into_id or self.pk

    @property
    def record_key(self) -> str:
        """The record knows a person by a random id."""
        return str(self.public_id)


class WorkedFor(models.Model):
    """Whom somebody gave as their employer, and until when: none where nothing took its place yet.

    A conflict outlives what somebody says of themself: law 3 asks these rows, not the newest word alone
    (docs/decisions/0028-conflicts-outlive-self-edits.md).
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="worked_for")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="people_then"
    )
    until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[WorkedForQuerySet] = manager_of(WorkedForQuerySet)

    class Meta:
        verbose_name = _("employer given")
        verbose_name_plural = _("employers given")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "organisation"), name="one_row_a_person_and_employer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.organisation_id}"

    def counts_on(self, day: date) -> bool:
        """Say whether it is somebody's own to law 3 on a UK day: a year on from its end, no longer."""
        return self.until is None or clock.day_of(self.until) >= oldest_within_a_year(day)
