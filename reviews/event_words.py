"""What the record tells of reviewing, in words: that a key was cast, never what it says."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.console.looks import Look, register_looks
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "reviews.key.cast": gettext_lazy("Recommendation made"),
    "reviews.key.replaced": gettext_lazy("Recommendation replaced"),
    "reviews.key.voided": gettext_lazy("Recommendation counts no more"),
    "reviews.key.reassigned": gettext_lazy("Recommendation given to another to make"),
    "reviews.split.opened": gettext_lazy("The two sides differ"),
    "reviews.split.mediated": gettext_lazy("Difference mediated by the office"),
    "reviews.split.settled": gettext_lazy("Difference settled by the board"),
    "reviews.split.voided": gettext_lazy("Difference counts no more"),
    "reviews.settlement_view.given": gettext_lazy("View given by a member of the board"),
    "reviews.settlement_view.replaced": gettext_lazy("View of a member of the board replaced"),
    "reviews.settlement_view.voided": gettext_lazy("View of a member of the board counts no more"),
    "reviews.decision.made": gettext_lazy("Decided jointly"),
    "reviews.decision.released": gettext_lazy("Outcome released"),
    "reviews.decision.reopened": gettext_lazy("Decision looked at anew"),
    "reviews.recusal.recorded": gettext_lazy("Stood aside"),
    "reviews.stand_in.named": gettext_lazy("Stand-in named"),
    "reviews.stand_in.ended": gettext_lazy("Stand-in ended sooner"),
    "reviews.question.asked": gettext_lazy("Volunteer asked a question"),
    "reviews.question.answered": gettext_lazy("Question answered by the volunteer"),
}
register(KINDS)

# The desk ---------------------------------------------------------------------------------------------
LOOKS = {
    "volunteer for review": Look(
        gettext_lazy("What you offer a project, and how far your checks are"), "reviewing"
    ),
}
register_looks(LOOKS)
