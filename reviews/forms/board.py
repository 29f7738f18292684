"""What a member of the board is asked: a view on a split, to stand aside, and whom to name as stand-in."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Invitation
from participants.policies import may_see_people
from reviews.models import Side, StandIn, View
from reviews.policies.stand_ins import SECTOR_OF, may_name, organisations_of, why_not_days
from stepchange import clock
from stepchange.console.forms import DayInput
from stepchange.form_fields import choice, email, long_text
from stepchange.models import User
from stepchange.roles import held_by
from workstreams.models import Organisation, Term

LONGEST = 2000
NOT_INVITED = gettext_lazy(
    "Nobody who was invited to the programme signs in with this address. Check it, or ask the office to "
    "invite them first."
)
NOT_READY = gettext_lazy(
    "They have yet to accept the undertaking and to declare their interests. Ask them to do so first."
)


class SettleForm(forms.Form):
    """One member's view on a split."""

    view = choice(
        gettext_lazy("What should be made of it?"),
        gettext_lazy("Choose what should be made of it"),
        View.choices,
    )
    reason = long_text(
        gettext_lazy("Why?"),
        gettext_lazy("Say why: the reason is kept with the decision"),
        longest=LONGEST,
        help_text=gettext_lazy(
            "The other members read it once two of different sectors have given their view."
        ),
    )


class AsideForm(forms.Form):
    """Why a member of the board stands aside."""

    aside_reason = long_text(
        gettext_lazy("Why do you stand aside?"),
        gettext_lazy("Say why you stand aside"),
        longest=LONGEST,
        help_text=gettext_lazy("Kept in confidence, with your name."),
    )


def _day(label: Any, missing: Any, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=DayInput,
        error_messages={"required": missing, "invalid": missing},
        **options,
    )


class StandInForm(forms.Form):
    """Whom the board names for a side, for how long, and why.

    For whom they stand in is asked only of somebody who works or sits for several of that sector.
    """

    email = email(
        gettext_lazy("Email address"),
        gettext_lazy("Enter the address with which they sign in"),
        help_text=gettext_lazy(
            "Of somebody who was invited to the programme, and works or sits for an organisation of this "
            "side’s sector."
        ),
    )
    organisation = choice(
        gettext_lazy("For which organisation do they stand in?"),
        gettext_lazy("Choose the organisation for which they stand in"),
        (),
        required=False,
    )
    starts_on = _day(gettext_lazy("First day"), gettext_lazy("Enter the first day"))
    ends_on = _day(
        gettext_lazy("Last day"),
        gettext_lazy("Enter the last day"),
        help_text=gettext_lazy("It ends by itself after that day. You can end it sooner."),
    )
    reason = long_text(
        gettext_lazy("Why?"),
        gettext_lazy("Say why: the reason is kept in the record"),
        longest=LONGEST,
        help_text=gettext_lazy("Name no volunteer."),
    )

    def __init__(self, *args: Any, by: User, side: Side, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.side = by, side
        self.holder: User | None = None
        self.initial.setdefault("starts_on", clock.today())
        if not self._several(self._typed_address()):
            del self.fields["organisation"]

    def _typed_address(self) -> str:
        """Return what was typed as the address, if it is one: no other text is asked for in the rows."""
        try:
            return str(self.fields["email"].clean(self.data.get("email", "")))
        except forms.ValidationError:
            return ""

    def _several(self, address: str) -> bool:
        """Offer the organisations of somebody who has several; say whether they have."""
        holder = _invited(address)
        found = _of_sector(holder, self.side) if holder else []
        if len(found) > 1:
            offered: Any = self.fields["organisation"]
            offered.choices = [(str(each.public_id), str(each)) for each in found]
        return len(found) > 1

    def clean_email(self) -> str:
        """Find who signs in with the address: somebody invited, who did what comes before."""
        address = str(self.cleaned_data["email"])
        holder = _invited(address)
        if holder is None:
            raise forms.ValidationError(NOT_INVITED)
        if may_see_people(holder):
            raise forms.ValidationError(NOT_READY)
        self.holder = holder
        return address

    def clean(self) -> dict[str, Any]:
        """Find for whom they stand in, and ask the policies before the workflow does."""
        given = super().clean() or {}
        if self.holder is not None:
            self._settle_organisation(given, self.holder)
        starts_on, ends_on = given.get("starts_on"), given.get("ends_on")
        if not (isinstance(starts_on, date) and isinstance(ends_on, date)):
            return given
        if refusal := why_not_days(starts_on, ends_on):
            self.add_error("ends_on", str(refusal))
        return given

    def _settle_organisation(self, given: dict[str, Any], holder: User) -> None:
        found = _of_sector(holder, self.side)
        named = given.get("organisation") or ""
        if len(found) > 1:
            found = [each for each in found if str(each.public_id) == named]
            if not found:
                self.add_error(
                    "organisation", self.fields["organisation"].error_messages["required"]
                )
                return
        if not found:
            words = _(
                "They do not work or sit for an organisation of this side’s sector, as the register has it."
            )
            self.add_error("email", words)
            return
        if refusal := may_name(self.by, self.side, holder, found[0]):
            self.add_error("email", str(refusal))
        given["organisation"] = found[0]

    def arguments(self) -> dict[str, Any]:
        """Return what the workflow is called with."""
        names = ("organisation", "starts_on", "ends_on", "reason")
        return {"holder": self.holder} | {name: self.cleaned_data[name] for name in names}


def _invited(address: str) -> User | None:
    """Return who signs in with an address and was invited: to a role, a seat, or holds one.

    Nobody else is told of: a volunteer's account is none of the board's business (law 8).
    """
    user = User.objects.filter(email__iexact=address.strip(), is_active=True).first()
    if user is None:
        return None
    accepted = Invitation.objects.filter(taken_by=user, state=Invitation.State.ACCEPTED)
    is_known = (
        held_by(user)
        or accepted.exists()
        or Term.objects.filter(holder=user).exists()
        or StandIn.objects.filter(holder=user).exists()
    )
    return user if is_known else None


def _of_sector(holder: User, side: Side) -> list[Organisation]:
    """Return for which organisations of a side's sector somebody works or sits."""
    own = Organisation.objects.filter(pk__in=organisations_of(holder), sector=SECTOR_OF[side])
    return list(own.order_by("name", "unit"))


class EndForm(forms.Form):
    """From when somebody stands in no more."""

    ends_on = _day(gettext_lazy("Last day"), gettext_lazy("Enter the last day"))
    reason = long_text(
        gettext_lazy("Why?"),
        gettext_lazy("Say why: the reason is kept in the record"),
        longest=LONGEST,
    )
