"""Who may decide about an email that the portal is in doubt of."""

from django.utils.translation import gettext_lazy as _

from communications.models import Email, Generation
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words


def reads_addresses(by: User | None) -> bool:
    """Say whether somebody may read where messages went: those of the office who write to people."""
    writers = (Role.OFFICE_MANAGER, Role.COMMUNICATIONS_OFFICER)
    return by is not None and by.is_active and (by.is_superuser or holds(by, *writers))


def keeps_the_ledger(by: User | None, _subject: Email | Generation) -> Words | None:
    """Permit those who read whom it is about; the portal itself never decides a doubt."""
    if reads_addresses(by):
        return None
    return _("Only an office manager or a communications officer can do this.")


def portal_itself(by: User | None, _email: Email) -> Words | None:
    """Permit the portal alone: what happens to a message on its way is no person's choice."""
    return None if by is None else _("The portal does this by itself.")


def what_is_known(email: Email) -> list[Words]:
    """Return what is known for certain of an email that waits for a person, and what to find out."""
    match email.state:
        case Email.State.UNCERTAIN:
            return [
                _("The whole message went to the mail server, and no answer came back."),
                _("It may have arrived or not. The portal does not send it again by itself."),
                _(
                    "Look for its Message-ID in the mail server's log, or ask its reader. "
                    "Then mark it as sent, or send it again."
                ),
            ]
        case Email.State.HELD:
            return [
                _("A backup of the database was restored while this was waiting to be sent."),
                _(
                    "If it says that the mail server was given it before, it went out: mark it as "
                    "sent. If not, it is likely that it never went out: send it."
                ),
            ]
        case Email.State.FAILED:
            return [
                _("It was not sent, and is not tried again."),
                _("If the address is wrong, ask its reader for another by telephone."),
            ]
        case _:
            return []
