"""Writing every encrypted field anew with the newest of FIELD_KEYS, while the portal runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Cast

from stepchange import encryption
from stepchange.encryption import EncryptedTextField, Undecryptable

BATCH = 500
# Whose secrets `SecondFactorAdapter` encrypts; a passkey's row holds public keys only.
SEALED_BY_US = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


@dataclass
class Rotated:
    """How one field of one model stands: rows written anew, and the rows that no key opens."""

    model: type[models.Model]
    field: "models.Field[Any, Any]"
    written: int = 0
    unreadable: int = 0

    @property
    def name(self) -> str:
        """Name the field, for a message."""
        return f"{self.model._meta.label}.{self.field.name}"


def rotate_all() -> Iterator[Rotated]:
    """Write every encrypted field of every model anew, a batch at a time; yield each field's outcome.

    Rows that rest under the newest key already are left alone, so a rotation that was stopped goes on
    where it was. A row changed meanwhile is left too: whoever changed it wrote it with the newest key.
    """
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield _rotate(Rotated(model, field))
    yield _rotate_second_factors()


def _rotate_second_factors() -> Rotated:
    """Write anew the secrets of authenticator apps, which allauth keeps inside a JSON field."""
    outcome = Rotated(Authenticator, Authenticator._meta.get_field("data"))
    for factor in Authenticator.objects.filter(type__in=SEALED_BY_US).iterator(chunk_size=BATCH):
        try:
            anew = {name: _sealed_anew(value) for name, value in factor.data.items()}
        except Undecryptable:
            outcome.unreadable += 1
            continue
        if anew != factor.data:
            unchanged = Authenticator.objects.filter(pk=factor.pk, data=factor.data)
            outcome.written += unchanged.update(data=anew)
    return outcome


def _sealed_anew(value: Any) -> Any:
    """Return a secret, or a list of them, under the newest key; other values as they are."""
    if isinstance(value, list):
        return [_sealed_anew(each) for each in value]
    if not isinstance(value, str) or encryption.is_newest(value):
        return value
    return encryption.reseal(value)


def _rotate(outcome: Rotated) -> Rotated:
    last = None
    while batch := _batch(outcome, last):
        with transaction.atomic():
            for key, token in batch:
                _rotate_one(outcome, key, token)
        last = batch[-1][0]
    return outcome


def _batch(outcome: Rotated, last: object) -> list[tuple[object, str]]:
    """Return the next keys and ciphertexts, as they rest: a cast goes round the field's decryption."""
    rows = outcome.model._base_manager.order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    resting = rows.annotate(resting=Cast(outcome.field.name, models.TextField()))
    return list(resting.values_list("pk", "resting")[:BATCH])


def _rotate_one(outcome: Rotated, key: object, token: str | None) -> None:
    if not token or encryption.is_newest(token):
        return
    try:
        anew = encryption.reseal(token)
    except Undecryptable:
        outcome.unreadable += 1
        return
    unchanged = outcome.model._base_manager.annotate(
        resting=Cast(outcome.field.name, models.TextField())
    ).filter(pk=key, resting=token)
    # An expression, so that the field does not encrypt it once more.
    outcome.written += unchanged.update(
        **{outcome.field.name: Value(anew, output_field=models.TextField())}
    )
