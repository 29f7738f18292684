"""Codes sent to a person's other addresses: asked for, confirmed, or run out."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from participants.models.people import Person
from participants.querysets import AddressConfirmationQuerySet
from stepchange import clock, codes
from stepchange.querysets import manager_of
from stepchange.references import ALPHABET, LENGTH

CODE_LASTS, MOST_TRIES = codes.LASTS, codes.MOST_TRIES


class AddressConfirmation(models.Model):
    """One code for one address of a person; confirmed once it was typed in time.

    The code itself rests nowhere: it is made from the row's random id and the portal's secret key
    whenever it is sent or compared. Whether it can still be used is computed, never stored.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="addresses", verbose_name=_("person")
    )
    address = models.EmailField(_("address"), max_length=254)
    asked_at = models.DateTimeField(_("asked for"), default=clock.now)
    tries = models.PositiveSmallIntegerField(_("wrong or right tries"), default=0)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    objects: ClassVar[AddressConfirmationQuerySet] = manager_of(AddressConfirmationQuerySet)

    class Meta:
        verbose_name = _("confirmation of an address")
        verbose_name_plural = _("confirmations of addresses")
        constraints = (
            models.CheckConstraint(
                condition=Q(tries__lte=MOST_TRIES), name="address_tried_so_often_at_most"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=models.F("asked_at")),
                name="address_confirmed_after_it_was_asked",
            ),
        )
        indexes = (
            models.Index(fields=("person", "-asked_at"), name="address_codes_of_a_person"),
            models.Index(fields=("address", "-asked_at"), name="address_codes_to_it"),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def record_key(self) -> str:
        """The record knows it by its random id."""
        return str(self.public_id)

    @property
    def expires_at(self) -> datetime:
        """The instant from which its code is no use."""
        return self.asked_at + CODE_LASTS

    @property
    def code(self) -> str:
        """The code, as it is emailed: two groups of four characters that can't be misread."""
        digest = salted_hmac(
            "participants.address", str(self.public_id), algorithm="sha256"
        ).digest()
        number = int.from_bytes(digest, "big")
        letters = []
        for _place in range(LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
