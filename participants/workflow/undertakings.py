"""Accepting the undertaking: once a version, never changed, never taken back."""

from django.db import IntegrityError, transaction

from participants import policies
from participants.models import Person, Undertaking
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import permit


def accept(person: Person, *, by: User) -> Undertaking:
    """Accept the newest version for oneself; having accepted it already changes nothing.

    Raises Refused for anybody else. Writes `participants.undertaking.accepted`, with the version and
    the digest of the words.
    """
    permit(policies.may_speak_for(by, person))
    version, digest = policies.undertaking_now()
    mine = Undertaking.objects.of_words(version, digest).filter(person=person)
    if accepted := mine.first():
        return accepted
    try:
        with transaction.atomic():
            accepted = Undertaking.objects.create(person=person, version=version, digest=digest)
            record(
                "participants.undertaking.accepted",
                accepted,
                by=by,
                facts={"person": person.record_key, "version": version, "digest": digest},
            )
    except IntegrityError:  # a second tab was faster
        return mine.get()
    return accepted
