"""What somebody answers while they are being validated."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from participants.forms.base import Journey
from participants.forms.trust import ConfirmingForm
from participants.models import Person
from stepchange.form_fields import long_text
from stepchange.models import User

LONGEST_ANSWER = 2000


class AnswerForm(forms.Form):
    """What the office asked for."""

    answer = long_text(_("Your answer"), _("Write your answer"), longest=LONGEST_ANSWER)


class AppealForm(forms.Form):
    """Why a refusal should be looked at again."""

    reason = long_text(
        _("Why should it be looked at again?"),
        _("Say why it should be looked at again"),
        longest=LONGEST_ANSWER,
        help_text=_("For example, who can confirm who you are, and how to reach them."),
    )


class AnotherRefereeForm(ConfirmingForm):
    """Another referee, by the rules of the form's own page."""

    optional: ClassVar[tuple[str, ...]] = ()

    def build(self) -> None:
        """Ask for a referee alone."""
        super().build()
        del self.fields["identifier"]

    def layout(self) -> list[str]:
        """Draw nothing by itself: the page does."""
        return []


def journey_with(user: User, person: Person) -> Journey:
    """Return what the form's own page would know of somebody: the addresses that are theirs."""
    work = {"work_email": person.work_email}
    return Journey(email=user.email, person=person, answers={"organisation": work})
