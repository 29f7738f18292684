"""Who may be one person with whom: the keys by which they are found, and the pairs that were."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from participants.likeness import POINTS, Reason
from participants.likeness_keys import LONGEST_KEY, Kind
from participants.models.people import Person
from participants.querysets import LikelyPairQuerySet
from stepchange import clock
from stepchange.querysets import manager_of


class LikenessKey(models.Model):
    """One key by which a person is compared with others: a digest, made of their details, never typed."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="likeness_keys")
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=LONGEST_KEY)

    class Meta:
        verbose_name = _("key of a person")
        verbose_name_plural = _("keys of people")
        constraints = (
            models.UniqueConstraint(fields=("key", "person"), name="one_likeness_key_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:8]}"


class LikelyPair(models.Model):
    """Two people who are likely one: what the office makes of it is kept, and not asked again.

    `facts` is a keyed digest of what the likeness rests on: who was said to be two is suggested again
    only when that changes. Of the two the one with the lower key is `one`. Which was merged into which
    is told by `Person.merged_into`.
    """

    class State(models.TextChoices):
        SUGGESTED = "suggested", _("To be looked at")
        DISMISSED = "dismissed", _("Not the same person")
        MERGED = "merged", _("Merged")
        LAPSED = "lapsed", _("No longer alike")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    one = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="likely_as_one")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="likely_as_other")
    score = models.PositiveSmallIntegerField(_("points"), default=0)
    reasons = models.JSONField(_("why"), default=list)
    facts = models.CharField(max_length=64, blank=True)
    suggested_at = models.DateTimeField(_("suggested"), default=clock.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUGGESTED)

    objects: ClassVar[LikelyPairQuerySet] = manager_of(LikelyPairQuerySet)

    class Meta:
        verbose_name = _("likely duplicate")
        verbose_name_plural = _("likely duplicates")
        constraints = (
            models.UniqueConstraint(fields=("one", "other"), name="one_likely_pair_of_two_people"),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="likely_pair_is_of_two_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["suggested", "dismissed", "merged", "lapsed"]),
                name="likely_pair_state_known",
            ),
        )
        indexes = (
            models.Index(fields=("other", "state"), name="likely_pairs_of_the_other"),
            models.Index(
                fields=("one", "other"), condition=Q(state="suggested"), name="likely_pairs_open"
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows a pair by its random id."""
        return str(self.public_id)

    @property
    def told(self) -> str:
        """What speaks for it, and then what against, in one sentence; who says so, where nothing does."""
        known = [Reason(code) for code in self.reasons if code in Reason.values]
        speaks_for = [str(each.label) for each in known if POINTS.get(each, 1) > 0]
        against = [str(each.label) for each in known if POINTS.get(each, 1) < 0]
        said = get_text_list(speaks_for, _t("and")) or _t("the office says so")
        if not against:
            return said
        but = get_text_list(against, _t("and"))
        return _t("%(speaks_for)s; but %(against)s") % {"speaks_for": said, "against": but}

    def beside(self, person: Person) -> Person:
        """Return the other of the two."""
        return self.other if person.pk == self.one_id else self.one
