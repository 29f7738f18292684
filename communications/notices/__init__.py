"""Every message the portal sends, as data: what causes it, to whom, its words, until when it is due.

To add one: a `Notice` in the module of its subject, and a folder `templates/emails/<name>/` with
subject.txt, body.txt and body.html. A notice holds a greeting, a reference, a time, an action and a
link; projects, outcomes, reasons and interests are read after log-in (law 7).
"""

from communications.notices.accounts import ACCOUNT_NOTICES, account_notice_name
from communications.notices.addresses import ADDRESS_NOTICES
from communications.notices.base import Cause, Kind, Notice
from communications.notices.contact import CONTACT_NOTICES
from communications.notices.declarations import DECLARATION_NOTICES
from communications.notices.drafts import DRAFT_NOTICES
from communications.notices.entered import ENTERED_NOTICES
from communications.notices.expressions import EXPRESSION_NOTICES
from communications.notices.extensions import EXTENSION_NOTICES
from communications.notices.interests import INTEREST_NOTICES
from communications.notices.invitations import INVITATION_NOTICES
from communications.notices.memberships import MEMBERSHIP_NOTICES
from communications.notices.referees import REFEREE_NOTICES
from communications.notices.resets import RESET_NOTICES
from communications.notices.reviewing import REVIEWING_NOTICES
from communications.notices.validations import VALIDATION_NOTICES

__all__ = [
    "EVENT_KINDS",
    "NOTICES",
    "SECURITY",
    "Cause",
    "Kind",
    "Notice",
    "account_notice_name",
    "label_of",
    "notices_called",
]

_ALL = (
    *EXPRESSION_NOTICES,
    *ENTERED_NOTICES,
    *EXTENSION_NOTICES,
    *DRAFT_NOTICES,
    *DECLARATION_NOTICES,
    *INTEREST_NOTICES,
    *INVITATION_NOTICES,
    *RESET_NOTICES,
    *REVIEWING_NOTICES,
    *REFEREE_NOTICES,
    *VALIDATION_NOTICES,
    *MEMBERSHIP_NOTICES,
    *ADDRESS_NOTICES,
    *CONTACT_NOTICES,
    *ACCOUNT_NOTICES,
)

NOTICES: dict[str, Notice] = {notice.name: notice for notice in _ALL}
SECURITY = frozenset(notice.name for notice in _ALL if notice.kind is Kind.SECURITY)
EVENT_KINDS = frozenset(notice.event_kind for notice in _ALL if notice.event_kind)


def label_of(name: str) -> str:
    """Return what a notice is called; the name itself, spaced, of one that is sent no more."""
    notice = NOTICES.get(name)
    return str(notice.label) if notice else name.replace("_", " ").capitalize()


def notices_called(words: str) -> list[str]:
    """Return the names of the notices whose label holds these words, in any casing."""
    wanted = words.strip().lower()
    return [
        name for name, notice in NOTICES.items() if wanted and wanted in str(notice.label).lower()
    ]
