"""What the office makes of a declared interest, carried from declaration to declaration."""

import json
import unicodedata
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from participants.models.declarations import Interest
from participants.models.people import Person
from participants.querysets import InterestCaseQuerySet
from projects.models import Project
from stepchange import clock
from stepchange.encryption import EncryptedTextField
from stepchange.querysets import manager_of
from workstreams.models import WorkStream


class InterestCase(models.Model):
    """One interest of one person, as the office deals with it.

    A declaration says everything anew; a case is known by what is said (`key`), so that an interest
    said again in the same words keeps its case and its outcome, and one in other words begins anew.
    `interest` is the newest row that says it: while that row stands in the person's newest declaration,
    the interest is declared. `relied_on` is the digest of the declaration that was assessed.
    """

    class State(models.TextChoices):
        DECLARED = "declared", _("Declared")
        ASSESSED = "assessed", _("Assessed")
        NO_ACTION = "no action", _("No action needed")
        MANAGED = "managed", _("Managed")
        EXCLUDED = "excluded", _("Excluded")

    class Nature(models.TextChoices):
        ACTUAL = "actual", _("Actual conflict")
        POTENTIAL = "potential", _("Potential conflict")
        PERCEIVED = "perceived", _("Perceived conflict")
        NONE = "none", _("No conflict")

    class Outcome(models.TextChoices):
        """What has come of it, by the clock too: computed, never stored."""

        UNDECIDED = "undecided", _("Undecided")
        NO_ACTION = "no action", _("No action needed")
        MANAGED = "managed", _("Managed")
        OVERDUE = "overdue", _("Managed, and the check is overdue")
        PROVED = "proved", _("Managed, and shown to be done")
        EXCLUDED = "excluded", _("Excluded")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="interest_cases", verbose_name=_("person")
    )
    key = models.CharField(max_length=64, editable=False)
    interest = models.ForeignKey(
        Interest, on_delete=models.PROTECT, related_name="+", verbose_name=_("interest")
    )
    first_interest = models.ForeignKey(
        Interest, on_delete=models.PROTECT, related_name="+", verbose_name=_("first said as")
    )
    opened_at = models.DateTimeField(_("first declared"), default=clock.now)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature, blank=True)
    reason = EncryptedTextField(_("reason"), blank=True)
    relied_on = models.CharField(_("version assessed"), max_length=16, blank=True)
    assessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assessed by"),
    )
    assessed_at = models.DateTimeField(_("assessed"), null=True, blank=True)
    mitigation = EncryptedTextField(_("what is to be done"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    check_on = models.DateField(_("to be checked by"), null=True, blank=True)
    proof = EncryptedTextField(_("what shows that it is done"), blank=True)
    proved_at = models.DateTimeField(_("shown to be done"), null=True, blank=True)
    proved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proof recorded by"),
    )
    excluded_stream = models.ForeignKey(
        WorkStream,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("excluded from the whole of"),
    )
    excluded_from: "models.ManyToManyField[Project, InterestExclusion]" = models.ManyToManyField(
        Project,
        through="participants.InterestExclusion",
        related_name="+",
        verbose_name=_("excluded from"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DECLARED)

    objects: ClassVar[InterestCaseQuerySet] = manager_of(InterestCaseQuerySet)

    class Meta:
        verbose_name = _("declared interest")
        verbose_name_plural = _("declared interests")
        ordering = ("-opened_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("person", "key"), name="one_interest_case_a_person_and_key"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["declared", "assessed", "no action", "managed", "excluded"]),
                name="interest_case_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="declared",
                    nature="",
                    relied_on="",
                    assessed_at__isnull=True,
                    assessed_by__isnull=True,
                )
                | (
                    ~Q(state="declared")
                    & Q(nature__in=["actual", "potential", "perceived", "none"])
                    & ~Q(relied_on="")
                    & ~Q(reason="")
                    & Q(assessed_at__isnull=False, assessed_by__isnull=False)
                ),
                name="interest_case_assessed_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="managed", owner__isnull=False, check_on__isnull=False)
                    & ~Q(mitigation="")
                )
                | (
                    ~Q(state="managed")
                    & Q(mitigation="", owner__isnull=True, check_on__isnull=True)
                ),
                name="interest_case_managed_by_an_owner",
            ),
            models.CheckConstraint(
                condition=Q(proof="", proved_at__isnull=True, proved_by__isnull=True)
                | (
                    Q(state="managed", proved_at__isnull=False, proved_by__isnull=False)
                    & ~Q(proof="")
                ),
                name="interest_case_proved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="excluded") | Q(excluded_stream__isnull=True),
                name="interest_case_excludes_when_excluded",
            ),
        )
        indexes = (
            models.Index(fields=("state", "check_on"), name="interest_cases_by_check"),
            models.Index(fields=("opened_at",), name="interest_cases_by_age"),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a case by its random id."""
        return str(self.public_id)

    @property
    def is_undecided(self) -> bool:
        """Say whether nothing has come of it yet."""
        return self.state in {self.State.DECLARED, self.State.ASSESSED}

    @property
    def is_overdue(self) -> bool:
        """Say whether the day to check by has passed and nobody has shown that it is done."""
        return bool(self.check_on and self.proved_at is None and self.check_on < clock.today())

    @property
    def outcome(self) -> Outcome:
        """Return what has come of it, as that stands now."""
        if self.is_undecided:
            return self.Outcome.UNDECIDED
        if self.state != self.State.MANAGED:
            return self.Outcome(self.state)
        if self.is_overdue:
            return self.Outcome.OVERDUE
        return self.Outcome.PROVED if self.proved_at else self.Outcome.MANAGED

    def excludes(self, project: Project) -> bool:
        """Say whether it keeps the person out of a project."""
        if self.state != self.State.EXCLUDED:
            return False
        if self.excluded_stream_id == project.work_stream_id:
            return True
        return any(each.pk == project.pk for each in self.excluded_from.all())

    @staticmethod
    def key_of(interest: Interest) -> str:
        """Return what an interest is known by: all that is said, however it is typed."""
        said = [
            str(interest.declaration.person.public_id),
            interest.kind,
            interest.project.code if interest.project else "",
            plainly(interest.party),
            plainly(interest.gain),
            plainly(interest.since),
        ]
        salt, text = "participants.interest_case", json.dumps(said)
        return salted_hmac(salt, text, algorithm="sha256").hexdigest()


def plainly(text: str) -> str:
    """Return a text without what makes it look other and say the same: casing, white space, forms."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class InterestExclusion(models.Model):
    """That an interest keeps its person out of one project."""

    case = models.ForeignKey(InterestCase, on_delete=models.PROTECT, related_name="exclusions")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("exclusion from a project")
        verbose_name_plural = _("exclusions from projects")
        constraints = (
            models.UniqueConstraint(
                fields=("case", "project"), name="one_exclusion_a_case_and_project"
            ),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.project_id}"
