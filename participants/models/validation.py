"""Validation: whether somebody was shown to be who they say they are, by which checks, and for how long."""

import uuid
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from participants.evidence import CheckKind
from participants.gpg45 import GUIDE_VERSION, HIGHEST_SCORE, Scores
from participants.models.people import Person
from participants.querysets import (
    CheckQuerySet,
    FlagSettlementQuerySet,
    RefereeRequestQuerySet,
    ValidationQuerySet,
    anniversary,
)
from projects.models import IdentityLevel
from stepchange import clock
from stepchange.encryption import EncryptedJSONField, EncryptedTextField
from stepchange.models import AppendOnlyModel
from stepchange.querysets import manager_of
from workstreams.models import Organisation

SETTLED_WITHIN = timedelta(days=14)
"""How long the office means to take over what waits for it."""


def keyed_digest(value: str) -> str:
    """Return what a value is known by where it may be compared and not read, however it is written."""
    plain = " ".join(value.split()).casefold()
    return salted_hmac("participants.validation", plain, algorithm="sha256").hexdigest()


class Validation(models.Model):
    """One person's validation. Somebody without a row has not been looked at: it is not started.

    Whether they *are* validated is computed (`policies.identity_of`): the state, the clock, and whether
    the facts that it relied on are still the facts.
    """

    class State(models.TextChoices):
        NOT_STARTED = "not started", _("Not started")
        IN_PROGRESS = "in progress", _("In progress")
        ASKED = "more asked", _("More information asked")
        VALIDATED = "validated", _("Validated")
        REFUSED = "refused", _("Refused")

    OPEN = (State.NOT_STARTED, State.IN_PROGRESS, State.ASKED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="validation", verbose_name=_("person")
    )
    opened_at = models.DateTimeField(_("waits since"), default=clock.now)
    due_on = models.DateField(_("to be settled by"))
    caseworker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="validations",
        verbose_name=_("caseworker"),
    )
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("raised by"),
        help_text=_("Of the office, by hand: somebody else has to settle it."),
    )
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("refused by"),
    )
    refusal = EncryptedTextField(_("why it was refused, as the person is told"), blank=True)
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("validated by"),
    )
    validated_at = models.DateTimeField(_("validated"), null=True, blank=True)
    level = models.CharField(
        _("identity level"), max_length=10, choices=IdentityLevel, blank=True, default=""
    )
    profile = models.CharField(_("profile"), max_length=3, blank=True, default="")
    guide_version = models.CharField(_("version of GPG 45"), max_length=10, blank=True, default="")
    relied_on = models.JSONField(_("what it relied on"), default=dict, blank=True)
    relied_on_words = EncryptedJSONField(_("what it relied on, in words"), default=dict, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation it relied on"),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.NOT_STARTED, db_index=True
    )

    objects: ClassVar[ValidationQuerySet] = manager_of(ValidationQuerySet)

    class Meta:
        verbose_name = _("validation")
        verbose_name_plural = _("validations")
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=["not started", "in progress", "more asked", "validated", "refused"]
                ),
                name="validation_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="validated")
                | (
                    Q(validated_at__isnull=False, validated_by__isnull=False)
                    & Q(level__in=["low", "medium", "high", "very high"])
                    & ~Q(profile="")
                    & ~Q(guide_version="")
                ),
                name="validated_at_a_level",
            ),
            models.CheckConstraint(
                condition=~Q(state="validated")
                | Q(raised_by__isnull=True)
                | ~Q(raised_by=F("validated_by")),
                name="validated_by_another_than_raised_it",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | Q(refused_by__isnull=False),
                name="validation_refused_by_somebody",
            ),
        )
        indexes = (models.Index(fields=("state", "due_on", "id"), name="validation_queue"),)

    def __str__(self) -> str:
        return str(self.person)

    @property
    def record_key(self) -> str:
        """The record knows a validation by its random id."""
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        """Say whether it waits to be settled."""
        return self.state in self.OPEN

    @property
    def expires_on(self) -> date | None:
        """Return the UK day from which it holds no more: a year after it was given."""
        return anniversary(clock.day_of(self.validated_at)) if self.validated_at else None

    @property
    def is_overdue(self) -> bool:
        """Say whether the office has taken longer over it than it means to.

        Of somebody who has withdrawn nothing is due, as the queue reads along.
        """
        if vars(self).get("waits_for") == "withdrawn":
            return False
        return self.is_open and self.state != self.State.ASKED and self.due_on < clock.today()


FORGOTTEN = "forgotten"
"""In what a referee answered: that their details were removed by the clock."""


class RefereeRequest(models.Model):
    """One referee asked to confirm one person, by a link that works once.

    What the referee is asked to confirm is kept as it was asked: name, job and employer, nothing more.
    """

    LASTS: ClassVar[timedelta] = timedelta(days=14)

    class State(models.TextChoices):
        SENT = "sent", _("Asked")
        CONFIRMED = "confirmed", _("Confirmed")
        CONTESTED = "contested", _("Contested")
        UNKNOWN = "unknown person", _("Does not know the person")
        EXPIRED = "expired", _("Ran out")
        REPLACED = "replaced", _("Replaced")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    validation = models.ForeignKey(
        Validation, on_delete=models.PROTECT, related_name="referees", verbose_name=_("validation")
    )
    name = EncryptedTextField(_("referee’s name"))
    role_title = EncryptedTextField(_("referee’s job title"))
    email = EncryptedTextField(_("referee’s address"))
    email_key = models.CharField(max_length=64, db_index=True, editable=False)
    asked = EncryptedJSONField(_("what they were asked to confirm"), default=dict)
    relied_on = models.JSONField(default=dict, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("named by, of the office"),
    )
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    expires_at = models.DateTimeField(_("runs out"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answers = EncryptedJSONField(_("what they answered"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=14, choices=State, default=State.SENT)

    objects: ClassVar[RefereeRequestQuerySet] = manager_of(RefereeRequestQuerySet)

    class Meta:
        verbose_name = _("request to a referee")
        verbose_name_plural = _("requests to referees")
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "sent",
                        "confirmed",
                        "contested",
                        "unknown person",
                        "expired",
                        "replaced",
                    ]
                ),
                name="referee_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "contested", "unknown person"])
                | Q(answered_at__isnull=False),
                name="referee_answered_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "contested", "unknown person"])
                | Q(answered_at__isnull=True),
                name="referee_answer_stays",
            ),
            models.UniqueConstraint(
                fields=("validation",),
                condition=Q(state="sent"),
                name="one_referee_asked_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a request by its random id."""
        return str(self.public_id)

    @property
    def has_run_out(self) -> bool:
        """Say whether its time is over, whether or not the sweep has recorded that yet."""
        return self.state == self.State.EXPIRED or (
            self.state == self.State.SENT and self.expires_at <= clock.now()
        )

    @property
    def is_erased(self) -> bool:
        """Say whether the referee's details were removed: what they said stays, without them."""
        return not self.email

    @property
    def is_forgotten(self) -> bool:
        """Say whether the details were removed because a year was over, and not because they asked."""
        return self.is_erased and FORGOTTEN in self.answers


class RefereeLink(models.Model):
    """One link that was mailed, known by its digest alone: the link itself rests in the letter only."""

    asking = models.ForeignKey(RefereeRequest, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.asking_id} {self.digest[:8]}"


class Check(AppendOnlyModel):
    """One piece of evidence towards a validation: who checked what, how, when, and what it showed.

    Never changed: a newer check of the same kind takes its place.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        NOT_CONFIRMED = "not confirmed", _("Could not be confirmed")
        CONTRADICTED = "contradicted", _("Contradicted")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    validation = models.ForeignKey(
        Validation, on_delete=models.PROTECT, related_name="checks", verbose_name=_("validation")
    )
    kind = models.CharField(_("what was checked"), max_length=16, choices=CheckKind)
    outcome = models.CharField(_("outcome"), max_length=14, choices=Outcome)
    strength = models.PositiveSmallIntegerField(_("strength"), default=0)
    validity = models.PositiveSmallIntegerField(_("validity"), default=0)
    activity = models.PositiveSmallIntegerField(_("activity"), default=0)
    fraud = models.PositiveSmallIntegerField(_("identity fraud"), default=0)
    verification = models.PositiveSmallIntegerField(_("verification"), default=0)
    guide_version = models.CharField(_("version of GPG 45"), max_length=10, default=GUIDE_VERSION)
    method = EncryptedTextField(_("how it was made"), blank=True)
    number = EncryptedTextField(_("number"), blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checked by"),
    )
    referee = models.ForeignKey(
        RefereeRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("referee"),
    )
    relied_on = models.JSONField(default=dict)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checked_at = models.DateTimeField(_("checked"), default=clock.now)

    objects: ClassVar[CheckQuerySet] = manager_of(CheckQuerySet)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ("-checked_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=CheckKind.values), name="check_kind_known"),
            models.CheckConstraint(
                condition=Q(outcome__in=["confirmed", "not confirmed", "contradicted"]),
                name="check_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    strength__lte=HIGHEST_SCORE,
                    validity__lte=HIGHEST_SCORE,
                    activity__lte=HIGHEST_SCORE,
                    fraud__lte=HIGHEST_SCORE,
                    verification__lte=HIGHEST_SCORE,
                ),
                name="check_scores_at_most_four",
            ),
        )

    def __str__(self) -> str:
        return f"{self.validation_id} {self.kind}"

    @property
    def record_key(self) -> str:
        """The record knows a check by its random id."""
        return str(self.public_id)

    @property
    def is_of_a_former_referee(self) -> bool:
        """Say whether a referee's answer is of one in whose place another was asked since."""
        if self.referee_id is None:
            return False
        known = vars(self).get("has_later_referee")  # as `latest_ones` reads along
        if known is not None:
            return bool(known)
        asked = RefereeRequest.objects.filter(validation=self.validation_id)
        return asked.filter(pk__gt=self.referee_id).exists()

    @property
    def scores(self) -> Scores:
        """Return what it scores."""
        return Scores(
            strength=self.strength,
            validity=self.validity,
            activity=self.activity,
            fraud=self.fraud,
            verification=self.verification,
        )

    @property
    def expires_at(self) -> datetime:
        """Return the instant from which it is too old to count: a year on."""
        return clock.start_of(anniversary(clock.day_of(self.checked_at)))


class InformationRequest(models.Model):
    """Something that the office asked a person for, and what they answered."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    validation = models.ForeignKey(
        Validation, on_delete=models.PROTECT, related_name="questions", verbose_name=_("validation")
    )
    question = EncryptedTextField(_("question"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked"), default=clock.now)
    answer = EncryptedTextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("question about a validation")
        verbose_name_plural = _("questions about validations")
        ordering = ("-asked_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("validation",),
                condition=Q(answered_at__isnull=True),
                name="one_open_question_a_validation",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a question by its random id."""
        return str(self.public_id)


class FlagKind(models.TextChoices):
    """What makes somebody look twice: each is settled by a person, never by itself."""

    FREE_MAIL = "free mail", _("Works from an address that anybody can have")
    OTHER_DOMAIN = "other domain", _("The work address is not of the organisation’s domains")
    REFEREE_FREE_MAIL = "referee free mail", _("The referee’s address is one that anybody can have")
    REFEREE_OTHER_DOMAIN = (
        "referee other domain",
        _("The referee’s address is not of the organisation’s domains"),
    )
    SELF_REFEREE = "self-referee", _("The referee may be the person themself")
    SHARED_REFEREE = "shared referee", _("The referee speaks for others, too")
    SHARED_TELEPHONE = "shared telephone", _("Others gave the same telephone number")
    DUPLICATE = "duplicate", _("Likely the same as another person")
    REFEREE_CONTESTS = "referee contests", _("The referee contested what the person said")
    REFEREE_DENIES = "referee denies", _("The referee does not know the person")
    CHECK_CONTRADICTS = "check contradicts", _("A check contradicted what the person said")


class FlagSettlement(AppendOnlyModel):
    """What somebody of the office made of one flag, as its facts stood. Other facts raise it again."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    validation = models.ForeignKey(Validation, on_delete=models.PROTECT, related_name="settlements")
    kind = models.CharField(_("what was flagged"), max_length=20, choices=FlagKind)
    facts = models.CharField(_("digest of its facts"), max_length=64)
    reason = EncryptedTextField(_("why it is no obstacle"))
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(_("settled"), default=clock.now)

    objects: ClassVar[FlagSettlementQuerySet] = manager_of(FlagSettlementQuerySet)

    class Meta:
        verbose_name = _("settled flag")
        verbose_name_plural = _("settled flags")
        ordering = ("-settled_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=FlagKind.values), name="flag_kind_known"),
            models.UniqueConstraint(
                fields=("validation", "kind", "facts"), name="one_settlement_a_flag_and_facts"
            ),
        )

    def __str__(self) -> str:
        return f"{self.validation_id} {self.kind}"

    @property
    def record_key(self) -> str:
        """The record knows a settled flag by its random id."""
        return str(self.public_id)
