"""People, their expressions of interest, and what these rest on."""

from participants.models.entered import EnteredForm
from participants.models.expressions import (
    ExpressionOfInterest,
    PageAnswers,
    ProjectChoice,
    Snapshot,
)
from participants.models.extensions import Extension
from participants.models.people import Person

__all__ = [
    "EnteredForm",
    "ExpressionOfInterest",
    "Extension",
    "PageAnswers",
    "Person",
    "ProjectChoice",
    "Snapshot",
]
