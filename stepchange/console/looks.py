"""Looks at people's details, in the words in which they read of them: what was shown, and what for.

Each app registers what its pages show in its `event_words`. A page's `look` is a key of `LOOKS`; with
each look the record keeps that, and the code of its purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from stepchange.transitions import Words

PURPOSES: dict[str, Words] = {
    "identity": gettext_lazy("to check who you are"),
    "interests": gettext_lazy("to consider your interests"),
    "casework": gettext_lazy("to deal with your expression of interest"),
    "entering": gettext_lazy("to enter the form that you gave by telephone or on paper"),
    "time": gettext_lazy("to give you more time, or to end it"),
    "inviting": gettext_lazy("to invite you, and to follow that up"),
    "accounts": gettext_lazy("to look after accounts and what they may do"),
    "letters": gettext_lazy("to see whether an email reached you"),
    "answering": gettext_lazy("to answer your message"),
    "record": gettext_lazy("to read in the record what was done"),
    "reviewing": gettext_lazy("to decide about what you offer a project"),
}
"""Why the office looks: every page that shows people is for one of these."""


IN_A_LIST, IN_A_FILE = "list", "file"
"""Where somebody was shown with others, and not on a page of their own."""


@dataclass(frozen=True)
class Look:
    """What one kind of page shows of a person, as they read it, and the code of what it is for."""

    shows: Words
    purpose: str


LOOKS: dict[str, Look] = {
    "account": Look(gettext_lazy("Your account"), "accounts"),
    "event in the record": Look(gettext_lazy("What the record holds about you"), "record"),
}


def register_looks(looks: Mapping[str, Look]) -> None:
    """Add what an app's pages show of people. Raises ValueError for what has words, or no known purpose."""
    if twice := looks.keys() & LOOKS.keys():
        raise ValueError(f"Named twice: {', '.join(sorted(twice))}")
    if unknown := {look.purpose for look in looks.values()} - PURPOSES.keys():
        raise ValueError(f"No purpose is called: {', '.join(sorted(unknown))}")
    LOOKS.update(looks)


def purpose_of(what: str) -> str:
    """Return the code of what a look is for; empty where nobody said (a test finds such a page)."""
    return LOOKS[what].purpose if what in LOOKS else ""
