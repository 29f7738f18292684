"""Text that nobody sees is refused wherever somebody types."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import walk_packages

import pytest
from django import forms
from django.core.exceptions import ValidationError

from stepchange.account_forms import Worded
from stepchange.console.forms import ConsoleForm, StepForm
from stepchange.form_fields import email, long_text, text
from stepchange.unseen import refuse_in, refuse_unseen, refuse_unseen_in_line
from tests.architecture.source import APPS
from workstreams.forms.organisations import OrganisationRegisterForm
from workstreams.models import Organisation

TURNED = "\u202eanima\u202c"
LINE = text("Name", "Enter a name", longest=200)
LINES = long_text("Words", "Write it", longest=200)
UNSEEN = [
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    *"\u200b\u200e\u200f\ufeff\u00ad\u2060\u061c\u180e\u3164\u2800\x07\x1b\x7f\x80\x9f",
]
AS_WRITTEN = [
    "Zoë O’Brien-Łukasz", "José\u0301", "محمد ٢", "نیم\u200cروز", "क\u094d\u200dष", "李小龍", "👩\u200d🔧",
]  # fmt: skip
BREAKING = ["\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\t"]


@pytest.mark.parametrize("letter", UNSEEN)
@pytest.mark.parametrize("field", [LINE, LINES])
def test_a_character_that_cannot_be_seen_is_refused_and_where_it_is_told(field, letter):
    with pytest.raises(ValidationError, match="can’t be seen after “Amina T”: delete it"):
        field.clean(f"Amina T{letter}histlewood")


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_names_are_taken_as_they_are_written(name):
    assert (LINE.clean(name), LINES.clean(name)) == (name, name)


def test_a_flag_is_taken_and_its_tags_alone_are_not():
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    assert LINES.clean(f"Cymru {flag}") == f"Cymru {flag}"
    for hidden in (flag[1:], flag[:-1], f"{flag}{flag[1:]}"):
        with pytest.raises(ValidationError, match="can’t be seen"):
            LINES.clean(f"Cymru {hidden}")


@pytest.mark.parametrize(
    "name", ["Am\u200dina", "\u200dAmina", "A\u200c", "Ива\u200cн", "x\u200d\u200dy"]
)
def test_a_joiner_that_joins_nothing_is_refused(name):
    with pytest.raises(ValidationError, match="can’t be seen"):
        LINE.clean(name)


def test_at_the_beginning_that_is_said():
    with pytest.raises(ValidationError, match="at the beginning"):
        LINE.clean(TURNED)


@pytest.mark.parametrize("letter", BREAKING)
def test_what_breaks_a_line_elsewhere_is_a_space_or_a_line_break_here(letter):
    assert LINE.clean(f"Amina{letter}Thistlewood") == "Amina Thistlewood"
    assert LINES.clean(f"One{letter}two") in {"One\ntwo", "One\ttwo"}


def test_an_address_takes_none():
    with pytest.raises(ValidationError, match="can’t be seen"):
        email("Address", "Enter it").clean("amina@exam\u202eple.com")


# Everywhere -------------------------------------------------------------------------------------------
def our_forms() -> list[type[forms.BaseForm]]:
    """Return every form of ours."""
    for app in (app for app in APPS if find_spec(app)):
        package = import_module(app)
        for module in walk_packages(package.__path__, f"{app}."):
            if "migrations" not in module.name and "management" not in module.name:
                import_module(module.name)
    found, waiting = set(), [forms.BaseForm]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.partition(".")[0] in APPS:
                found.add(each)
    return sorted(found, key=lambda form: f"{form.__module__}.{form.__qualname__}")


def takes_it(field: forms.Field) -> bool:
    """Say whether a field takes words that somebody types and others read, turned round."""
    if not isinstance(field, forms.CharField):
        return False
    if isinstance(field.widget, forms.PasswordInput | forms.HiddenInput):
        return False
    try:
        field.clean(TURNED)
    except ValidationError as refused:
        return "can’t be seen" not in str(refused.messages)
    return True


def test_every_field_of_every_form_refuses_what_cannot_be_seen():
    by_themselves = (ConsoleForm, StepForm, Worded)  # each lets its fields refuse it: see below
    forms_seen = [each for each in our_forms() if not issubclass(each, by_themselves)]
    assert len(forms_seen) > 20
    taking = [
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in forms_seen
        for name, field in form.base_fields.items()
        if takes_it(field)
    ]
    assert taking == []


def entry(data: dict[str, str] | None = None) -> forms.BaseForm:
    """Return the register's form, whose fields Django makes of the model's."""
    made = forms.modelform_factory(Organisation, OrganisationRegisterForm, ["name", "aliases"])
    return made(data)


class Plain(forms.Form):
    """A form that names its fields as Django does."""

    line = forms.CharField()
    lines = forms.CharField(widget=forms.Textarea)
    password = forms.CharField(widget=forms.PasswordInput)


class Stepped(StepForm, Plain):
    """A step of the console with such fields."""


class Signing(Worded, Plain):
    """An account's form with such fields."""


def test_the_forms_of_the_console_and_of_accounts_let_each_field_refuse_it():
    made = [
        Stepped(subject=None, current="", asks_reason=True),
        Signing(),
        entry(),
    ]
    assert set(made[0].fields) >= {"reason", "line", "lines"}
    for form in made:
        for name, field in form.fields.items():
            assert not takes_it(field), name
    made[1].fields["password"].clean(TURNED)  # whoever has such a one can still sign in


def test_what_was_typed_stands_beside_the_refusal():
    form = entry({"name": "Harbour\u202e & Vale", "aliases": "H\u2066V"})
    assert not form.is_valid()
    assert {"name", "aliases"} <= set(form.errors)
    assert "Harbour\u202e" in str(form["name"])


def test_many_lines_keep_their_breaks_and_a_line_has_none():
    form = Plain()
    refuse_in(form)
    refuse_in(form)  # twice is once
    assert form.fields["lines"].validators.count(refuse_unseen) == 1
    assert form.fields["line"].validators.count(refuse_unseen_in_line) == 1
    form.fields["lines"].clean("One\r\ntwo\tthree")
    with pytest.raises(ValidationError):
        form.fields["line"].clean("One\ntwo")
