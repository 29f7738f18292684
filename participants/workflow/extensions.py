"""More time for one person, given by the office with a reason, and ended early."""

from datetime import datetime

from django.db import transaction

from participants import policies
from participants.models import Extension, Person
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import permit, require_reason
from workstreams.models import Call

SUBJECT = "participants.extension"


def give_extension(
    person: Person, call: Call, *, until: datetime, reason: str, by: User | None
) -> Extension:
    """Let one person submit in a call until a later instant (law 4); the latest row given counts.

    Raises Refused unless an office manager does it, for somebody else, with a reason, in a call that
    was announced and is not archived, until an instant that is yet to come and after the call's own.
    """
    permit(policies.may_extend(by, person))
    require_reason(reason)
    permit(policies.why_not_until(call, until))
    return _add(person, call, "given", until=until, reason=reason, by=by)


def end_extension(extension: Extension, *, reason: str, by: User | None) -> Extension:
    """End an extension now, by a row of its own; what came before now was on time. Raises Refused."""
    permit(policies.may_end_extension(by, extension))
    require_reason(reason)
    return _add(extension.person, extension.call, "ended", until=clock.now(), reason=reason, by=by)


def _add(
    person: Person, call: Call, what: str, *, until: datetime, reason: str, by: User | None
) -> Extension:
    with transaction.atomic():
        extension = Extension.objects.create(
            person=person, call=call, until=until, reason=reason, by=by
        )
        record(
            f"{SUBJECT}.{what}",
            extension,
            by=by,
            reason=reason,
            facts={"person": person.record_key, "call": call.slug, "until": until},
        )
    return extension
