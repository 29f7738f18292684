"""What somebody reads of what law 1 asks of them, in words to them, and where they see to it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from participants.models import ProjectChoice
from participants.policies import interest_cases
from participants.policies.membership import IDENTITY, INTERESTS, UNDERTAKING
from reviews.policies.membership import DECISION, law_1_bars
from stepchange.transitions import Words


@dataclass(frozen=True)
class Missing:
    """One thing that somebody lacks to be a member now, and where they see to it."""

    words: Words
    where: str = ""
    """The name of the page; none where they can do nothing but wait or write."""
    link: Words = ""


_OF_INTERESTS: dict[Words, Words] = {
    interest_cases.NOT_DECLARED: _(
        "Your declaration of interests is missing, or more than a year old: declare your interests."
    ),
    interest_cases.UNDECIDED: _(
        "The office has yet to decide about an interest that you declared. You need not do anything."
    ),
    interest_cases.CHECK_OVERDUE: _(
        "It was not shown in time that what was agreed about an interest of yours is done."
    ),
    interest_cases.EXCLUDED: _("An interest that you declared keeps you out of this project."),
    interest_cases.CONFLICT: _(
        "The office has to deal with something that you have in common with somebody on this project."
    ),
}


def missing_of(choice: ProjectChoice) -> list[Missing]:
    """Return what somebody lacks to be a member through a choice at this moment; empty where nothing."""
    return [_said(need, bar) for need, bar in law_1_bars(choice).items()]


def _said(need: str, bar: Words) -> Missing:
    if need == IDENTITY:
        return Missing(
            _(
                "It has to be shown who you are, as surely as this project asks, within the last year. "
                "That is not so at this moment."
            ),
            "participants:validation",
            _("See your validation"),
        )
    if need == INTERESTS:
        words = next((said for known, said in _OF_INTERESTS.items() if known is bar), bar)
        return Missing(words, "participants:declarations", _("See your declarations"))
    if need == UNDERTAKING:
        return Missing(
            _("You have not accepted the undertaking as it is worded now."),
            "participants:undertaking",
            _("Read and accept the undertaking"),
        )
    if need == DECISION:
        return Missing(_("No joint decision to offer you a place stands: write to the office."))
    return Missing(_("You have withdrawn from this project."))
