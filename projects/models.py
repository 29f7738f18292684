"""Projects, as the Call to Action words them, and milestones."""

import uuid
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.querysets import PUBLISHED, TAKES_INTEREST, MilestoneQuerySet, ProjectQuerySet
from stepchange import clock
from stepchange.querysets import manager_of
from workstreams.models import Sourced, WorkStream


class Contribution(models.TextChoices):
    """What a volunteer can do for a project: the Call to Action's three verbs."""

    DEVELOP = "develop", _("Develop it")
    LEAD = "lead", _("Lead it")
    DELIVER = "deliver", _("Deliver it")


class IdentityLevel(models.TextChoices):
    """How sure the programme is of somebody's identity: the levels of confidence of GPG 45."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    VERY_HIGH = "very high", _("Very high")

    @property
    def rank(self) -> int:
        """Return its place, from the lowest."""
        return list(type(self)).index(self)

    @property
    def to_volunteers(self) -> str:
        """Say what a volunteer will need, where it is more than everybody does; else nothing."""
        if self == type(self).LOW:
            return ""
        return gettext(
            "You will need to show the office more of who you are before you join: a staff card, a warrant "
            "card or a passport, on a video call (identity level: %(level)s)."
        ) % {"level": self.label.lower()}

    def reaches(self, least: str) -> bool:
        """Say whether it is this level or a higher one."""
        return self.rank >= type(self)(least).rank


class Project(Sourced):
    """One of the programme's projects: an action, and a vision for success."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        PROVISIONAL = "provisional", _("Provisionally agreed")
        AGREED = "agreed", _("Agreed")
        IN_DELIVERY = "in delivery", _("In delivery")
        DELIVERED = "delivered", _("Delivered")
        CLOSED = "closed", _("Closed")
        REJECTED = "rejected", _("Rejected")

    code = models.CharField(
        _("code"),
        max_length=8,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z]{1,4}[0-9]{1,3}$", _("Capital letters, then a number."))
        ],
    )
    work_stream = models.ForeignKey(
        WorkStream, on_delete=models.PROTECT, related_name="projects", verbose_name=_("work-stream")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(
        _("short name"), max_length=120, help_text=_("Editorial: ours, not the source's.")
    )
    action = models.TextField(_("action"))
    vision = models.TextField(_("vision for success"))
    source_action = models.TextField(_("action, in the source"), blank=True)
    source_vision = models.TextField(_("vision, in the source"), blank=True)
    places = models.PositiveSmallIntegerField(
        _("places"),
        null=True,
        blank=True,
        help_text=_("Editorial: how many people the team seeks."),
    )
    wants_develop = models.BooleanField(_("wants people to develop it"), default=False)
    wants_lead = models.BooleanField(_("wants people to lead it"), default=False)
    wants_deliver = models.BooleanField(_("wants people to deliver it"), default=False)
    needs = models.TextField(
        _("what the team still needs"),
        blank=True,
        help_text=_("Editorial: ours, not the source's."),
    )
    interest_prompt = models.TextField(
        _("prompt for interests"),
        blank=True,
        help_text=_("Editorial: what this project could let a firm gain, asked as a question."),
    )
    identity_level = models.CharField(
        _("least identity level"),
        max_length=10,
        choices=IdentityLevel,
        default=IdentityLevel.LOW,
        help_text=_("How sure the programme must be of who somebody is before they can join."),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PROPOSED)

    objects: ClassVar[ProjectQuerySet] = manager_of(ProjectQuerySet)

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("work_stream__position", "position", "code")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "proposed",
                        "provisional",
                        "agreed",
                        "in delivery",
                        "delivered",
                        "closed",
                        "rejected",
                    ]
                ),
                name="project_state_known",
            ),
            models.CheckConstraint(
                condition=Q(identity_level__in=["low", "medium", "high", "very high"]),
                name="project_identity_level_known",
            ),
        )
        indexes = (models.Index(fields=("state", "position"), name="project_by_state"),)

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("projects:detail", args=[self.code])

    @property
    def record_key(self) -> str:
        """The record knows a project by its code."""
        return self.code

    @property
    def contributions_wanted(self) -> list[Contribution]:
        """Return what the team looks for; empty where the programme has not said."""
        return [wanted for wanted in Contribution if getattr(self, f"wants_{wanted.value}")]

    @property
    def identity_wanted(self) -> str:
        """Say what a volunteer will need to show of who they are, where it is more than everybody does."""
        return IdentityLevel(self.identity_level).to_volunteers

    @property
    def takes_interest(self) -> bool:
        """Say whether an expression of interest can name it."""
        return self.state in TAKES_INTEREST

    @property
    def is_published(self) -> bool:
        """Say whether the public may see it."""
        return self.state in PUBLISHED


class Milestone(Sourced):
    """A dated step of the programme, or of one project. Its first date is kept when it moves."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        MET = "met", _("Met")
        MISSED = "missed", _("Missed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("name in the source"), max_length=60, unique=True)
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="milestones",
        verbose_name=_("project"),
        help_text=_("None: a milestone of the whole programme."),
    )
    title = models.CharField(_("title"), max_length=200)
    source = models.TextField(_("in the source"), blank=True)
    due_on = models.DateField(_("due"))
    first_due_on = models.DateField(_("first due"), editable=False)
    met_on = models.DateField(_("met"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PLANNED)

    objects: ClassVar[MilestoneQuerySet] = manager_of(MilestoneQuerySet)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ("due_on", "position")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["planned", "met", "missed"]), name="milestone_state_known"
            ),
            models.CheckConstraint(
                condition=Q(met_on__isnull=True) | Q(state="met"), name="milestone_met_has_date"
            ),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the first date it was due."""
        if self._state.adding:
            self.first_due_on = self.due_on
        super().save(*args, **kwargs)

    @property
    def record_key(self) -> str:
        """The record knows a milestone by its random id."""
        return str(self.public_id)

    @property
    def has_moved(self) -> bool:
        """Say whether it is due on another day than at first."""
        return self.due_on != self.first_due_on

    @property
    def is_overdue(self) -> bool:
        """Say whether its day has passed without a word."""
        return self.state == self.State.PLANNED and self.due_on < clock.today()
