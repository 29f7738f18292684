"""Acceptances of the undertaking: who accepted which version of the in-confidence terms, and when."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models.people import Person
from participants.querysets import UndertakingQuerySet
from stepchange import clock
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of


class Undertaking(AppendOnlyModel):
    """One acceptance of one version. It is current while that version is the newest: never stored."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="undertakings", verbose_name=_("person")
    )
    version = models.CharField(_("version"), max_length=20)
    digest = models.CharField(_("digest of the words"), max_length=16)
    accepted_at = models.DateTimeField(_("accepted"), default=clock.now)

    objects: ClassVar[UndertakingQuerySet] = manager_of(UndertakingQuerySet)

    class Meta:
        verbose_name = _("undertaking")
        verbose_name_plural = _("undertakings")
        ordering = ("-accepted_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("person", "version", "digest"), name="one_acceptance_a_person_and_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.version}"

    @property
    def record_key(self) -> str:
        """The record knows an acceptance by its random id."""
        return str(self.public_id)
