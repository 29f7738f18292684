"""The programme's structure: work-streams, seats and terms, calls, key activity."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stepchange import clock
from stepchange.querysets import manager_of
from workstreams.models.organisations import Organisation
from workstreams.querysets import CallQuerySet, TermQuerySet


class Sourced(models.Model):
    """A row that the programme's fixture can load. `loaded_digest` tells what the load last wrote.

    A reload replaces only what still is as it was loaded; what the office edited stays, and the
    reload says so (`load_programme`).
    """

    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)
    notes = models.JSONField(
        _("editor's notes"),
        default=list,
        blank=True,
        help_text=_("Where the source slips: a list of {about, quote, text}."),
    )

    class Meta:
        abstract = True


class WorkStream(Sourced):
    """One of the programme's protective security work-streams, jointly chaired."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    also_called = models.CharField(
        _("also called"),
        max_length=100,
        blank=True,
        help_text=_("The name at the head of its table in the source."),
    )
    code_prefix = models.CharField(_("code prefix"), max_length=4, unique=True)
    summary = models.TextField(
        _("summary"), blank=True, help_text=_("Editorial: ours, not the source's.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("work-stream")
        verbose_name_plural = _("work-streams")
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("projects:work-stream", args=[self.slug])

    @property
    def record_key(self) -> str:
        """The record knows a work-stream by its address."""
        return self.slug


class Seat(models.Model):
    """A place at the head of a work-stream: business or police, co-chair or deputy."""

    class Side(models.TextChoices):
        BUSINESS = "business", _("Business")
        POLICE = "police", _("Police")

    class Kind(models.TextChoices):
        CO_CHAIR = "co-chair", _("Co-chair")
        DEPUTY = "deputy", _("Deputy")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    work_stream = models.ForeignKey(
        WorkStream, on_delete=models.PROTECT, related_name="seats", verbose_name=_("work-stream")
    )
    side = models.CharField(_("side"), max_length=10, choices=Side)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CO_CHAIR)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ("work_stream", "side", "kind")
        constraints = (
            models.UniqueConstraint(
                fields=("work_stream", "side", "kind"), name="one_seat_a_side_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(side__in=["business", "police"]), name="seat_side_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["co-chair", "deputy"]), name="seat_kind_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.work_stream}: {self.get_side_display()} {self.get_kind_display().lower()}"

    @property
    def record_key(self) -> str:
        """The record knows a seat by its random id."""
        return str(self.public_id)


class Term(models.Model):
    """One holder's time in a seat, from its first day to its last, both included."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, related_name="terms", verbose_name=_("seat")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="terms",
        verbose_name=_("holder"),
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="terms", verbose_name=_("organisation")
    )
    starts_on = models.DateField(_("first day"), default=clock.today)
    ends_on = models.DateField(_("last day"), null=True, blank=True)

    objects: ClassVar[models.Manager["Term"]] = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ("seat", "-starts_on")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="term_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=("seat",), condition=Q(ends_on__isnull=True), name="one_open_term_a_seat"
            ),
            models.UniqueConstraint(fields=("seat", "starts_on"), name="one_term_a_seat_and_start"),
        )

    def __str__(self) -> str:
        return f"{self.holder} ({self.seat})"

    @property
    def is_over(self) -> bool:
        """Say whether its last day has passed."""
        return self.ends_on is not None and self.ends_on < clock.today()

    def is_on(self, day: date) -> bool:
        """Say whether it runs on a UK calendar day (the last day included)."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)

    def has_run_since(self, first: date, last: date) -> bool:
        """Say whether it ran on any of some UK calendar days."""
        return self.starts_on <= last and (self.ends_on is None or self.ends_on >= first)

    @property
    def record_key(self) -> str:
        """The record knows a term by its random id."""
        return str(self.public_id)


class Call(Sourced):
    """One round of the Call to Action. Whether it is open is computed from its instants (law 4)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CLOSED = "closed", _("Closed")
        ARCHIVED = "archived", _("Archived")

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(
        _("closes"),
        help_text=_("Exclusive: the midnight, UK time, that ends the closing day."),
    )
    delivery_on = models.DateField(_("delivery commences"))
    decisions_on = models.DateField(
        _("decisions expected"), null=True, blank=True, help_text=_("Told to those who submit.")
    )
    is_rolling = models.BooleanField(
        _("rolling"), default=False, help_text=_("Outcomes are released before the call closes.")
    )
    history = models.JSONField(
        _("history"),
        default=list,
        blank=True,
        help_text=_("What the source gave: shown, not linked."),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)

    objects: ClassVar[CallQuerySet] = manager_of(CallQuerySet)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("-opens_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="call_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "closed", "archived"]),
                name="call_state_known",
            ),
            models.UniqueConstraint(
                fields=("state",), condition=Q(state="published"), name="one_published_call"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def record_key(self) -> str:
        """The record knows a call by its address."""
        return self.slug

    def is_open(self, instant: datetime) -> bool:
        """Say whether the call is open at an instant, for everybody (extensions aside).

        Of a call recorded as closed since, too: what the server had before the closing instant is on
        time, however long it took to deal with it (law 4).
        """
        was_public = self.state in {self.State.PUBLISHED, self.State.CLOSED}
        return was_public and self.opens_at <= instant < self.closes_at

    def is_coming(self, instant: datetime) -> bool:
        """Say whether the call is announced and has yet to open."""
        return self.state == self.State.PUBLISHED and instant < self.opens_at

    def days_left(self, instant: datetime) -> int:
        """Return how many more UK days there are after today: 0 on the closing day itself."""
        return clock.days_left(self.closes_at, instant)


class KeyActivity(Sourced):
    """One row of "Key Activity To Date" in the Call to Action."""

    slug = models.SlugField(max_length=60, unique=True)
    when = models.CharField(_("when, as written"), max_length=40)
    sort_on = models.DateField(_("ordered as if on"))
    text = models.TextField(_("activity"))
    source = models.TextField(_("in the source"), blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("key activity")
        verbose_name_plural = _("key activities")
        ordering = ("position", "sort_on")

    def __str__(self) -> str:
        return f"{self.when}: {self.text[:60]}"

    @property
    def record_key(self) -> str:
        """The record knows it by its slug."""
        return self.slug


class Passage(Sourced):
    """A paragraph of the Call to Action, verbatim: what is asked, the background, the principles."""

    slug = models.SlugField(
        max_length=60, unique=True, validators=[RegexValidator(r"^[a-z0-9-]+$")]
    )
    topic = models.CharField(_("topic"), max_length=40)
    text = models.TextField(_("text"))
    source = models.TextField(_("in the source"), help_text=_("Its lines as they stand there."))
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ("topic", "position")

    def __str__(self) -> str:
        return f"{self.topic} {self.position}"

    @property
    def record_key(self) -> str:
        """The record knows a passage by its slug."""
        return self.slug
