"""The identity profiles of GPG 45, and the highest that some scores meet.

Good Practice Guide 45, "How to prove and verify someone's identity", scores five parts from 0 to 4: the
strength and validity of each piece of evidence; activity over time, the check for identity fraud, and
verification that the evidence is the claimant's. Scores are never added: a profile is met when each of
its least scores is. The table is that of GOV.UK One Login (`gpg45/enums/Gpg45Profile.java`).

The portal computes a profile and names the guide's version; it claims no certification.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from projects.models import IdentityLevel

GUIDE_VERSION = "0.4"
"""Of the guide that the table is read from; the pre-release 1.0 (3 March 2026) has no validity date yet."""
HIGHEST_SCORE = 4


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What one check scores. One that shows no evidence of its own has no strength and no validity."""

    strength: int = 0
    validity: int = 0
    activity: int = 0
    fraud: int = 0
    verification: int = 0

    @property
    def evidence(self) -> tuple[int, int] | None:
        """Return the strength and validity of the evidence that it shows, if it shows any."""
        return (self.strength, self.validity) if self.strength and self.validity else None


@dataclass(frozen=True)
class Profile:
    """A profile: what each piece of evidence and each other part must score at least."""

    name: str
    level: IdentityLevel
    evidence: tuple[tuple[int, int], ...]
    activity: int
    fraud: int
    verification: int

    def is_met_by(
        self, evidence: Sequence[tuple[int, int]], activity: int, fraud: int, verification: int
    ) -> bool:
        """Say whether the scores meet it: some of the evidence, in some order, is enough for each piece."""
        others = activity, fraud, verification
        if any(has < needs for has, needs in zip(others, self._others, strict=True)):
            return False
        return any(
            all(
                has_strength >= strength and has_validity >= validity
                for (has_strength, has_validity), (strength, validity) in zip(
                    some, self.evidence, strict=True
                )
            )
            for some in permutations(evidence, len(self.evidence))
        )

    @property
    def _others(self) -> tuple[int, int, int]:
        return self.activity, self.fraud, self.verification


LOW, MEDIUM = IdentityLevel.LOW, IdentityLevel.MEDIUM
HIGH, VERY_HIGH = IdentityLevel.HIGH, IdentityLevel.VERY_HIGH

PROFILES = (
    Profile("L1A", LOW, ((2, 2),), 0, 1, 1),
    Profile("L1B", LOW, ((3, 2),), 0, 0, 1),
    Profile("L1C", LOW, ((1, 1),), 3, 2, 2),
    Profile("M1A", MEDIUM, ((4, 2),), 0, 1, 2),
    Profile("M1B", MEDIUM, ((3, 2),), 1, 2, 2),
    Profile("M1C", MEDIUM, ((3, 3),), 0, 0, 3),
    Profile("M1D", MEDIUM, ((2, 2),), 2, 1, 3),
    Profile("M2A", MEDIUM, ((2, 2), (2, 2)), 3, 2, 2),
    Profile("M2B", MEDIUM, ((3, 2), (2, 2)), 1, 1, 2),
    Profile("M2C", MEDIUM, ((3, 2), (2, 2)), 0, 1, 3),
    Profile("M3A", MEDIUM, ((2, 2), (2, 2), (2, 2)), 2, 2, 2),
    Profile("H1A", HIGH, ((4, 3),), 0, 1, 3),
    Profile("H1B", HIGH, ((3, 3),), 2, 1, 3),
    Profile("H1C", HIGH, ((4, 3),), 0, 0, 4),
    Profile("V1A", VERY_HIGH, ((4, 3),), 0, 3, 3),
)


def highest_met(scores: Iterable[Scores]) -> Profile | None:
    """Return the first profile of the highest level that some checks meet together; None below all.

    Of each part that is the person's, and not one piece of evidence's, the best score counts.
    """
    known = list(scores)
    evidence = [one.evidence for one in known if one.evidence]
    activity = max((one.activity for one in known), default=0)
    fraud = max((one.fraud for one in known), default=0)
    verification = max((one.verification for one in known), default=0)
    met = [
        profile
        for profile in PROFILES
        if profile.is_met_by(evidence, activity, fraud, verification)
    ]
    return max(met, key=lambda profile: profile.level.rank, default=None)
