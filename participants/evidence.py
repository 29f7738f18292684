"""The kinds of check towards a validation: what each rests on, what it scores, and who it fits.

The portal keeps who checked what, how, when and with which outcome; never a document or a scan (design.md,
section 7). What a kind scores by GPG 45 is our judgement, the most that it may claim: a caseworker
can give less. Decision 25 says how each was weighed.
"""

import re
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.gpg45 import Scores
from stepchange.transitions import Words
from workstreams.models import Sector


class CheckKind(models.TextChoices):
    """What was checked."""

    WORK_EMAIL = "work email", _("Control of the work email address")
    DOMAIN = "domain", _("Email domain against the organisation’s record")
    REFEREE = "referee", _("Referee’s confirmation")
    CALL_BACK = "call-back", _("Call back through the switchboard")
    POLICE_REGISTER = "police register", _("Collar number with the force")
    SIA_LICENCE = "SIA licence", _("SIA licence on the public register")
    COMPANY = "company", _("Organisation on the public register")
    PASS_SEEN = "pass seen", _("Staff or warrant card seen on a call")
    DOCUMENT_SEEN = "document seen", _("Passport or driving licence seen on a call")


NAME, WORK_EMAIL, ORGANISATION = "name", "work_email", "organisation"
"""The facts about a person that a check can rest on: when one changes, the check counts no more."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """One kind of check: what it rests on, the most it may score, and how it is made."""

    kind: CheckKind
    rests_on: frozenset[str]
    most: Scores
    how: Words
    by_hand: bool = True
    sectors: frozenset[str] = field(default_factory=lambda: frozenset(Sector.values))
    number: Words = ""
    """What the number is called that it is made by, where it is made by one."""
    number_shape: re.Pattern[str] | None = None
    number_wanted: Words = ""


_WHO_AND_WHERE = frozenset({NAME, ORGANISATION})

MEANS: dict[str, Means] = {
    each.kind.value: each
    for each in (
        Means(
            kind=CheckKind.WORK_EMAIL,
            rests_on=frozenset({WORK_EMAIL}),
            most=Scores(activity=1),
            how=_("A code sent to the address was typed in time."),
            by_hand=False,
        ),
        Means(
            kind=CheckKind.DOMAIN,
            rests_on=frozenset({WORK_EMAIL, ORGANISATION}),
            most=Scores(strength=1, validity=1),
            how=_("The address is of a domain that the register has for the organisation."),
            by_hand=False,
        ),
        Means(
            kind=CheckKind.REFEREE,
            rests_on=_WHO_AND_WHERE,
            most=Scores(strength=2, validity=2, verification=1),
            how=_("Whoever reads the address that was given confirmed name, job and employer."),
            by_hand=False,
        ),
        Means(
            kind=CheckKind.CALL_BACK,
            rests_on=_WHO_AND_WHERE,
            most=Scores(activity=1, fraud=1, verification=1),
            how=_(
                "Find the switchboard’s number yourself, on the organisation’s public site or in a "
                "directory. Never use a number from an email, a form or a caller."
            ),
        ),
        Means(
            kind=CheckKind.POLICE_REGISTER,
            rests_on=_WHO_AND_WHERE,
            most=Scores(strength=3, validity=3, activity=2, fraud=1),
            how=_("Ask the force, through a number or an address that you found yourself."),
            sectors=frozenset({Sector.POLICE}),
            number=_("Collar or staff number"),
            number_shape=re.compile(r"[A-Z]{0,4}[0-9]{1,8}[A-Z]{0,2}"),
            number_wanted=_("Enter a collar or staff number, like 4127 or PC 4127"),
        ),
        Means(
            kind=CheckKind.SIA_LICENCE,
            rests_on=frozenset({NAME}),
            most=Scores(strength=3, validity=2, activity=1, fraud=1),
            how=_("Look the number up in the Security Industry Authority’s register of licences."),
            sectors=frozenset({Sector.PRIVATE}),
            number=_("SIA licence number"),
            number_shape=re.compile(r"[0-9]{16}"),
            number_wanted=_("Enter the 16 digits of the licence, like 1234 5678 9012 3456"),
        ),
        Means(
            kind=CheckKind.COMPANY,
            rests_on=frozenset({ORGANISATION}),
            most=Scores(),  # of the employer, and not of the person: it scores nothing
            how=_(
                "Look the organisation up at Companies House, and see that it is active and trades "
                "where the person says they work."
            ),
            sectors=frozenset({Sector.PRIVATE}),
            number=_("Companies House number"),
            number_shape=re.compile(r"(?:[A-Z]{2}[0-9]{6}|[0-9]{8}|R[0-9]{7})"),
            number_wanted=_("Enter the 8 characters of the number, like 01234567 or SC123456"),
        ),
        Means(
            kind=CheckKind.PASS_SEEN,
            rests_on=_WHO_AND_WHERE,
            most=Scores(strength=2, validity=2, verification=2),
            how=_(
                "On a video call, see the card’s front and the face beside it. Keep no picture of it."
            ),
        ),
        Means(
            kind=CheckKind.DOCUMENT_SEEN,
            rests_on=frozenset({NAME}),
            most=Scores(strength=4, validity=2, verification=2),
            how=_(
                "On a video call, see the document’s photograph page and the face beside it. Keep no "
                "picture of it, and do not write its number down. A passport’s strength is 4; of a "
                "driving licence, give 3."
            ),
        ),
    )
}
BY_HAND = tuple(kind for kind, means in MEANS.items() if means.by_hand)


LEAST_SAID, LEAST_WORDS = 10, 2


def says_too_little(method: str) -> Words | None:
    """Say what to write, where how a check was made is told so shortly that nobody could follow it."""
    words = re.findall(r"[^\W\d_]{2,}", method)
    if len(method.strip()) >= LEAST_SAID and len(words) >= LEAST_WORDS:
        return None
    return _(
        "Say how you made it in a few words, so that another could follow it: whom you asked, by which "
        "number or page, and what you were told."
    )


def fitting(sector: str) -> list[Means]:
    """Return the kinds that a caseworker can record by hand for somebody of a sector, in order."""
    return [means for means in MEANS.values() if means.by_hand and sector in means.sectors]
