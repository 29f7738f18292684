"""allauth's forms speak our words, and stay bound to the fields that they name."""

import inspect

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from stepchange import account_forms

OURS = [*settings.ACCOUNT_FORMS.values(), *settings.MFA_FORMS.values()]
FORMS = [
    form
    for _, form in inspect.getmembers(account_forms, inspect.isclass)
    if issubclass(form, account_forms.Worded) and form is not account_forms.Worded
]


def test_each_form_is_used():
    assert {import_string(path) for path in OURS} == set(FORMS)


@pytest.mark.parametrize(
    ("form", "field", "message"),
    [
        (account_forms.SignUpForm, "email", "Enter your email address"),
        (account_forms.SignInForm, "login", "Enter your email address"),
        (account_forms.SignInCodeForm, "email", "Enter your email address"),
        (account_forms.ResetPasswordForm, "email", "Enter your email address"),
        (account_forms.ConfirmAccessForm, "password", "Enter your password"),
    ],
)
def test_an_empty_answer_is_told_what_to_do(form, field, message):
    arguments = {"user": None} if form is account_forms.ConfirmAccessForm else {}
    assert form({}, **arguments).errors[field] == [message]


def test_a_mistyped_address_is_told_how_one_looks():
    errors = account_forms.SignUpForm({"email": "nonsense"}).errors
    assert errors["email"] == [str(account_forms.BAD_EMAIL)]


@pytest.mark.parametrize("form", FORMS)
def test_words_name_fields_that_exist(form):
    named = set(form.words)
    declared = set(form.base_fields) | {"login", "password1", "password2"}
    assert named <= declared
