"""What a participant is asked about an offer, a membership, a decision, or when they complain."""

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.models import Complaint
from stepchange.form_fields import choice, long_text

LONGEST = 2000
ACCEPT, TURN_DOWN = "accept", "turn down"


class OfferForm(forms.Form):
    """Whether to take up a place."""

    answer = choice(
        _("Do you take up this place?"),
        _("Choose whether you take up this place"),
        (
            (ACCEPT, _("Yes, I accept the place")),
            (TURN_DOWN, _("No, I turn it down")),
        ),
    )
    reason = long_text(
        _("If you turn it down, why? (optional)"),
        "",
        longest=1000,
        required=False,
        help_text=_("The office reads it. It changes nothing for your other projects."),
    )


class SteppingDownForm(forms.Form):
    """Why a member steps down, if they care to say."""

    reason = long_text(
        _("Why are you stepping down? (optional)"),
        "",
        longest=1000,
        required=False,
        help_text=_("It helps the office to find who takes your place."),
    )


class LookAgainForm(forms.Form):
    """What of a decision should be looked at again."""

    grounds = long_text(
        _("What should be looked at again, and why?"),
        _("Say what should be looked at again, and why"),
        longest=LONGEST,
        help_text=_("For example, something that was not known, or that was misread."),
    )


class ComplaintForm(forms.Form):
    """A complaint."""

    about = choice(_("What is it about?"), _("Choose what it is about"), Complaint.About.choices)
    text = long_text(
        _("What happened?"),
        _("Say what happened"),
        longest=4000,
        help_text=_("Say when, and who was there. Whoever it is about will not answer it."),
    )


class NeighbourForm(forms.Form):
    """Whether to be considered for a neighbouring project."""

    answer = choice(
        _("Do you want to be considered for this project?"),
        _("Choose whether you want to be considered for this project"),
        (("yes", _("Yes, choose it for me")), ("no", _("No, thank you"))),
    )
