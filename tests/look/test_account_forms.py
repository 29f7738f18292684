"""allauth's forms speak our words, and stay bound to the fields that they name."""

import inspect

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.utils.module_loading import import_string

from stepchange import account_forms, confirm_by_code, passkey_forms

OURS = [*settings.ACCOUNT_FORMS.values(), *settings.MFA_FORMS.values()]
FORMS = [
    form
    for module in (account_forms, passkey_forms)
    for _, form in inspect.getmembers(module, inspect.isclass)
    if issubclass(form, account_forms.Worded)
    and form not in {account_forms.Worded, passkey_forms.Signed}
]


def test_each_form_is_used():
    used = {import_string(path) for path in OURS} | {confirm_by_code.ConfirmByCode.form_class}
    assert used == set(FORMS)


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


def test_the_messages_replaced_are_ones_that_allauth_has():
    known = {*DefaultAccountAdapter.error_messages, *DefaultMFAAdapter.error_messages}
    assert set(account_forms.MESSAGES) <= known


@pytest.mark.parametrize("form", FORMS)
def test_words_name_fields_that_exist(form):
    named = set(form.words)
    declared = set(form.base_fields) | {"login", "password1", "password2"}
    assert named <= declared


EMAIL, PASSWORD = "ada@northmere.example", "warm-woolly-jumpers-for-kayaks"


@pytest.fixture
def account(db, django_user_model):
    account = django_user_model.objects.create_user(EMAIL, PASSWORD)
    EmailAddress.objects.create(user=account, email=EMAIL, verified=True, primary=True)
    return account


def test_one_signs_in_with_a_password(client, account):
    client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(account.pk)


def test_without_one_a_code_is_asked_for(client, account):
    response = client.post("/accounts/login/", {"login": EMAIL, "password": ""})
    assert response.url == "/accounts/login/code/confirm/"
    assert "_auth_user_id" not in client.session


def test_with_a_wrong_one_nobody_is_signed_in_and_both_are_doubted(client, account):
    answers = [
        client.post("/accounts/login/", {"login": email, "password": "wrong"})
        for email in (EMAIL, "nobody@northmere.example")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors() == [
            str(account_forms.MESSAGES["email_password_mismatch"])
        ]
    assert "_auth_user_id" not in client.session
