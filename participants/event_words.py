"""What the record tells of people and their expressions of interest, in words."""

from django.utils.translation import gettext_lazy

from stepchange.console.event_words import register
from stepchange.transitions import Words

KINDS: dict[str, Words] = {
    "participants.expression.submitted": gettext_lazy("Expression of interest submitted"),
    "participants.expression.amended": gettext_lazy("Expression of interest changed"),
    "participants.expression.withdrawn": gettext_lazy("Expression of interest withdrawn"),
    "participants.expression.viewed": gettext_lazy("Expression of interest looked at"),
    "participants.person.looked": gettext_lazy("Details of a person looked at"),
    "participants.choice.withdrawn": gettext_lazy("Choice of a project withdrawn"),
    "participants.choice.withdrawn_alone": gettext_lazy("Choice of a project withdrawn on its own"),
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
}
register(KINDS)
