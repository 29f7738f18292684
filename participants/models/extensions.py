"""More time for one person: rows that are only ever added, of which the latest counts."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models.people import Person
from participants.querysets import ExtensionQuerySet
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of
from workstreams.models import Call


class Extension(AppendOnlyModel):
    """A later closing instant of a call for one person (law 4). Ending it early adds another row."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="extensions", verbose_name=_("person")
    )
    call = models.ForeignKey(
        Call, on_delete=models.PROTECT, related_name="extensions", verbose_name=_("call")
    )
    until = models.DateTimeField(
        _("until"), help_text=_("Exclusive, as the closing instant of a call is.")
    )
    reason = EncryptedTextField(_("reason"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("given by"),
    )
    given_at = models.DateTimeField(_("given"), default=clock.now)

    objects: ClassVar[ExtensionQuerySet] = manager_of(ExtensionQuerySet)

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.person}, {self.call}"

    @property
    def record_key(self) -> str:
        """The record knows an extension by its random id."""
        return str(self.public_id)
