"""What the office types about the programme's structure."""

from workstreams.forms.merging import MergeForm, UnmergeForm, what_names
from workstreams.forms.organisations import OrganisationRegisterForm
from workstreams.forms.programme import (
    AppointForm,
    CallForm,
    EndTermForm,
    RedateForm,
    SourcedForm,
    VerbatimForm,
)

__all__ = [
    "AppointForm",
    "CallForm",
    "EndTermForm",
    "MergeForm",
    "OrganisationRegisterForm",
    "RedateForm",
    "SourcedForm",
    "UnmergeForm",
    "VerbatimForm",
    "what_names",
]
