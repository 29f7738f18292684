"""Declarations of interests: dated, signed statements, each a list of interests or an explicit nil."""

import uuid
from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models.people import Person
from participants.querysets import DeclarationQuerySet, InterestQuerySet, due_again_on
from projects.models import Project
from stepchange import clock
from stepchange.encryption import EncryptedJSONField, EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of


class InterestKind(models.TextChoices):
    """The kinds that the Cabinet Office lists (design.md, section 8)."""

    FINANCIAL = "financial", _("Financial")
    SHARES = "shareholdings", _("Shareholdings")
    OCCUPATION = "outside occupation", _("Another job or paid work")
    DIRECTORSHIP = "directorship", _("Directorship or running a business")
    EMPLOYMENT = "previous employment", _("Previous employment")
    VOLUNTARY = "voluntary role", _("Voluntary role")
    PERSONAL = "personal or family", _("Personal or family")
    PROCUREMENT = "procurement-related", _("Bids, tenders and contracts")
    INTELLECTUAL_PROPERTY = "intellectual property", _("Intellectual property")
    OTHER = "other", _("Something else")


class Declaration(AppendOnlyModel):
    """One signed statement: what it held on its day never changes; a newer one takes its place.

    Nil is said aloud: a person without a declaration has not declared. `digest` names what it held, for
    whatever relies on it.
    """

    class Source(models.TextChoices):
        INVITATION = "invitation", _("On taking up an invitation")
        EXPRESSION = "expression", _("With an expression of interest")
        OWN = "own", _("Of their own accord")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="declarations", verbose_name=_("person")
    )
    number = models.PositiveIntegerField(_("number"))
    is_nil = models.BooleanField(_("nothing to declare"))
    source = models.CharField(_("signed"), max_length=12, choices=Source)
    text_version = models.CharField(_("version of the words signed"), max_length=20)
    digest = models.CharField(max_length=16)
    signed_at = models.DateTimeField(_("signed at"), default=clock.now)

    objects: ClassVar[DeclarationQuerySet] = manager_of(DeclarationQuerySet)

    class Meta:
        verbose_name = _("declaration of interests")
        verbose_name_plural = _("declarations of interests")
        ordering = ("person", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "number"), name="one_declaration_a_person_and_number"
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=["invitation", "expression", "own"]),
                name="declaration_source_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} no. {self.number}"

    @property
    def record_key(self) -> str:
        """The record knows a declaration by its random id."""
        return str(self.public_id)

    @property
    def due_again_on(self) -> date:
        """Return the UK day from which it is out of date: a year on (design.md, section 8)."""
        return due_again_on(self.signed_at)


class Interest(AppendOnlyModel):
    """One interest of a declaration: of its kind, touching one project, or in general."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="interests")
    position = models.PositiveSmallIntegerField(_("order"))
    kind = models.CharField(_("kind"), max_length=24, choices=InterestKind)
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="interests",
        verbose_name=_("project"),
    )
    party = EncryptedTextField(_("who or what it is with"))
    gain = EncryptedTextField(_("what could be gained"), blank=True)
    since = EncryptedTextField(_("since when"), blank=True)

    objects: ClassVar[InterestQuerySet] = manager_of(InterestQuerySet)

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering = ("declaration", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("declaration", "position"), name="one_interest_a_position"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=InterestKind.values), name="interest_kind_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.declaration_id} {self.position}"

    @property
    def record_key(self) -> str:
        """The record knows an interest by its random id."""
        return str(self.public_id)


class DraftDeclaration(models.Model):
    """What somebody is about to declare: saved as they go (law 10), gone once it is signed.

    `interests` holds one mapping for each, as typed, with a random key; `is_nil` is None until the
    question is answered.
    """

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="draft_declaration"
    )
    is_nil = models.BooleanField(null=True)
    interests = EncryptedJSONField(default=list)
    saved_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"draft of {self.person_id}"
