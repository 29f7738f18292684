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
    "reviews.letter.written": gettext_lazy("Letter about an outcome written"),
    "reviews.decision.reopened": gettext_lazy("Decision looked at anew"),
    "reviews.recusal.recorded": gettext_lazy("Stood aside"),
    "reviews.stand_in.named": gettext_lazy("Stand-in named"),
    "reviews.stand_in.ended": gettext_lazy("Stand-in ended sooner"),
    "reviews.question.asked": gettext_lazy("Volunteer asked a question"),
    "reviews.question.answered": gettext_lazy("Question answered by the volunteer"),
    "reviews.offer.made": gettext_lazy("Place offered, to be taken up by a day"),
    "reviews.offer.renewed": gettext_lazy("Offer of a place given its time anew"),
    "reviews.reserve.moved": gettext_lazy("Moved on a reserve list"),
    "reviews.membership.begun": gettext_lazy("Membership begun"),
    "reviews.membership.suspended": gettext_lazy("Membership suspended"),
    "reviews.membership.resumed": gettext_lazy("Membership resumed"),
    "reviews.membership.ran_out": gettext_lazy("Membership ended after its last day"),
    "reviews.membership.stepped_down": gettext_lazy("Member stepped down"),
    "reviews.membership.withdrawn": gettext_lazy("Membership ended with the withdrawal"),
    "reviews.membership.ended": gettext_lazy("Membership ended by the office"),
    "reviews.membership.made_lead": gettext_lazy("Member made the lead of a project"),
    "reviews.membership.made_member": gettext_lazy("Lead of a project made a member"),
    "reviews.membership.last_day_set": gettext_lazy("Last day of a membership set"),
    "reviews.ethics_review.opened": gettext_lazy("Ethics review opened"),
    "reviews.ethics_review.cleared": gettext_lazy("Ethics review: cleared"),
    "reviews.ethics_review.cleared_with_conditions": gettext_lazy(
        "Ethics review: cleared with conditions"
    ),
    "reviews.ethics_review.not_cleared": gettext_lazy("Ethics review: not cleared"),
    "reviews.reconsideration.asked": gettext_lazy("Asked to look at a decision again"),
    "reviews.reconsideration.upheld": gettext_lazy("Decision looked at again: it stands"),
    "reviews.reconsideration.sent_back": gettext_lazy(
        "Decision looked at again: to be decided anew"
    ),
    "reviews.complaint.made": gettext_lazy("Complaint made"),
    "reviews.complaint.named": gettext_lazy("Said whom a complaint is about"),
    "reviews.complaint.answered": gettext_lazy("Complaint answered"),
    "reviews.neighbour.suggested": gettext_lazy("Neighbouring project suggested"),
    "reviews.neighbour.taken_up": gettext_lazy("Neighbouring project taken up"),
    "reviews.neighbour.turned_down": gettext_lazy("Neighbouring project turned down"),
}
register(KINDS)

register_looks(
    {
        "volunteer for review": Look(
            gettext_lazy("What you offer a project, and how far your checks are"), "reviewing"
        ),
        "request to look again": Look(
            gettext_lazy("What you asked to be looked at again"), "casework"
        ),
        "membership": Look(gettext_lazy("Your part in a project"), "casework"),
        "place on a reserve list": Look(gettext_lazy("Your place on a reserve list"), "casework"),
        "complaint": Look(gettext_lazy("A complaint that you made"), "casework"),
    }
)

# The board and the office -------------------------------------------------------------------------------
register_looks(
    {
        "difference to settle": Look(
            gettext_lazy("What you offer a project, and what its two sides recommend"), "reviewing"
        ),
        "joint decision": Look(gettext_lazy("What was decided about your choice"), "reviewing"),
        "choice under review": Look(
            gettext_lazy("For whom your choice of a project waits"), "reviewing"
        ),
    }
)
