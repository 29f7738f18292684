"""What the console offers to do to a row: the moves of a table, and other calls of a workflow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stepchange.console.forms import StepForm
from stepchange.transitions import Policy, Words, anyone


def _always(_subject: Any) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of a workflow function, asked for on a page of its own and made by its POST.

    The function takes the row, `by=` and what the form holds. A transition of the app's table brings
    its label, policy and reason from there; the rest is for calls that no table lists.
    """

    function: Callable[..., Any]
    done: Words
    """What has happened once it is made, as it is said to whoever made it: “Published”."""
    form: type[StepForm] = StepForm
    label: Words = ""
    policy: Policy = anyone
    asks_reason: bool = False
    when: Callable[[Any], bool] = _always
    explanation: Words = ""
    confirms_identity: bool = False
    """Ask for the password or a code again, unless that was done in the last 15 minutes."""


@dataclass(frozen=True)
class StepOffer:
    """A step as it looks to one person now: possible, or refused with the reason."""

    name: str
    label: Words
    asks_reason: bool
    refusal: Words | None
    step: Step


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A number on the console's first page: how much there is, and where it is dealt with."""

    label: Words
    number: int
    url: str = ""
    is_due: bool = False
