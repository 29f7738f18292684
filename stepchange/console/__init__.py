"""The coordination office's console: Django's admin in the portal's look, behind a second factor.

Each app's `admin` registers its rows here. A page shows, edits what is no state, and offers the moves
of the app's `workflow`; it holds no rule of its own.
"""

from stepchange.console.forms import ConsoleForm, DayInput, StepForm
from stepchange.console.lists import RelationFilter, indexed_values
from stepchange.console.pages import ConsoleAdmin, ReadOnlyAdmin, acting_user
from stepchange.console.site import ConsoleSite
from stepchange.console.steps import Step, Waiting

__all__ = [
    "ConsoleAdmin",
    "ConsoleForm",
    "ConsoleSite",
    "DayInput",
    "ReadOnlyAdmin",
    "RelationFilter",
    "Step",
    "StepForm",
    "Waiting",
    "acting_user",
    "indexed_values",
]
