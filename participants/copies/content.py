"""What the copy to keep says, on the page to print and in the PDF alike."""

from dataclasses import dataclass
from typing import cast

from django.utils.translation import gettext as _

from participants.forms.acceptance import Acceptance
from participants.models import ExpressionOfInterest, Snapshot
from participants.pages import Section
from participants.texts import EVERY_STATEMENT
from stepchange.uk_time import uk_date, uk_moment
from workstreams.models import Call

ORDER = {name: place for place, name in enumerate(EVERY_STATEMENT)}
Pair = tuple[str, str]
"""What is said, and what of: a question and its answer, a heading and its words."""


@dataclass(frozen=True)
class Copy:
    """One numbered version of an expression of interest, in the words of the day it was submitted."""

    reference: str
    number: int
    title: str
    notice: str
    facts: list[Pair]
    sections: list[Section]
    accepted: list[Pair]
    following: list[Pair]
    fingerprint: str

    @property
    def file_name(self) -> str:
        """The name that the PDF is saved under: the reference and the version, nobody's own name."""
        return f"Step-Change-{self.reference}-version-{self.number}.pdf"


def copy_of(expression: ExpressionOfInterest, snapshot: Snapshot, *, newest: int) -> Copy:
    """Return what the copy of one snapshot says; `newest` is the number of the newest one.

    Questions and answers stand as the snapshot keeps them, whatever became of a question since.
    """
    return Copy(
        reference=expression.reference,
        number=snapshot.number,
        title=_("Expression of interest"),
        notice=_notice(expression, snapshot, newest),
        facts=[
            (_("Reference"), expression.reference),
            (_("Name"), _name(expression, snapshot)),
            (_("Call"), str(expression.call)),
            *_received(expression, snapshot),
        ],
        sections=cast("list[Section]", snapshot.shown),
        accepted=_accepted(snapshot),
        following=next_steps(expression.call) if _counts(expression, snapshot, newest) else [],
        fingerprint=snapshot.digest,
    )


def _received(expression: ExpressionOfInterest, snapshot: Snapshot) -> list[Pair]:
    """Say which version it is and when it was received; of a later one also when the first was."""
    at, number = uk_moment(snapshot.taken_at), str(snapshot.number)
    if snapshot.number == 1:
        return [(_("Submitted"), at), (_("Version"), number)]
    first = uk_moment(expression.submitted_at)
    return [(_("Version"), number), (_("First submitted"), first), (_("Changes submitted"), at)]


def _counts(expression: ExpressionOfInterest, snapshot: Snapshot, newest: int) -> bool:
    """Say whether this version is the one that is considered."""
    return expression.state == "submitted" and snapshot.number == newest


def _notice(expression: ExpressionOfInterest, snapshot: Snapshot, newest: int) -> str:
    if expression.state == "withdrawn":
        return _("This expression of interest was withdrawn. It is no longer considered.")
    if snapshot.number < newest:
        return _(
            "This is an earlier version. Version %(newest)d has replaced it, and is the one considered."
        ) % {"newest": newest}
    return ""


def _name(expression: ExpressionOfInterest, snapshot: Snapshot) -> str:
    """Return the name given with this version: the person's may have changed since."""
    given = snapshot.answers.get("about-you", {}).get("full_name", "")
    return str(given).strip() or str(expression.person)


def _accepted(snapshot: Snapshot) -> list[Pair]:
    """Return each statement accepted: its words, where they are still these, its version and time."""
    found = []
    for name in sorted(snapshot.texts, key=lambda each: (each not in ORDER, ORDER.get(each, 0))):
        version, text = snapshot.texts[name], EVERY_STATEMENT.get(name)
        kept = Acceptance.read(_tick(snapshot, name))
        at = kept.at if kept and kept.at and kept.version == version else snapshot.taken_at
        when = _("Accepted at %(time)s, version %(version)s")
        when %= {"time": uk_moment(at), "version": version}
        if text is None:
            found.append((_("A statement that is not used any more"), when))
        elif text.version != version:
            found.append((str(text.tick), when))
        else:
            found.append((str(text.tick), f"{text.words}\n{when}"))
    return found


def _tick(snapshot: Snapshot, name: str) -> object:
    """Return what the form kept of a tick; the last one, on the page that submits, is the submission."""
    if name == "interests":
        return snapshot.answers.get("interests", {}).get("signed")
    return snapshot.answers.get("confidence", {}).get(name)


def next_steps(call: Call) -> list[Pair]:
    """Return what happens next to what was submitted in a call, for the confirmation page and the copy."""
    when = {"day": uk_date(call.decisions_on), "delivery": uk_date(call.delivery_on)}
    decided = (
        _("You can expect a decision by %(day)s. Delivery commences on %(delivery)s.")
        if call.decisions_on
        else _("Delivery commences on %(delivery)s.")
    )
    return [
        (
            _("We confirm who you are"),
            _(
                "This is your validation. We write to your referee, who confirms your name, job and "
                "organisation, and the office makes checks of its own, within two weeks if it can."
            ),
        ),
        (
            _("We look at your interests"),
            _("The office may ask you about what you declared."),
        ),
        (_("The co-chairs decide jointly"), decided % when),
    ]
