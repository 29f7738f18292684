"""Organisations: one register of employers, forces, departments and suppliers."""

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stepchange.querysets import manager_of
from workstreams import identifiers
from workstreams.names import LONGEST_KEY, name_key
from workstreams.querysets import OrganisationQuerySet


class Sector(models.TextChoices):
    """The three sides of the tri-partite approach."""

    POLICE = "police", _("Police")
    PRIVATE = "private", _("Private sector")
    GOVERNMENT = "government", _("Government")


class IdentifierKind(models.TextChoices):
    """The register that knows an organisation by a number of its own."""

    COMPANIES_HOUSE = identifiers.COMPANIES_HOUSE, _("Companies House number")
    POLICE_FORCE = identifiers.POLICE_FORCE, _("Code of a police force")
    GOVERNMENT = identifiers.GOVERNMENT, _("Key of a government body")


COUNTING = ("proposed", "published")
"""The states of entries that count as themselves."""


class Organisation(models.Model):
    """An employer, force, department or supplier, with the unit that law 3 tells apart.

    One that is merged stays, with all that refers to it: `current` is the entry it counts as, so that
    undoing a merge gives back exactly what was.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        PUBLISHED = "published", _("Published")
        MERGED = "merged", _("Merged")
        REFUSED = "refused", _("Refused")

    # What the keys by which it is found are made of.
    NAMED_BY = frozenset({"name", "unit", "aliases", "domains"})

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=LONGEST_KEY, db_index=True, editable=False, default="")
    unit = models.CharField(
        _("command or unit"),
        max_length=200,
        blank=True,
        help_text=_("For police and government: the command or unit within."),
    )
    sector = models.CharField(_("sector"), max_length=12, choices=Sector.choices)
    group = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("group"),
        help_text=_("The parent it belongs to."),
    )
    aliases = models.TextField(
        _("also called"),
        blank=True,
        help_text=_("Other names people type for it, one a line: initials, a brand, an old name."),
    )
    domains = models.TextField(
        _("email domains"),
        blank=True,
        help_text=_("What stands after the @ in its addresses, one a line."),
    )
    identifier_kind = models.CharField(
        _("identifier"),
        max_length=15,
        blank=True,
        choices=IdentifierKind,
        help_text=_("The register that knows it by a number. Never shown to the public."),
    )
    identifier = models.CharField(
        _("number or code"),
        max_length=identifiers.LONGEST,
        blank=True,
        help_text=_("As that register writes it, like 01234567, SC123456, 48 or EA75."),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PROPOSED)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    state_before_merge = models.CharField(max_length=12, blank=True, editable=False)

    objects: ClassVar[OrganisationQuerySet] = manager_of(OrganisationQuerySet)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name", "unit")
        constraints = (
            models.UniqueConstraint(
                fields=("name", "unit", "sector"),
                name="one_organisation_a_name_unit_and_sector",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "published", "merged", "refused"]),
                name="organisation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(sector__in=["police", "private", "government"]),
                name="organisation_sector_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="merged",
                    merged_into__isnull=False,
                    state_before_merge__in=["proposed", "published"],
                )
                | (~Q(state="merged") & Q(merged_into__isnull=True, state_before_merge="")),
                name="organisation_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="organisation_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=Q(identifier_kind="", identifier="")
                | (
                    ~Q(identifier="")
                    & (
                        Q(identifier_kind="companies house", sector__in=["private", "government"])
                        | Q(identifier_kind="police force", sector="police")
                        | Q(identifier_kind="government", sector="government")
                    )
                ),
                name="organisation_identifier_of_its_sector",
            ),
            # A company is one entry; of a force or department each unit is one, under the same code.
            models.UniqueConstraint(
                fields=("identifier",),
                condition=Q(identifier_kind="companies house", state__in=COUNTING),
                name="one_organisation_a_company_number",
            ),
            models.UniqueConstraint(
                fields=("identifier_kind", "identifier", "unit"),
                condition=Q(identifier_kind__in=["police force", "government"], state__in=COUNTING),
                name="one_organisation_a_code_and_unit",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.unit}" if self.unit else self.name

    def save(self, *args: Any, **options: Any) -> None:
        """Keep the keys by which it is found in step with its names and domains."""
        names: Iterable[str] | None = options.get("update_fields")
        self.name_key = name_key(self.name)
        if names is not None and "name" in names:
            options["update_fields"] = {*names, "name_key"}
        with transaction.atomic():
            super().save(*args, **options)
            if names is None or self.NAMED_BY & set(names):
                OrganisationKey.objects.filter(organisation=self).delete()
                OrganisationKey.objects.bulk_create(self._keys())

    def _keys(self) -> "list[OrganisationKey]":
        kinds = OrganisationKey.Kind
        named = [(kinds.NAME, name_key(self.name, self.unit)), (kinds.NAME, self.name_key)]
        also = [(kinds.ALIAS, name_key(line)) for line in self.aliases.splitlines()]
        mail = [(kinds.DOMAIN, line.strip().casefold()) for line in self.domains.splitlines()]
        found = dict.fromkeys((kind, key) for kind, key in (*named, *also, *mail) if key)
        return [OrganisationKey(organisation=self, kind=kind, key=key) for kind, key in found]

    @property
    def record_key(self) -> str:
        """The record knows an organisation by its random id."""
        return str(self.public_id)

    @property
    def known_as(self) -> str:
        """The register's name for it, in words: "Companies House number 01234567"; or nothing."""
        return f"{self.get_identifier_kind_display()} {self.identifier}" if self.identifier else ""

    @property
    def current(self) -> "Organisation":
        """The entry it counts as: itself, or the one it was merged into."""
        return self.merged_into or self

    @property
    def current_group(self) -> "Organisation | None":
        """The parent it belongs to, as that counts now."""
        return self.group.current if self.group else None


class OrganisationKey(models.Model):
    """One key by which an organisation is found: made from its row, never typed."""

    class Kind(models.TextChoices):
        NAME = "name", _("Name")
        ALIAS = "alias", _("Also called")
        DOMAIN = "domain", _("Email domain")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=LONGEST_KEY, db_index=True)

    class Meta:
        verbose_name = _("key of an organisation")
        verbose_name_plural = _("keys of organisations")
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "kind", "key"), name="one_key_an_organisation_and_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
