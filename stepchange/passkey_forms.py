"""The forms of passkeys: a name, and what the browser made or signed. Whatever it sends is checked."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.utils.translation import gettext_lazy as _

from stepchange.account_forms import Worded, Words
from stepchange.models import User
from stepchange.unseen import refuse_in

LONGEST_NAME = 60
LONGEST_CREDENTIAL = 20_000
NAME = Words(
    _("Name"),
    _("Enter a name for the passkey"),
    _("So that you can tell it from others, for example “Work phone”"),
)
FAILED = _("The passkey did not work: try again, or sign in another way")
NOT_MADE = _("The passkey was not made: try again, and unlock your device when it asks")


class Credential(forms.JSONField):
    """What a browser's passkey made or signed: a mapping of a size and depth that one can have."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Return the mapping. Raises ValidationError."""
        if isinstance(value, str) and len(value) > LONGEST_CREDENTIAL:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            read = super().to_python(value)
        except RecursionError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if read is not None and not isinstance(read, dict):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return read


class Signed(Worded):
    """Refuses, with words, whatever does not come from a browser's passkey."""

    unusable = FAILED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wrong = {"required": self.unusable, "invalid": self.unusable}
        self.fields["credential"] = Credential(error_messages=wrong)

    def add_error(self, field: str | None, error: Any) -> None:
        """Say in our words that it did not work; the code of an app has others."""
        if getattr(error, "code", None) == "incorrect_code":
            error = forms.ValidationError(self.unusable, code="passkey")
        super().add_error(None if field == "credential" else field, error)

    def checked(self, check: Callable[[], Any]) -> Any:
        """Return what `check` makes of what was sent. Raises ValidationError."""
        try:
            return check()
        except forms.ValidationError:
            raise
        except Exception as error:
            # The parsers of what a stranger sends fail in many ways; all mean the same.
            raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(Signed, webauthn.AddWebAuthnForm):
    """Name a new passkey, which the browser has made."""

    words = {"name": NAME}
    unusable = NOT_MADE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]  # always: a key that is not would be no second factor alone
        self.fields["name"] = forms.CharField(
            label=NAME.label,
            help_text=NAME.hint,
            max_length=LONGEST_NAME,
            required=False,
            initial=self.fields["name"].initial,
            error_messages={"max_length": _too_long()},
        )
        refuse_in(self)
        self.order_fields(["name", "credential"])

    def clean(self) -> Any:
        """Check the new key, and that whoever unlocked it was verified."""
        return self.checked(super().clean)


class RenamePasskeyForm(Worded, webauthn.EditWebAuthnForm):
    """Give a passkey another name."""

    words = {"name": NAME}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=NAME.label,
            help_text=NAME.hint,
            max_length=LONGEST_NAME,
            error_messages={"required": NAME.required, "max_length": _too_long()},
        )
        refuse_in(self)


class UsePasskeyForm(Signed, webauthn.AuthenticateWebAuthnForm):
    """Sign in with a passkey after the password or the emailed code."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey that signed."""
        found: Authenticator = self.checked(super().clean_credential)
        return found


class ConfirmByPasskeyForm(Signed, webauthn.ReauthenticateWebAuthnForm):
    """Prove again who one is, by passkey."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey that signed."""
        found: Authenticator = self.checked(super().clean_credential)
        return found


class SignInWithPasskeyForm(Signed, webauthn.LoginWebAuthnForm):
    """Sign in with a passkey and nothing else."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey that signed: of the account whose random id the device kept with it."""
        found: Authenticator = self.checked(self._signed)
        return found

    def _signed(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        auth.parse_authentication_response(credential)
        handle = auth.websafe_decode(credential["response"]["userHandle"]).decode("ascii")
        user = User.objects.filter(public_id=UUID(hex=handle)).first() or User()
        found: Authenticator = auth.complete_authentication(user, credential)
        return found


def _too_long() -> Any:
    return _("The name must be 60 characters or fewer")
