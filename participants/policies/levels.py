"""What is missing to an identity level: which further checks would reach it, by the tables alone.

Nobody keeps a list of ways by hand: they follow from the profiles of GPG 45 (`gpg45.PROFILES`) and from
what each kind of check may score at most (`evidence.MEANS`).
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from participants.evidence import MEANS, CheckKind
from participants.gpg45 import highest_met
from participants.models import Check, ProjectChoice
from participants.policies.identity import profile_of
from projects.models import IdentityLevel

MOST_TOGETHER = 3
"""More checks than these at once are no way that anybody would take."""


def ways_to(level: str, counting: Sequence[Check], sector: str) -> list[tuple[CheckKind, ...]]:
    """Return the smallest sets of further checks that would reach a level, the fewest first.

    Each is of kinds that fit the sector, scored as high as its kind may. Empty where it is reached, or
    where no checks that the portal knows reach it.
    """
    if reaches(counting, level):
        return []
    held = {check.kind: check.scores for check in counting}
    missing = [
        means
        for kind, means in MEANS.items()
        if sector in means.sectors and held.get(kind) != means.most
    ]
    found: list[tuple[CheckKind, ...]] = []
    for number in range(1, MOST_TOGETHER + 1):
        for some in combinations(missing, number):
            kinds = tuple(means.kind for means in some)
            if any(set(fewer) <= set(kinds) for fewer in found):
                continue
            scores = held | {means.kind.value: means.most for means in some}
            profile = highest_met(scores.values())
            if profile is not None and profile.level.reaches(level):
                found.append(kinds)
    return found


def reaches(counting: Iterable[Check], level: str) -> bool:
    """Say whether some checks meet a profile of a level or of a higher one."""
    profile = profile_of(counting)
    return profile is not None and profile.level.reaches(level)


def enough_for(
    level: IdentityLevel | None, choices: Iterable[ProjectChoice]
) -> tuple[list[ProjectChoice], list[ProjectChoice]]:
    """Return of some choices those whose project a level is enough for, and those it is not enough for."""
    enough: list[ProjectChoice] = []
    short: list[ProjectChoice] = []
    for choice in choices:
        is_enough = level is not None and level.reaches(choice.project.identity_level)
        (enough if is_enough else short).append(choice)
    return enough, short


def levels_wanted(choices: Iterable[ProjectChoice]) -> list[IdentityLevel]:
    """Return the levels that the projects of some choices ask for, from the lowest; the lowest for none."""
    wanted = {IdentityLevel(choice.project.identity_level) for choice in choices}
    return sorted(wanted or {IdentityLevel.LOW}, key=lambda level: level.rank)
