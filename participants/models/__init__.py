"""People, their expressions of interest, and what these rest on."""

from participants.models.addresses import CODE_LASTS, MOST_TRIES, AddressConfirmation
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
    "CODE_LASTS",
    "MOST_TRIES",
    "AddressConfirmation",
    "EnteredForm",
    "ExpressionOfInterest",
    "Extension",
    "PageAnswers",
    "Person",
    "ProjectChoice",
    "Snapshot",
]
