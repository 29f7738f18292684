"""What happened, in words: the one table by which the console names each kind of event and each fact.

The kinds are those that the apps record; a test looks through their sources for one that is not here.
"""

import re
from typing import Any

from django.apps import apps
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.transitions import Words
from stepchange.uk_time import uk_date, uk_deadline, uk_moment

KINDS: dict[str, Words] = {
    # The platform
    "stepchange.record.erased": gettext_lazy("Personal words erased from the record"),
    "stepchange.user.address_changed": gettext_lazy("Sign-in address changed"),
    "stepchange.user.password_changed": gettext_lazy("Password changed"),
    "stepchange.user.recovery_code_used": gettext_lazy("Recovery code used to sign in"),
    "stepchange.user.recovery_codes_made": gettext_lazy("Recovery codes made"),
    "stepchange.user.role_granted": gettext_lazy("Role given"),
    "stepchange.user.role_withdrawn": gettext_lazy("Role taken away"),
    "stepchange.user.second_factor_added": gettext_lazy("Second factor added"),
    "stepchange.user.second_factor_removed": gettext_lazy("Second factor removed"),
    "stepchange.user.sessions_ended": gettext_lazy("Signed out elsewhere"),
    "stepchange.user.signed_in_on_new_device": gettext_lazy("Signed in on a new device"),
    # The programme
    "workstreams.call.published": gettext_lazy("Call published"),
    "workstreams.call.closed": gettext_lazy("Call closed"),
    "workstreams.call.archived": gettext_lazy("Call archived"),
    "workstreams.call.redated": gettext_lazy("Dates of the call changed"),
    "workstreams.organisation.proposed": gettext_lazy("Organisation proposed"),
    "workstreams.organisation.published": gettext_lazy("Organisation published"),
    "workstreams.organisation.refused": gettext_lazy("Organisation refused"),
    "workstreams.organisation.merged": gettext_lazy("Organisation merged into another"),
    "workstreams.organisation.unmerged": gettext_lazy("Merge of organisations undone"),
    "workstreams.seat.appointed": gettext_lazy("Holder of a seat appointed"),
    "workstreams.seat.term_ended": gettext_lazy("Term in a seat ended"),
    "projects.project.agreed_provisionally": gettext_lazy("Project agreed provisionally"),
    "projects.project.rejected": gettext_lazy("Project rejected"),
    "projects.project.agreed": gettext_lazy("Project agreed"),
    "projects.project.delivery_started": gettext_lazy("Delivery of the project started"),
    "projects.project.delivered": gettext_lazy("Project delivered"),
    "projects.project.closed": gettext_lazy("Project closed"),
    "projects.milestone.met": gettext_lazy("Milestone met"),
    "projects.milestone.missed": gettext_lazy("Milestone missed"),
    "projects.milestone.redated": gettext_lazy("Day of the milestone changed"),
    # People
    "participants.expression.submitted": gettext_lazy("Expression of interest submitted"),
    "participants.expression.amended": gettext_lazy("Expression of interest changed"),
    "participants.expression.withdrawn": gettext_lazy("Expression of interest withdrawn"),
    "participants.expression.viewed": gettext_lazy("Expression of interest looked at"),
    "participants.person.looked": gettext_lazy("Details of a person looked at"),
    "participants.choice.withdrawn": gettext_lazy("Choice of a project withdrawn"),
    "participants.choice.withdrawn_alone": gettext_lazy("Choice of a project withdrawn on its own"),
    "participants.undertaking.accepted": gettext_lazy("Undertaking accepted"),
    "participants.declaration.signed": gettext_lazy("Declaration of interests signed"),
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
    # Messages
    "communications.contact.received": gettext_lazy("Message to the office received"),
    "communications.email.resent": gettext_lazy("Email sent again after a doubt"),
    "communications.email.let_go": gettext_lazy("Held email sent"),
    "communications.email.confirmed": gettext_lazy("Email marked as sent"),
    "communications.generation.began": gettext_lazy("Restored backup noticed"),
    "communications.generation.released": gettext_lazy("Held emails sent after a restore"),
}

# What is done to rows of any kind: the console's own edits, and the loading of the Call to Action.
VERBS: dict[str, Words] = {
    "added": gettext_lazy("%(thing)s added"),
    "edited": gettext_lazy("%(thing)s edited"),
    "loaded": gettext_lazy("%(thing)s loaded from the Call to Action"),
    "reloaded": gettext_lazy("%(thing)s loaded anew from the Call to Action"),
}

FACTS: dict[str, Words] = {
    "about": gettext_lazy("About"),
    "account": gettext_lazy("Account"),
    "after": gettext_lazy("After"),
    "asked_at": gettext_lazy("Asked"),
    "before": gettext_lazy("Before"),
    "blanked": gettext_lazy("Pages deleted"),
    "call": gettext_lazy("Call"),
    "changed": gettext_lazy("What was changed"),
    "closes_at": gettext_lazy("Closes"),
    "count": gettext_lazy("How many"),
    "decisions_on": gettext_lazy("Decisions expected"),
    "delivery_on": gettext_lazy("Delivery starts"),
    "digest": gettext_lazy("Digest of its words"),
    "emails": gettext_lazy("Emails"),
    "ends_on": gettext_lazy("Last day"),
    "erased": gettext_lazy("Events erased, by digest"),
    "fields": gettext_lazy("Fields"),
    "from": gettext_lazy("State before"),
    "handed_over": gettext_lazy("Handed to the mail server before"),
    "handed_over_at": gettext_lazy("Sent for confirmation"),
    "holder": gettext_lazy("Holder"),
    "interests": gettext_lazy("Interests declared"),
    "into": gettext_lazy("Merged into"),
    "invited_by": gettext_lazy("Invited by"),
    "is_asked": gettext_lazy("Emailed about it"),
    "is_nil": gettext_lazy("No interests"),
    "left": gettext_lazy("Left"),
    "low": gettext_lazy("Few left"),
    "medium": gettext_lazy("Taken by"),
    "merged_into": gettext_lazy("Merged into"),
    "number": gettext_lazy("Number"),
    "opens_at": gettext_lazy("Opens"),
    "organisation": gettext_lazy("Organisation"),
    "out_of": gettext_lazy("Out of"),
    "pages": gettext_lazy("Pages"),
    "person": gettext_lazy("Person"),
    "role": gettext_lazy("Role"),
    "round": gettext_lazy("Time sent"),
    "seat": gettext_lazy("Seat"),
    "snapshot": gettext_lazy("Version"),
    "what": gettext_lazy("What was looked at"),
    "source": gettext_lazy("Given with"),
    "starts_on": gettext_lazy("First day"),
    "state_before_merge": gettext_lazy("State before the merge"),
    "submitted_at": gettext_lazy("Submitted"),
    "taken_on": gettext_lazy("Taken on"),
    "term": gettext_lazy("Term"),
    "texts": gettext_lazy("Versions of the texts accepted"),
    "to": gettext_lazy("State after"),
    "type": gettext_lazy("Kind"),
    "until": gettext_lazy("Until"),
    "values": gettext_lazy("Values"),
    "version": gettext_lazy("Version"),
}

# Facts that are closing instants, exclusive.
CLOSING = frozenset({"closes_at", "until"})

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def words_of_kind(kind: str) -> str:
    """Return what happened, in words: "Expression of interest submitted"."""
    if kind in KINDS:
        return str(KINDS[kind])
    subject, _dot, verb = kind.rpartition(".")
    thing = _thing(subject)
    if verb in VERBS:
        return str(VERBS[verb]) % {"thing": thing}
    return f"{thing}: {_spaced(verb).lower()}"


def kinds_of(words: str) -> list[str]:
    """Return the kinds whose words hold these, in any casing: how somebody searches for them."""
    wanted = words.strip().lower()
    return [kind for kind, said in KINDS.items() if wanted and wanted in str(said).lower()]


def words_of_fact(name: str) -> str:
    """Return the name of a fact, or of a field, in words."""
    return str(FACTS[name]) if name in FACTS else _spaced(name)


def words_of_value(value: Any, name: str = "") -> str:
    """Return what a fact holds in words: a UK time, yes or no, a list; random keys by their beginning.

    Of a fact that is a closing instant (law 4) the last minute is told, as everywhere.
    """
    match value:
        case _ if value in (None, "", [], {}):
            return "-"
        case bool():
            return _("Yes") if value else _("No")
        case list():
            return ", ".join(words_of_value(part) for part in value)
        case dict():
            return ", ".join(
                f"{words_of_fact(k)}: {words_of_value(held, k)}" for k, held in value.items()
            )
        case str() if _UUID.fullmatch(value):
            return short_key(value)
        case str() if _INSTANT.match(value):
            told = uk_deadline if name in CLOSING else uk_moment
            return told(_parsed(parse_datetime, value)) or value
        case str() if _DAY.fullmatch(value):
            return uk_date(_parsed(parse_date, value)) or value
        case _:
            return str(value)


def short_key(key: str) -> str:
    """Return a random key by its beginning, which tells it from others on a page."""
    return key[:8].upper() if _UUID.fullmatch(key) or _DIGEST.fullmatch(key) else key


def _parsed(parse: Any, value: str) -> Any:
    try:
        return parse(value)
    except ValueError:
        return None


def _thing(subject: str) -> str:
    """Return what a kind is about: the model's name where the subject is a model's."""
    app, _dot, name = subject.partition(".")
    for model in apps.get_app_config(app).get_models() if app in apps.app_configs else ():
        if name.replace("_", "") == str(model._meta.model_name):
            return capfirst(str(model._meta.verbose_name))
    return _spaced(name or subject)


def _spaced(name: str) -> str:
    return capfirst(name.replace("_", " "))
