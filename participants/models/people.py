"""People, apart from their accounts."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.querysets import PersonQuerySet
from stepchange.encryption import EncryptedTextField
from workstreams.models import Organisation


class Person(models.Model):
    """A participant, apart from the account: who they are outlives how they sign in."""

    # What to read along, to know whom a person works for now.
    WITH_ORGANISATION = (
        "organisation__group__merged_into",
        "organisation__merged_into__group__merged_into",
    )

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

    objects: ClassVar[PersonQuerySet] = PersonQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.full_name or (self.user.email if self.user else str(self.public_id))

    @property
    def record_key(self) -> str:
        """The record knows a person by a random id."""
        return str(self.public_id)
