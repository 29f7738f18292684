"""allauth's forms in our words: labels, hints and messages that say what to do; no rule of its own.

And as much work for an address that has an account as for one that has none (`alike`; law 8).
"""

from typing import Any, NamedTuple

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.manage_email import assess_unique_email
from allauth.core import context as current
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stepchange import alike, codes, tries
from stepchange.form_fields import BAD_EMAIL, UNPRINTABLE
from stepchange.unseen import refuse_in


class Words(NamedTuple):
    """What a field says of itself."""

    label: Any
    required: Any
    hint: Any = None
    width: str = ""


LONGEST_ADDRESS = 254  # RFC 5321, and what an account's row holds
_WIDTH_OF_A_CODE = "govuk-input--width-10 sc-code-input"
EMAIL = Words(_("Email address"), _("Enter your email address"))
EMAILED_CODE = Words(
    _("Code"), _("Enter the code from the email"), _("For example, LXRG-FTXF"), _WIDTH_OF_A_CODE
)
APP_CODE = Words(
    _("Code"),
    _("Enter the code from your authenticator app"),
    _("The six figures that your app shows now, or one of your recovery codes"),
    _WIDTH_OF_A_CODE,
)
NEW_PASSWORD = Words(
    _("New password"),
    _("Enter a new password"),
    _("12 characters or more. Three random words are good."),
)
REPEATED_PASSWORD = Words(_("New password again"), _("Enter the new password again"))


# What allauth finds wrong, by its code, said so that one knows what to do.
_TOO_MANY = _("Too many tries: wait a few minutes, then try again")
TOO_MANY_CODES = _(
    "We have sent this address several codes in the last hour: use the newest one, or try again in an hour"
)
MESSAGES = {
    "email_password_mismatch": _(
        "Check the email address and the password, or leave the password empty to get a code"
    ),
    "email_taken": _("That address can’t be used: it belongs to another account by now"),
    "enter_current_password": _("That is not your current password: check it and try again"),
    "incorrect_code": _("That code is wrong, or too old: check it, or ask for a new one"),
    "incorrect_password": _("That password is wrong: check it and try again"),
    "rate_limited": _TOO_MANY,
    "same_as_current": _("Enter an address other than the one that you have"),
    "cannot_delete_authenticator": _(
        "Your role needs a second step for signing in: add a passkey first, then remove the app"
    ),
    "duplicate_email": _("You have this address already: enter another one"),
    "too_many_login_attempts": _(
        "Too many tries: wait a few minutes, or leave the password empty to get a code by email"
    ),
}


longest_address = MaxLengthValidator(LONGEST_ADDRESS, BAD_EMAIL)


class Worded(forms.BaseForm):
    """Gives the fields named in `words` their words, and allauth's complaints ours."""

    words: dict[str, Words] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        refuse_in(self)
        for each in self.fields.values():
            each.error_messages["null_characters_not_allowed"] = UNPRINTABLE
        for name, words in self.words.items():
            if field := self.fields.get(name):
                field.label = words.label
                field.error_messages["required"] = words.required
                if words.hint is not None:
                    field.help_text = words.hint
                if words.width:
                    field.widget.attrs["class"] = words.width
                if isinstance(field, forms.EmailField):
                    field.error_messages["invalid"] = BAD_EMAIL
                    field.validators = [*field.validators, longest_address]

    def add_error(self, field: str | None, error: Any) -> None:
        """Say in our words what has a code in MESSAGES."""
        code = getattr(error, "code", None)
        if code in MESSAGES:
            error = forms.ValidationError(MESSAGES[code], code=code)
        super().add_error(field, error)


def count_code(address: str) -> None:
    """Count a code that is about to be mailed, the same for every address. Raises ValidationError."""
    if tries.ask_for_code(current.request, address):
        raise forms.ValidationError(TOO_MANY_CODES, code="too_many_codes")


class SignInForm(Worded, account.LoginForm):
    """Sign in, by password if one is given, else by an emailed code."""

    words = {
        "login": EMAIL,
        "password": Words(
            _("Password (optional)"),
            _("Enter your password"),
            _("Leave it empty and we will email you a code instead"),
        ),
    }

    def _setup_password_field(self) -> None:
        """Keep the field: allauth drops it where accounts are created without a password."""
        self.fields["password"].required = False

    def clean(self) -> Any:
        """Look as often for an address that is known; without a password, count the code."""
        if not self.errors:
            if not self.cleaned_data.get("password"):
                count_code(self.cleaned_data["login"])
            alike.look_as_often(self.cleaned_data["login"])
        return super().clean()


class SignUpForm(Worded, account.SignupForm):
    """Create an account."""

    words = {
        "email": EMAIL._replace(
            hint=_("Use your work address if you can: it helps us to confirm who you are")
        ),
        "password1": NEW_PASSWORD._replace(label=_("Password"), required=_("Enter a password")),
    }

    def clean_email(self) -> Any:
        """Count the code that signing up sends."""
        address = super().clean_email()
        count_code(self.cleaned_data["email"])
        return address

    def try_save(self, request: HttpRequest) -> Any:
        """Save the account; for an address that has one, save nobody's and take it back."""
        if self.account_already_exists:
            with alike.taken_back():
                self._save_nobody(request)
            alike.look_for_nobody(alike.AFTER_SIGNING_UP)
            return super().try_save(request)
        with alike.saved():
            return super().try_save(request)

    def _save_nobody(self, request: HttpRequest) -> None:
        typed = self.cleaned_data["email"]
        self.cleaned_data["email"], self.account_already_exists = alike.nobody(), False
        try:
            self.save(request)
        finally:
            self.cleaned_data["email"], self.account_already_exists = typed, True


class SignInCodeForm(Worded, account.RequestLoginCodeForm):
    """Ask for a code to sign in with."""

    words = {"email": EMAIL}

    def clean_email(self) -> str:
        """Count the code, and look as often for an address that is known."""
        count_code(self.cleaned_data["email"])
        alike.look_as_often(self.cleaned_data["email"])
        return str(super().clean_email())


class ConfirmSignInCodeForm(Worded, account.ConfirmLoginCodeForm):
    """Enter the code that signs in."""

    words = {"code": EMAILED_CODE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.expected_code:  # nobody was sent one
            alike.look_for_nobody()


class ConfirmEmailCodeForm(Worded, account.ConfirmEmailVerificationCodeForm):
    """Enter the code that confirms an address."""

    words = {"code": EMAILED_CODE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.user is None:  # the address had an account already
            alike.look_for_nobody(2)

    def clean_code(self) -> str:
        """Take no code where the address has an account: none was sent."""
        process = EmailVerificationProcess.resume(current.request)
        if process and process.state.get("account_already_exists"):
            raise get_adapter().validation_error("incorrect_code")
        return str(super().clean_code())


class ConfirmResetCodeForm(Worded, account.ConfirmPasswordResetCodeForm):
    """Enter the code that lets one choose a new password."""

    words = {"code": EMAILED_CODE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and not self.expected_code:  # nobody was sent one
            alike.look_for_nobody()


class ResetPasswordForm(Worded, account.ResetPasswordForm):
    """Ask for a new password."""

    words = {"email": EMAIL}

    def clean_email(self) -> str:
        """Count the code, and look as often for an address that is known."""
        count_code(self.cleaned_data["email"])
        alike.look_as_often(self.cleaned_data["email"])
        return str(super().clean_email())


class NewPasswordForm(Worded, account.ResetPasswordKeyForm):
    """Choose a new password."""

    words = {"password1": NEW_PASSWORD, "password2": REPEATED_PASSWORD}


class SetPasswordForm(Worded, account.SetPasswordForm):
    """Set a first password."""

    words = {"password1": NEW_PASSWORD, "password2": REPEATED_PASSWORD}


class ChangePasswordForm(Worded, account.ChangePasswordForm):
    """Change a known password."""

    words = {
        "oldpassword": Words(_("Current password"), _("Enter your current password"), ""),
        "password1": NEW_PASSWORD,
        "password2": REPEATED_PASSWORD,
    }


class NewAddressForm(Worded, account.AddEmailForm):
    """Ask for another address to sign in with."""

    words = {
        "email": EMAIL._replace(
            label=_("New email address"), required=_("Enter the new email address")
        )
    }

    def clean_email(self) -> str:
        """Count the code; one's own address is refused, another account's is not told from a free one."""
        address = str(super().clean_email())
        count_code(address)
        return address

    def save(self, request: HttpRequest) -> Any:
        """Send a code; to an address that has an account, word of that: no code would do there."""
        address = self.cleaned_data["email"]
        state = EmailVerificationProcess.initial_state(self.user, address)
        state["account_already_exists"] = assess_unique_email(address, user=self.user) is not True
        process = EmailVerificationProcess(request=request, state=state, user=self.user)
        if state["account_already_exists"]:
            alike.look_for_nobody()
        process.generate_code()
        process.send()
        process.persist()
        return process.email_address


class ChangeEmailForm(Worded, account.ChangeEmailForm):
    """Change the email address."""

    words = NewAddressForm.words


class ConfirmAccessForm(Worded, account.ReauthenticateForm):
    """Prove again who one is, by password."""

    words = {"password": Words(_("Password"), _("Enter your password"), "")}


class SecondFactorForm(Worded, mfa.AuthenticateForm):
    """Sign in with the second factor."""

    words = {"code": APP_CODE}


class ConfirmSecondFactorForm(Worded, mfa.ReauthenticateForm):
    """Prove again who one is, by second factor."""

    words = {"code": APP_CODE}


class SetUpAppForm(Worded, totp.ActivateTOTPForm):
    """Set up the authenticator app."""

    words = {"code": APP_CODE._replace(hint=_("The six figures that your app shows now"))}


class RemoveAppForm(Worded, totp.DeactivateTOTPForm):
    """Remove the authenticator app, if the account may be without."""


class ConfirmByCodeForm(Worded, account.ConfirmLoginCodeForm):
    """Prove again who one is, by an emailed code; `spent` says why it can't be tried any more."""

    words = {"code": EMAILED_CODE}
    spent = ""

    def __init__(self, *args: Any, waiting: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = waiting

    def clean_code(self) -> str:
        """Count the try and compare it with what the session keeps, if a code was sent."""
        typed = str(self.cleaned_data["code"])
        try:
            if self.waiting is None:
                raise codes.wrong()
            codes.check(self.waiting, typed, codes.TRIES_TO_CONFIRM)
        except codes.SpentCode as refused:
            self.spent = str(refused)
            raise forms.ValidationError(self.spent, code="spent") from None
        except codes.WrongCode:
            raise get_adapter().validation_error("incorrect_code") from None
        return typed
