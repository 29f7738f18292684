"""What the record tells of people and their expressions of interest, in words."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.console.looks import Look, register_looks
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "participants.expression.submitted": gettext_lazy("Expression of interest submitted"),
    "participants.expression.amended": gettext_lazy("Expression of interest changed"),
    "participants.expression.withdrawn": gettext_lazy("Expression of interest withdrawn"),
    "participants.expression.viewed": gettext_lazy("Expression of interest looked at"),
    "participants.person.looked": gettext_lazy("Details of a person looked at"),
    "participants.choice.shortlisted": gettext_lazy("Project choice shortlisted"),
    "participants.choice.taken_off_shortlist": gettext_lazy(
        "Project choice off the shortlist again"
    ),
    "participants.choice.offered": gettext_lazy("Place offered"),
    "participants.choice.put_on_reserve": gettext_lazy("Put on the reserve list"),
    "participants.choice.declined": gettext_lazy("Project choice declined"),
    "participants.choice.withdrawn": gettext_lazy("Choice of a project withdrawn"),
    "participants.choice.withdrawn_alone": gettext_lazy("Choice of a project withdrawn on its own"),
    "participants.choice.accepted": gettext_lazy("Offer of a place accepted"),
    "participants.choice.turned_down": gettext_lazy("Offer of a place turned down"),
    "participants.choice.lapsed": gettext_lazy("Offer of a place lapsed"),
    "participants.choice.offered_next": gettext_lazy("Place offered from the reserve list"),
    "participants.choice.to_be_decided_again": gettext_lazy("Choice to be decided again"),
    "participants.choice.added": gettext_lazy("Neighbouring project chosen"),
    "participants.undertaking.accepted": gettext_lazy("Undertaking accepted"),
    "participants.declaration.signed": gettext_lazy("Declaration of interests signed"),
    "participants.interest.declared": gettext_lazy("Interest declared in these words first"),
    "participants.interest.assessed": gettext_lazy("Interest assessed"),
    "participants.interest.reassessed": gettext_lazy("Interest assessed again"),
    "participants.interest.no_action": gettext_lazy("No action needed about an interest"),
    "participants.interest.managed": gettext_lazy("What is to be done about an interest agreed"),
    "participants.interest.check_moved": gettext_lazy(
        "Owner or day of what is to be done about an interest changed"
    ),
    "participants.interest.proved": gettext_lazy("Shown that it is done about an interest"),
    "participants.interest.excluded": gettext_lazy("Excluded from projects for an interest"),
    "participants.address.code_asked": gettext_lazy("Code for a work address asked for"),
    "participants.address.confirmed": gettext_lazy("Work address confirmed"),
    "participants.person.consented": gettext_lazy("Agreed to email about future calls"),
    "participants.person.consent_withdrawn": gettext_lazy("Said no to email about future calls"),
    "participants.person.merged": gettext_lazy("Person merged into another"),
    "participants.person.unmerged": gettext_lazy("Merge of a person undone"),
    "participants.likely_pair.suggested": gettext_lazy("Two people suggested to be one"),
    "participants.likely_pair.raised_again": gettext_lazy("Two people suggested anew to be one"),
    "participants.likely_pair.dismissed": gettext_lazy("Two people told apart"),
    "participants.likely_pair.lapsed": gettext_lazy("Two people no longer alike"),
    "participants.likely_pair.merged": gettext_lazy("Two people merged"),
    "participants.likely_pair.unmerged": gettext_lazy("Merge of two people undone"),
    "participants.entered.begun": gettext_lazy("Form by telephone or on paper begun"),
    "participants.entered.corrected": gettext_lazy("Details of an entered form corrected"),
    "participants.entered.handed_over": gettext_lazy("Entered form sent for confirmation"),
    "participants.entered.asked_again": gettext_lazy("Email about an entered form sent again"),
    "participants.entered.taken_back": gettext_lazy("Entered form taken back to correct"),
    "participants.entered.cancelled": gettext_lazy("Entered form cancelled"),
    "participants.entered.confirmed": gettext_lazy("Entered form taken over by the person"),
    "participants.entered.refused": gettext_lazy("Entered form refused by the person"),
    "participants.extension.given": gettext_lazy("Extension given"),
    "participants.extension.ended": gettext_lazy("Extension ended"),
    "participants.invitation.sent": gettext_lazy("Invitation sent"),
    "participants.invitation.sent_again": gettext_lazy("Invitation sent again"),
    "participants.invitation.taken": gettext_lazy("Link of an invitation used"),
    "participants.invitation.accepted": gettext_lazy("Invitation accepted"),
    "participants.invitation.withdrawn": gettext_lazy("Invitation withdrawn"),
    "participants.invitation.expired": gettext_lazy("Invitation ran out"),
    "participants.second_factor_reset.asked": gettext_lazy("Lost second factor reported"),
    "participants.second_factor_reset.vouched": gettext_lazy("Lost second factor vouched for"),
    "participants.second_factor_reset.approved": gettext_lazy("Lost second factor removed"),
    "participants.second_factor_reset.refused": gettext_lazy("Lost second factor not removed"),
    "participants.second_factor_reset.cancelled": gettext_lazy(
        "Report of a lost second factor cancelled"
    ),
    "participants.second_factor_reset.expired": gettext_lazy(
        "Report of a lost second factor ran out"
    ),
    "participants.validation.opened": gettext_lazy("Validation opened"),
    "participants.validation.begun": gettext_lazy("Validation taken on"),
    "participants.validation.taken": gettext_lazy("Validation taken over by a caseworker"),
    "participants.validation.information_asked": gettext_lazy("More information asked"),
    "participants.validation.information_given": gettext_lazy("Information given"),
    "participants.validation.gone_on_without_answer": gettext_lazy("Gone on without the answer"),
    "participants.validation.validated": gettext_lazy("Identity validated"),
    "participants.validation.level_raised": gettext_lazy("Identity level raised"),
    "participants.validation.refused": gettext_lazy("Validation refused"),
    "participants.validation.reopened": gettext_lazy("Validation begun again after a change"),
    "participants.validation.reopened_by_office": gettext_lazy(
        "Validation begun again by the office"
    ),
    "participants.validation.expired": gettext_lazy("Validation ran out"),
    "participants.validation.appealed": gettext_lazy("Validation asked to be looked at again"),
    "participants.check.made": gettext_lazy("Check of identity made"),
    "participants.flag.settled": gettext_lazy("Flag on an identity settled"),
    "participants.referee.asked": gettext_lazy("Referee asked"),
    "participants.referee.confirmed": gettext_lazy("Referee confirmed"),
    "participants.referee.contested": gettext_lazy("Referee contested"),
    "participants.referee.denied": gettext_lazy("Referee does not know the person"),
    "participants.referee.expired": gettext_lazy("Request to a referee ran out"),
    "participants.referee.erased": gettext_lazy("Referee’s details erased"),
    "participants.referee.forgotten": gettext_lazy("Referee’s details removed after a year"),
    "participants.referee.replaced": gettext_lazy("Request to a referee replaced"),
    "participants.suggestion.accepted": gettext_lazy("Suggested conflict accepted"),
    "participants.suggestion.dismissed": gettext_lazy("Suggested conflict dismissed"),
    "participants.suggestion.taken_back": gettext_lazy("Suggested conflict waits again"),
    "participants.suggestion.lapsed": gettext_lazy("Suggested conflict no longer so"),
    "participants.suggestion.raised_again": gettext_lazy("Suggested conflict so again"),
    "participants.register.withheld": gettext_lazy("Interest withheld from the register"),
    "participants.register.let_in": gettext_lazy("Interest let into the register"),
}
register(KINDS)

LOOKS = {
    "expression of interest": Look(gettext_lazy("Your expression of interest"), "casework"),
    "entered form": Look(
        gettext_lazy("The form that you gave by telephone or on paper"), "entering"
    ),
    "extension": Look(gettext_lazy("The time you have to submit"), "time"),
    "invitation": Look(gettext_lazy("Your invitation"), "inviting"),
    "lost second factor": Look(gettext_lazy("Your lost second factor"), "identity"),
    "identity evidence": Look(gettext_lazy("What shows who you are"), "identity"),
    "person": Look(gettext_lazy("Who you are, and who may be the same person"), "identity"),
    "whether they have declared": Look(
        gettext_lazy("Whether you have declared your interests"), "interests"
    ),
    "entry in the register of interests": Look(
        gettext_lazy("Your entry in the register of interests"), "interests"
    ),
    "declaration of interests": Look(gettext_lazy("Your declaration of interests"), "interests"),
    "declared interest": Look(gettext_lazy("An interest that you declared"), "interests"),
    "suggested conflict": Look(
        gettext_lazy("What you and somebody else may have in common"), "interests"
    ),
}
register_looks(LOOKS)
