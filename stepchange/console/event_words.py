"""What happened, in words: by this the console names each kind of event and each fact.

The platform's kinds stand here; each app above registers its own in its `event_words`, which is read when
the console starts. A test looks through the sources for a kind or a fact without words.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.transitions import Words
from stepchange.uk_time import uk_date, uk_deadline, uk_moment

KINDS: dict[str, Words] = {
    "stepchange.export.made": gettext_lazy("List exported to a file"),
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
    "check_on": gettext_lazy("To be checked by"),
    "check_on_before": gettext_lazy("To be checked by, before"),
    "closes_at": gettext_lazy("Closes"),
    "count": gettext_lazy("How many"),
    "cut": gettext_lazy("Cut short"),
    "declaration": gettext_lazy("Version of the declaration"),
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
    "herfindahl": gettext_lazy("Herfindahl index (hundredths)"),
    "instead_of": gettext_lazy("Instead of"),
    "interests": gettext_lazy("Interests declared"),
    "leads": gettext_lazy("Leads of the group"),
    "of_leads": gettext_lazy("Leads in all"),
    "of_seats": gettext_lazy("Seats in all"),
    "project": gettext_lazy("Project"),
    "seats": gettext_lazy("Seats of the group"),
    "into": gettext_lazy("Merged into"),
    "invited_by": gettext_lazy("Invited by"),
    "is_asked": gettext_lazy("Emailed about it"),
    "is_nil": gettext_lazy("No interests"),
    "left": gettext_lazy("Left"),
    "list": gettext_lazy("List"),
    "low": gettext_lazy("Few left"),
    "medium": gettext_lazy("Taken by"),
    "merged_into": gettext_lazy("Merged into"),
    "nature": gettext_lazy("Nature"),
    "number": gettext_lazy("Number"),
    "opens_at": gettext_lazy("Opens"),
    "organisation": gettext_lazy("Organisation"),
    "out_of": gettext_lazy("Out of"),
    "owner": gettext_lazy("Owner"),
    "owner_before": gettext_lazy("Owner before"),
    "pages": gettext_lazy("Pages"),
    "people": gettext_lazy("People"),
    "person": gettext_lazy("Person"),
    "purpose": gettext_lazy("What for"),
    "reasons": gettext_lazy("What speaks for it"),
    "projects": gettext_lazy("Projects"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "round": gettext_lazy("Time sent"),
    "rows": gettext_lazy("Rows"),
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
    "because": gettext_lazy("Because"),
    "checks": gettext_lazy("Checks that counted"),
    "guide_version": gettext_lazy("Version of GPG 45"),
    "kind": gettext_lazy("Kind"),
    "level": gettext_lazy("Identity level"),
    "level_before": gettext_lazy("Identity level before"),
    "method": gettext_lazy("How it was checked"),
    "outcome": gettext_lazy("Outcome"),
    "profile": gettext_lazy("Profile of GPG 45"),
    "question": gettext_lazy("Question"),
    "scores": gettext_lazy("Strength, validity, activity, fraud, verification"),
    "validation": gettext_lazy("Validation"),
    "facts": gettext_lazy("Digest of its facts"),
    "values": gettext_lazy("Values"),
    "version": gettext_lazy("Version"),
    "where": gettext_lazy("Where"),
    "work_stream": gettext_lazy("Work-stream"),
    # Of joint decisions.
    "acting_as": gettext_lazy("Acting as"),
    "basis": gettext_lazy("Basis"),
    "batch": gettext_lazy("Released together"),
    "choice": gettext_lazy("Project choice"),
    "decision": gettext_lazy("Decision"),
    "digests": gettext_lazy("Digests of what both said"),
    "in_round": gettext_lazy("Round"),
    "keys": gettext_lazy("Made of"),
    "sector": gettext_lazy("Sector"),
    "side": gettext_lazy("Side"),
    "split": gettext_lazy("Difference"),
    "stand_in": gettext_lazy("Stand-in"),
    "whole": gettext_lazy("From the person altogether"),
}

# Facts that are closing instants, exclusive.
CLOSING = frozenset({"closes_at", "until"})

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def register(kinds: Mapping[str, Words]) -> None:
    """Add what an app calls the kinds of event it records. Raises ValueError for one with words."""
    if twice := kinds.keys() & KINDS.keys():
        raise ValueError(f"Named twice: {', '.join(sorted(twice))}")
    KINDS.update(kinds)


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
