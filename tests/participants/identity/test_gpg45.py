"""Every profile of GPG 45, met and just not met; and the highest, beside a search of another kind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from participants.evidence import MEANS
from participants.gpg45 import HIGHEST_SCORE, PROFILES, Profile, Scores, highest_met
from projects.models import IdentityLevel

# As lessons.md has them from GOV.UK One Login's Gpg45Profile.java, copied by hand and not from the code:
# evidence strength/validity; activity, fraud, verification.
TABLE = """
L1A low        2/2          0,1,1
L1B low        3/2          0,0,1
L1C low        1/1          3,2,2
M1A medium     4/2          0,1,2
M1B medium     3/2          1,2,2
M1C medium     3/3          0,0,3
M1D medium     2/2          2,1,3
M2A medium     2/2+2/2      3,2,2
M2B medium     3/2+2/2      1,1,2
M2C medium     3/2+2/2      0,1,3
M3A medium     2/2+2/2+2/2  2,2,2
H1A high       4/3          0,1,3
H1B high       3/3          2,1,3
H1C high       4/3          0,0,4
V1A very-high  4/3          0,3,3
"""

Evidence = list[tuple[int, int]]
Others = tuple[int, int, int]
Row = tuple[str, str, Evidence, Others]


def parsed() -> list[Row]:
    rows = []
    for line in TABLE.split("\n"):
        if line:
            name, level, evidence, others = line.split()
            pieces = [piece.split("/") for piece in evidence.split("+")]
            activity, fraud, verification = map(int, others.split(","))
            rows.append(
                (
                    name,
                    level.replace("-", " "),
                    [(int(strength), int(validity)) for strength, validity in pieces],
                    (activity, fraud, verification),
                )
            )
    return rows


ROWS = parsed()
LEVELS = [level.value for level in IdentityLevel]
EACH = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
BY_NAME = {profile.name: profile for profile in PROFILES}


def as_checks(evidence: Sequence[tuple[int, int]], others: Others) -> list[Scores]:
    """Return checks that show the evidence one by one, and the other parts in a check of their own."""
    activity, fraud, verification = others
    shown = [Scores(strength=strength, validity=validity) for strength, validity in evidence]
    return [*shown, Scores(activity=activity, fraud=fraud, verification=verification)]


def meets(profile: Profile, evidence: Sequence[tuple[int, int]], others: Others) -> bool:
    return profile.is_met_by(evidence, *others)


def test_the_table_is_complete():
    assert list(BY_NAME) == [row[0] for row in ROWS]
    assert LEVELS == ["low", "medium", "high", "very high"]
    assert [BY_NAME[row[0]].level for row in ROWS] == [row[1] for row in ROWS]


@EACH
def test_a_profile_is_met_by_exactly_its_scores(row):
    name, _level, evidence, others = row
    assert meets(BY_NAME[name], evidence, others)
    assert meets(BY_NAME[name], evidence[::-1], others), "in whatever order the evidence comes"
    found = highest_met(as_checks(evidence, others))
    assert found is not None
    assert found.level.rank >= BY_NAME[name].level.rank


def one_lower(row: Row) -> list[tuple[str, Evidence, Others]]:
    """Return the scores of a profile with each part one lower, and with each piece of evidence missing."""
    _name, _level, evidence, others = row
    found: list[tuple[str, Evidence, Others]] = []
    for place, (strength, validity) in enumerate(evidence):
        rest = evidence[:place], evidence[place + 1 :]
        found.append((f"strength {place}", [*rest[0], (strength - 1, validity), *rest[1]], others))
        found.append((f"validity {place}", [*rest[0], (strength, validity - 1), *rest[1]], others))
        found.append((f"without {place}", [*rest[0], *rest[1]], others))
    for place, score in enumerate(others):
        if score:
            activity, fraud, verification = (
                each - (place == which) for which, each in enumerate(others)
            )
            lower = (activity, fraud, verification)
            found.append((f"other {place}", evidence, lower))
    return found


@pytest.mark.parametrize(
    ("row", "evidence", "others"),
    [
        pytest.param(row, evidence, others, id=f"{row[0]} {what}")
        for row in ROWS
        for what, evidence, others in one_lower(row)
    ],
)
def test_a_profile_is_not_met_with_any_part_one_lower(row, evidence, others):
    assert not meets(BY_NAME[row[0]], evidence, others)


def test_scores_are_never_added():
    many = [Scores(strength=1, validity=1, activity=1, fraud=1, verification=1)] * 9
    assert highest_met(many) is None
    halves = [Scores(strength=4), Scores(validity=4), Scores(activity=4, fraud=4, verification=4)]
    assert highest_met(halves) is None, "strength and validity are those of one piece of evidence"


def test_two_pieces_are_two():
    one = as_checks([(2, 2)], (3, 2, 2))
    two = as_checks([(2, 2), (2, 2)], (3, 2, 2))
    found = highest_met(one), highest_met(two)
    assert [each.name if each else None for each in found] == ["L1A", "M2A"]


def test_evidence_may_come_in_any_order():
    assert meets(BY_NAME["M2B"], [(2, 2), (3, 2)], (1, 1, 2))
    assert not meets(BY_NAME["M2B"], [(2, 2), (2, 2)], (1, 1, 2))


def test_the_highest_level_is_told_and_not_the_first():
    found = highest_met(as_checks([(4, 3)], (0, 3, 3)))
    assert found is not None
    assert found.name == "V1A"


def test_nothing_meets_nothing():
    assert highest_met([]) is None


def test_no_kind_of_check_alone_says_more_than_medium():
    """A referee and a call are weak evidence: it needs several people and papers to be sure."""
    for kind, means in MEANS.items():
        found = highest_met([means.most])
        assert found is None or found.level.rank <= IdentityLevel.MEDIUM.rank, kind


# Beside a search of another kind ------------------------------------------------------------------------
def fills(needed: Evidence, shown: Evidence) -> bool:
    """Say whether each piece needed has one of its own that is enough, trying every assignment."""
    return any(
        len(set(chosen)) == len(needed)
        and all(
            shown[place][0] >= strength and shown[place][1] >= validity
            for place, (strength, validity) in zip(chosen, needed, strict=True)
        )
        for chosen in product(range(len(shown)), repeat=len(needed))
    )


def level_by_search(checks: list[Scores]) -> str | None:
    """Return the highest level that a plain reading of the table gives."""
    shown = [(one.strength, one.validity) for one in checks]
    best = None
    for _name, level, evidence, others in ROWS:
        reached = (
            any(one.activity >= others[0] for one in checks)
            and any(one.fraud >= others[1] for one in checks)
            and any(one.verification >= others[2] for one in checks)
        )
        higher = best is None or LEVELS.index(level) > LEVELS.index(best)
        if checks and reached and higher and fills(evidence, shown):
            best = level
    return best


SCORE = st.integers(0, HIGHEST_SCORE)
CHECK = st.builds(
    Scores, strength=SCORE, validity=SCORE, activity=SCORE, fraud=SCORE, verification=SCORE
)


@given(st.lists(CHECK, max_size=5))
@settings(max_examples=150, deadline=None)
def test_the_highest_is_what_a_search_of_all_assignments_finds(checks):
    found = highest_met(checks)
    assert (found.level.value if found else None) == level_by_search(checks)


@given(st.lists(CHECK, max_size=4), CHECK)
@settings(max_examples=60, deadline=None)
def test_one_check_more_never_lowers_it(checks, another):
    before, after = highest_met(checks), highest_met([*checks, another])
    assert before is None or (after is not None and after.level.rank >= before.level.rank)
