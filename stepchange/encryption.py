"""Fields that rest encrypted: personal words that are never searched (design.md, section 10).

Fernet with rotating keys: the first of FIELD_KEYS writes, all of them read. `rotate_field_keys`
writes every such field anew with the first key.
"""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Exact


class Undecryptable(Exception):
    """None of FIELD_KEYS opens the stored value: a key was lost or taken out too early."""


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(text: str) -> str:
    """Return `text` encrypted with the newest key."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Return what `seal` was given. Raises Undecryptable."""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable("A stored value opens with none of FIELD_KEYS.") from error


def is_newest(token: str) -> bool:
    """Say whether `token` rests under the newest key."""
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def reseal(token: str) -> str:
    """Return what `token` holds under the newest key. Raises Undecryptable."""
    return seal(unseal(token))


class _ExactlyEmpty(Exact):
    """Compares with nothing but the empty value, the one that rests as it is."""

    def get_prep_lookup(self) -> Any:
        """Refuse what would be compared with a ciphertext, and so never be found."""
        prepared = super().get_prep_lookup()
        if prepared:
            raise TypeError(f"{self.lhs.output_field} rests encrypted and can't be searched.")
        return prepared


if TYPE_CHECKING:
    Text = models.TextField[Any, Any]
else:
    Text = models.TextField


class EncryptedTextField(Text):
    """Text that the database only ever sees encrypted; the empty text stays empty."""

    description = "Text, encrypted at rest"

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        return seal(str(value)) if value else value

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> Any:
        """Decrypt on the way out."""
        return unseal(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse to search but for what is empty: equal texts have unequal ciphertexts."""
        if lookup_name == "exact":
            return _ExactlyEmpty
        if lookup_name != "isnull":
            raise TypeError(f"{self} rests encrypted and can't be searched by {lookup_name}.")
        return super().get_lookup(lookup_name)


class EncryptedJSONField(EncryptedTextField):
    """A JSON value that the database only ever sees encrypted."""

    description = "JSON, encrypted at rest"
    # What django-stubs reads a field's types from.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        """Serialise and encrypt on the way in."""
        return None if value is None else seal(json.dumps(value, cls=DjangoJSONEncoder))

    def from_db_value(self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper) -> Any:
        """Decrypt and read on the way out."""
        return json.loads(unseal(value)) if value else None

    def to_python(self, value: Any) -> Any:
        """Leave the value as it is: it is JSON already."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Return the value as JSON text, for serialisers."""
        return json.dumps(self.value_from_object(obj), cls=DjangoJSONEncoder)
