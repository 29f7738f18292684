"""What was typed and could not be saved: kept for its owner until they sign in again (law 10).

A form opts in by a signed token (`{% keeps_typing %}`), which names its owner, its page and its fields.
When the form comes back where it can't be saved (the session ended, another account is signed in, the
server failed), `middleware.KeepsTyping` keeps those fields, encrypted, as the owner's. The page shows
them to that account alone, as not saved yet. Nothing in an address leads to them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, QueryDict, UnreadablePostError

from stepchange import clock
from stepchange.models import KeptTyping, User

# The hidden fields: the token, and which kept row the page shows.
SIGNED = "typing"
SHOWN = "kept"
# What travels with what was typed, and is no answer: the page as it was when it was opened.
TRAVELS = ("revision", "version")

SALT = "stepchange.kept_typing"
TOKEN_LASTS = timedelta(days=7)  # a page left open over a long weekend
KEPT_FOR = timedelta(hours=24)  # WCAG 2.2, 2.2.6, asks for 20 hours
MOST_ROWS = 20  # an owner's: whoever holds a token can't fill the table
LONGEST = 100_000  # characters in all: far above any page of ours
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


@dataclass(frozen=True)
class Typing:
    """What came back on a form whose token is genuine: whose it is, from where, what was typed."""

    owner: str
    path: str
    values: dict[str, list[str]]

    @property
    def answers(self) -> dict[str, list[str]]:
        """What a person typed or chose, without what only travels with it."""
        return {name: texts for name, texts in self.values.items() if name not in TRAVELS}

    @property
    def is_too_long(self) -> bool:
        """Say whether it is more than any honest page holds."""
        return sum(len(text) for texts in self.values.values() for text in texts) > LONGEST


def token_for(user: User, path: str, fields: Iterable[str]) -> str:
    """Return the token of a form: it opens nothing, it only says whose typing this is."""
    said = {"owner": str(user.public_id), "path": path, "fields": list(fields)}
    return signing.dumps(said, salt=SALT, compress=True)


def read(request: HttpRequest) -> Typing | None:
    """Return what was typed, when the form's token is genuine, not too old and this page's; else None.

    Asks neither session nor database, so that it can be told even while these are away.
    """
    if request.method != "POST" or request.content_type not in FORMS:
        return None
    try:
        said = signing.loads(request.POST.get(SIGNED, ""), salt=SALT, max_age=TOKEN_LASTS)
    except (signing.BadSignature, UnreadablePostError):
        return None
    if said["path"] != request.path:
        return None
    typed = {name: request.POST.getlist(name) for name in said["fields"] if name in request.POST}
    return Typing(said["owner"], said["path"], typed)


def keep(typing: Typing) -> bool:
    """Keep it for its owner; say whether it is kept. What is kept already is not kept twice.

    False for a page that is too long, an owner with `MOST_ROWS` of them, and an account that is closed.
    """
    if not typing.answers:
        return True
    owner = User.objects.filter(public_id=typing.owner, is_active=True).first()
    if owner is None or typing.is_too_long or len(typing.path) > KeptTyping.LONGEST_PATH:
        return False
    with transaction.atomic():
        rows = list(KeptTyping.objects.filter(owner=owner, kept_at__gt=clock.now() - KEPT_FOR))
        if any((row.path, row.values) == (typing.path, typing.values) for row in rows):
            return True
        if len(rows) >= MOST_ROWS:
            return False
        KeptTyping.objects.create(owner=owner, path=typing.path, values=typing.values)
    return True


@dataclass(frozen=True)
class Waiting:
    """What waits on a page to be checked and saved by its owner."""

    key: str
    data: QueryDict

    def travelled(self, name: str) -> str:
        """Return what a hidden field said of the page that it was typed on."""
        return str(self.data.get(name, "0"))

    @property
    def texts(self) -> dict[str, str]:
        """The last text of each field: what a plain form is filled with."""
        return {name: str(text) for name, text in self.data.items()}


def waiting(user: User, path: str) -> Waiting | None:
    """Return what the account typed on a page and could not save: the newest of it, for a day."""
    rows = KeptTyping.objects.filter(owner=user, path=path, kept_at__gt=clock.now() - KEPT_FOR)
    row = rows.order_by("-kept_at", "-pk").first()
    if row is None:
        return None
    data = QueryDict(mutable=True)
    for name, texts in row.values.items():
        data.setlist(name, texts)
    return Waiting(str(row.public_id), data)


def paths_waiting(user: User) -> set[str]:
    """Return the pages on which something that the account typed waits to be saved."""
    rows = KeptTyping.objects.filter(owner=user, kept_at__gt=clock.now() - KEPT_FOR)
    return set(rows.values_list("path", flat=True))


def shown_on(request: HttpRequest) -> str:
    """Return the key of what the form was shown with, empty for none and for what is no key."""
    try:
        return str(UUID(request.POST.get(SHOWN, "")))
    except ValueError:
        return ""


def saved(request: HttpRequest) -> None:
    """Say that a view has saved what was typed: it is not kept, and what it was shown with goes."""
    request.typing_is_safe = True  # type: ignore[attr-defined]  # our own mark on it
    if key := shown_on(request):
        forget(request.user, key)  # type: ignore[arg-type]  # signed in


def forget(user: User, key: str) -> str | None:
    """Drop what the account typed; return the page it was typed on, None when there is none such."""
    row = KeptTyping.objects.filter(owner=user, public_id=key).first()
    if row is None:
        return None
    row.delete()
    return row.path


def sweep() -> int:
    """Delete what was kept for a day; return how much that was."""
    return KeptTyping.objects.filter(kept_at__lte=clock.now() - KEPT_FOR).delete()[0]
