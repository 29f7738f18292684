"""People, their expressions of interest, and what these rest on."""

from participants.models.expressions import (
    ExpressionOfInterest,
    PageAnswers,
    ProjectChoice,
    Snapshot,
)
from participants.models.extensions import Extension
from participants.models.people import Person

__all__ = [
    "ExpressionOfInterest",
    "Extension",
    "PageAnswers",
    "Person",
    "ProjectChoice",
    "Snapshot",
]
