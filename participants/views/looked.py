"""Who has looked at one's details, over HTTP: when, in which role, at what and why; never by name.

The looks of one UK day in the same role at the same thing for the same purpose are told on one line,
with how many they were: each step of a caseworker's work opens a page, and is a row of the record.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from participants.workflow import looking
from stepchange import clock
from stepchange.console.looks import IN_A_FILE, IN_A_LIST, LOOKS, PURPOSES
from stepchange.listing import page_of
from stepchange.models import Event, User
from stepchange.requests import SignedInRequest
from stepchange.roles import IN_WORDS, Role
from stepchange.uk_time import uk_list_span

FEW = 3
FEW_OF = 100
"""Of so many of the newest looks the account page tells the newest few lines."""


@dataclass(frozen=True)
class Told:
    """Looks of one day that say the same, in the words of whoever was looked at."""

    at: datetime
    who: str
    what: str
    why: str
    since: datetime | None = None
    times: int = 1

    @property
    def when(self) -> str:
        """Say on which day, between when and when."""
        return uk_list_span(self.since or self.at, self.at)


def told(look: Event) -> Told:
    """Return a look in words. What an older event does not say, it is not made to say."""
    what = looking.EXPRESSION if look.kind == looking.VIEWED else str(look.facts.get("what", ""))
    known = LOOKS.get(what)
    shown = str(known.shows) if known else _("Your details")
    if look.kind == looking.VIEWED:
        shown = _version(shown, look)
    if where := WITH_OTHERS.get(str(look.facts.get("where", ""))):
        shown = str(where) % {"shown": shown}
    purpose = look.facts.get("purpose") or (known.purpose if known else "")
    why = str(PURPOSES[purpose]) if purpose in PURPOSES else _("for the work of the office")
    if look.reason:  # what a file was taken for, as whoever took it said
        why = _("%(purpose)s: %(said)s") % {"purpose": why, "said": look.reason}
    return Told(look.at, _as_whom(look), shown, capfirst(why))


def _version(shown: str, look: Event) -> str:
    words = {"shown": shown, "reference": look.subject_key, "number": look.facts.get("snapshot")}
    if words["number"] is None:
        return _("%(shown)s %(reference)s") % words
    return _("%(shown)s %(reference)s, version %(number)s") % words


def _as_whom(look: Event) -> str:
    """Return the roles that were held then; of an older look, and of none, who it was in general."""
    held = [IN_WORDS[role] for role in Role if role.value in look.facts.get("roles", ())]
    return capfirst(
        get_text_list([str(role) for role in held], _("and")) or _("the coordination office")
    )


def few_looks(user: User, known: Iterable[models.Model]) -> list[Told]:
    """Return the newest few lines of others' looks at an account and at `known` rows of its own: one query.

    The whole list (`looked`) finds those at whatever else tells of its holder, too, and counts them all.
    """
    newest = looking.looks_at_any(user, known).only(*SHOWN)[:FEW_OF]
    return by_day(told(look) for look in newest)[:FEW]


SHOWN = ("at", "kind", "facts", "personal", "subject_kind", "subject_key")
WITH_OTHERS = {
    IN_A_LIST: gettext_lazy("%(shown)s, in a list of several people"),
    IN_A_FILE: gettext_lazy("%(shown)s, in a file that was taken away"),
}


def by_day(looks: Iterable[Told]) -> list[Told]:
    """Return one line for the looks of a UK day that say the same, in the order of their newest."""
    lines: dict[tuple[object, ...], Told] = {}
    for look in looks:  # newest first
        same = (clock.day_of(look.at), look.who, look.what, look.why)
        known = lines.get(same)
        lines[same] = (
            replace(known, since=look.at, times=known.times + 1) if known is not None else look
        )
    return list(lines.values())


@require_safe
@login_required
@never_cache
def looked(request: SignedInRequest) -> HttpResponse:
    """List who has looked at the signed-in person's details, newest first."""
    looks = looking.looks_at(request.user).only(*SHOWN)
    lines = by_day(told(look) for look in looks)
    page = page_of(lines, request.GET.get("page", ""))
    return render(
        request,
        "participants/looked.html",
        {
            "page": page,
            "looks": [*page],
            "number": sum(line.times for line in lines),
            "back_url": reverse("participants:account"),
        },
    )
