"""By what two people who may be one are found, without comparing everybody with everybody.

Whoever shares a key is compared. Keys are digests under the portal's secret key: equal for what is
equal, and telling nothing, not even of telephones, which rest encrypted elsewhere.
"""

from collections.abc import Iterator

from django.db.models import TextChoices
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from participants.given_names import full_forms
from participants.likeness import Details, Name, address_key, name_of, telephone_of
from workstreams.free_mail import is_free_mail
from workstreams.names import domain_of

LONGEST_KEY = 32
FORMS_AT_MOST = 6
"""Names that a short one may stand for, of which keys are made: "Chris" stands for two dozen."""


class Kind(TextChoices):
    """What a key is made of."""

    NAME = "name", _("Name")
    BEGINNING = "beginning", _("Given name and the first letter of the family name")
    INITIAL = "initial", _("Family name and an initial")
    COLLEAGUE = "colleague", _("Given name and employer")
    TELEPHONE = "telephone", _("Telephone")
    ADDRESS = "address", _("Email address")
    REFEREE = "referee", _("Referee")


FINDING = frozenset(Kind) - {Kind.REFEREE}
"""A referee alone is no likeness: theirs is kept for what else is asked of it."""


def digest_of(kind: str, *parts: str) -> str:
    """Return the digest of one key."""
    told = "\0".join(parts)
    return salted_hmac(f"participants.likeness.{kind}", told, algorithm="sha256").hexdigest()[
        :LONGEST_KEY
    ]


def keys_of(details: Details) -> frozenset[tuple[str, str]]:
    """Return a person's keys, each with its kind. `details.referee` is an address here."""
    return frozenset((kind.value, digest_of(kind, *parts)) for kind, *parts in _told(details))


def _told(details: Details) -> Iterator[tuple[Kind, *tuple[str, ...]]]:
    name = name_of(details.full_name)
    yield from _of_name(name)
    works = {details.employer, details.group, _domain(details)} - {""}
    for given in _forms(name):
        for work in works:
            yield Kind.COLLEAGUE, given, work
    if number := telephone_of(details.telephone).number:
        yield Kind.TELEPHONE, number
    for address in {address_key(details.work_email), address_key(details.log_in_email)} - {""}:
        yield Kind.ADDRESS, address
    if referee := address_key(details.referee):
        yield Kind.REFEREE, referee


def _of_name(name: Name) -> Iterator[tuple[Kind, *tuple[str, ...]]]:
    if name.letters:
        yield Kind.NAME, *name.words
    if not name.given or not name.surname:
        return
    for given in _forms(name):
        yield Kind.NAME, *sorted((given, name.surname))
        yield Kind.BEGINNING, given, name.surname[0]
        yield Kind.INITIAL, given[0], name.surname
    if len(name.family) > 1:
        for part in name.family:
            yield Kind.NAME, *sorted((name.given, part))


def _forms(name: Name) -> list[str]:
    """Return the given name and what it may be short for."""
    others = sorted(full_forms(name.given) - {name.given})
    return [name.given, *others[:FORMS_AT_MOST]] if name.given else []


def _domain(details: Details) -> str:
    domain = domain_of(details.work_email)
    return "" if is_free_mail(domain) else domain
