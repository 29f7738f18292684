"""Emails about somebody that name no person: a look at one is recorded under the email itself."""

from collections.abc import Iterable

from communications.models import Email
from communications.notices import NOTICES
from communications.workflow.deriving import address_key
from stepchange.models import User


def emails_about(user: User, known: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the emails about what tells of an account's person, and account mail to its address."""
    about = [*(key for _kind, key in known), address_key(user.email)]
    # Each kind of email is named, so that the ledger's unique index finds them.
    emails = Email.objects.filter(notice__in=NOTICES, subject_key__in=about).order_by()
    return [
        (Email._meta.label_lower, str(key)) for key in emails.values_list("public_id", flat=True)
    ]
