"""How well likely duplicates are told from namesakes, on pairs labelled by hand.

    .venv/bin/python -m benchmarks.likeness

Prints precision and recall for each kind of case and in all, on the part that the points were tuned on
and on the part held out; and in all what asking for equal names would give, and how many of the pairs
share no key, so that nobody would compare them. docs/decisions/0021-likely-duplicates.md draws the
conclusion.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from participants.likeness import Details, likeness_of
from participants.likeness_keys import FINDING, keys_of

PARTS = ("tuned", "held-out")
DATA = Path(__file__).parent / "data" / "likeness"
COLUMNS = {
    "full_name": "full_name",
    "work_email": "work_email",
    "log_in_email": "log_in_email",
    "telephone": "telephone",
    "organisation": "employer",
    "group": "group",
    "role_title": "role_title",
    "referee_email": "referee",
}
"""The columns of each side, and what they are called in Details."""

Verdict = Callable[[Details, Details], bool]


@dataclass(frozen=True)
class Pair:
    """Two descriptions, the kind of case they are, and whether they are of one person."""

    kind: str
    is_same: bool
    one: Details
    other: Details


@dataclass(frozen=True)
class Score:
    """What a verdict got right and wrong."""

    found: int
    missed: int
    wrong: int
    let_be: int

    @property
    def precision(self) -> float:
        """Return how many of those that are called one person are."""
        called = self.found + self.wrong
        return self.found / called if called else 1.0

    @property
    def recall(self) -> float:
        """Return how many of those that are one person are called so."""
        there = self.found + self.missed
        return self.found / there if there else 1.0


def pairs_of(part: str) -> list[Pair]:
    """Return the labelled pairs of a part."""
    with (DATA / f"{part}.csv").open(newline="", encoding="utf-8") as file:
        return [
            Pair(row["kind"], row["same"] == "yes", _side(row, "one"), _side(row, "other"))
            for row in csv.DictReader(file)
        ]


def _side(row: dict[str, str], side: str) -> Details:
    return Details(**{name: row[f"{side}_{column}"] for column, name in COLUMNS.items()})


def is_likely(one: Details, other: Details) -> bool:
    """Say what the portal says."""
    return likeness_of(one, other).is_likely


def has_equal_name(one: Details, other: Details) -> bool:
    """Say what a search for equal names would: the deliberately naive way."""
    return one.full_name.casefold() == other.full_name.casefold()


def is_found(one: Details, other: Details) -> bool:
    """Say whether two people share a key, without which nobody compares them."""
    return any(kind in FINDING for kind, _key in keys_of(one) & keys_of(other))


def score(pairs: Iterable[Pair], verdict: Verdict) -> Score:
    """Return how a verdict fares on labelled pairs."""
    told = [(pair.is_same, verdict(pair.one, pair.other)) for pair in pairs]
    return Score(
        found=told.count((True, True)),
        missed=told.count((True, False)),
        wrong=told.count((False, True)),
        let_be=told.count((False, False)),
    )


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    os.environ.setdefault("STEPCHANGE_MODE", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepchange.settings")
    for part in PARTS:
        pairs = pairs_of(part)
        print(f"\n{part}: {len(pairs)} pairs")
        for kind in sorted({pair.kind for pair in pairs}):
            of_kind = [pair for pair in pairs if pair.kind == kind]
            _report(f"  {kind}", score(of_kind, is_likely))
        _report("in all", score(pairs, is_likely))
        _report("equal names", score(pairs, has_equal_name))
        likely = [pair for pair in pairs if is_likely(pair.one, pair.other)]
        unfound = sum(not is_found(pair.one, pair.other) for pair in likely)
        print(f"of {len(likely)} that are likely, {unfound} share no key")


def _report(what: str, result: Score) -> None:
    print(
        f"{what:34} precision {result.precision:5.3f}  recall {result.recall:5.3f}  "
        f"found {result.found:3}  missed {result.missed:3}  wrong {result.wrong:3}  "
        f"let be {result.let_be:3}"
    )


if __name__ == "__main__":
    main()
