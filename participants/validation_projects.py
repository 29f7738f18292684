"""What a person is told of each project they chose: which identity level it asks, what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.evidence import CheckKind
from participants.models import Check, ProjectChoice
from participants.policies.identity import Identity
from projects.models import IdentityLevel
from stepchange.transitions import Words

Ways = tuple[str, ...]
MOST_WAYS = 3
"""So many ways are told, the shortest first: a choice, and no catalogue."""
MISSING: Mapping[str, Words] = {
    CheckKind.WORK_EMAIL: gettext_lazy("that your work email address is yours"),
    CheckKind.DOMAIN: gettext_lazy("that the address is your organisation’s"),
    CheckKind.REFEREE: gettext_lazy("that a referee confirms who you are"),
    CheckKind.CALL_BACK: gettext_lazy("a call to you through your organisation’s switchboard"),
    CheckKind.POLICE_REGISTER: gettext_lazy("your number, with your force"),
    CheckKind.SIA_LICENCE: gettext_lazy("your licence, on the public register"),
    CheckKind.COMPANY: gettext_lazy("your organisation, on the public register"),
    CheckKind.PASS_SEEN: gettext_lazy("your staff or warrant card, seen on a video call"),
    CheckKind.DOCUMENT_SEEN: gettext_lazy("your passport or driving licence, seen on a video call"),
}
"""Of each kind of check what somebody would call it who has yet to be checked so."""


@dataclass(frozen=True, kw_only=True)
class OfProject:
    """One project that they chose: whether what was confirmed is enough for it, and what is missing."""

    name: str
    asks: str
    word: Words
    shape: str
    needs_more: bool = False
    ways: Ways = ()


def of_projects(identity: Identity, checks: Iterable[Check]) -> list[OfProject]:
    """Return what to tell of each project that somebody's submitted forms choose, by one query."""
    validation = identity.validation
    if validation is None:
        return []
    found = ProjectChoice.objects.asking().filter(expression__person=validation.person_id)
    choices = {
        choice.project_id: choice
        for choice in found.select_related("project", "expression").defer("reason")
    }
    counting = policies.counting_of(validation, checks)
    works_for = validation.person.organisation
    sector = works_for.current.sector if works_for else ""
    enough, short = policies.enough_for(identity.level, choices.values())
    return [
        *(_told(choice, _("Enough is confirmed"), "done") for choice in enough),
        *(_short_of(choice, identity, counting, sector) for choice in short),
    ]


def _short_of(
    choice: ProjectChoice, identity: Identity, counting: Sequence[Check], sector: str
) -> OfProject:
    wanted = choice.project.identity_level
    if policies.reaches(counting, wanted):
        return _told(choice, _("Enough is confirmed, and the office decides"), "waiting")
    ways = policies.ways_to(wanted, counting, sector)[:MOST_WAYS]
    return _told(
        choice,
        _("More has to be confirmed"),
        "due" if identity.is_validated else "waiting",
        needs_more=True,
        ways=tuple(_in_words(way) for way in ways),
    )


def _told(
    choice: ProjectChoice, word: Words, shape: str, *, needs_more: bool = False, ways: Ways = ()
) -> OfProject:
    return OfProject(
        name=str(choice.project),
        asks=IdentityLevel(choice.project.identity_level).label.lower(),
        word=word,
        shape=shape,
        needs_more=needs_more,
        ways=ways,
    )


def _in_words(way: Iterable[CheckKind]) -> str:
    names = [str(MISSING[kind]) for kind in way]
    if len(names) == 1:
        return names[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}
