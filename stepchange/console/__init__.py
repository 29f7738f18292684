"""The coordination office's console: Django's admin in the portal's look, behind a second factor.

Each app's `admin` registers its rows here. A page shows, edits what is no state, and offers the moves
of the app's `workflow`; it holds no rule of its own.
"""

from stepchange.console.event_words import (
    kinds_of,
    words_of_kind,
)
from stepchange.console.evidence import (
    Kept,
    kept_from,
)
from stepchange.console.exports import (
    ExportPages,
)
from stepchange.console.forms import (
    ConsoleForm,
    DayInput,
    StepForm,
)
from stepchange.console.lists import (
    IndexedFilter,
    RelationFilter,
    indexed_values,
)
from stepchange.console.looks import (
    Look,
    register_looks,
)
from stepchange.console.pages import (
    ROWS,
    SENTENCES,
    ConsoleAdmin,
    ReadOnlyAdmin,
)
from stepchange.console.record_pages import (
    told,
)
from stepchange.console.rows import (
    acting_user,
    row_page,
)
from stepchange.console.site import (
    ConsoleSite,
)
from stepchange.console.steps import (
    Step,
    Waiting,
)
from stepchange.console.subjects import (
    Named,
    in_confidence,
    name_subjects,
    subject_of,
    who_did,
)

__all__ = [
    "ROWS",
    "SENTENCES",
    "ConsoleAdmin",
    "ConsoleForm",
    "ConsoleSite",
    "DayInput",
    "ExportPages",
    "IndexedFilter",
    "Kept",
    "Look",
    "Named",
    "ReadOnlyAdmin",
    "RelationFilter",
    "Step",
    "StepForm",
    "Waiting",
    "acting_user",
    "in_confidence",
    "indexed_values",
    "kept_from",
    "kinds_of",
    "name_subjects",
    "register_looks",
    "row_page",
    "subject_of",
    "told",
    "who_did",
    "words_of_kind",
]
