"""Form controls in GOV.UK's markup: what `templates/gds/` draws every field of the portal with."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms, template
from django.utils.safestring import SafeString

register = template.Library()

# The first that fits; checkboxes before radios, because Django makes one from the other.
KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.MultiWidget, "group"),
    (forms.CheckboxInput, "checkbox"),
    (forms.PasswordInput, "password"),
    (forms.Textarea, "textarea"),
    (forms.Select, "select"),
)
CLASSES = {
    "checkbox": "govuk-checkboxes__input",
    "password": "govuk-input govuk-password-input__input govuk-js-password-input-input",
    "textarea": "govuk-textarea",
    "select": "govuk-select",
}


@dataclass(frozen=True)
class Option:
    """One radio button or checkbox, with what it needs beside it."""

    id: str
    value: str
    label: str
    chosen: bool
    hint: str
    divider: str
    reveal: str
    more: str


@register.filter
def kind(field: forms.BoundField) -> str:
    """Name the markup a field needs: a key of KINDS, or "input"."""
    widget = field.field.widget
    return next((name for cls, name in KINDS if isinstance(widget, cls)), "input")


@register.filter
def longest(field: forms.BoundField) -> int | str:
    """Return how many characters a textarea may hold, for its counter; "" without a limit."""
    return (kind(field) == "textarea" and getattr(field.field, "max_length", "")) or ""


@register.filter
def first_control(field: forms.BoundField) -> str:
    """Return the id that an error's link leads to: the field's first box with something wrong."""
    match kind(field):
        case "radios" | "checkboxes":
            return f"{field.auto_id}_0"
        case "group":
            wrong = _errors_of_parts(field)
            return f"{field.auto_id}_{next((i for i, errors in enumerate(wrong) if errors), 0)}"
    return field.id_for_label or field.auto_id


@register.simple_tag
def control(field: forms.BoundField, *, counted: bool = False) -> SafeString:
    """Draw a field's widget with GOV.UK's classes, tied to its hint, its errors and its counter."""
    field.form.use_required_attribute = False  # our messages, not the browser's
    name = kind(field)
    if name == "group":
        _mark_parts(field)
        return field.as_widget()
    own = CLASSES.get(name, "govuk-input")
    classes = [*own.split(), *str(field.field.widget.attrs.get("class", "")).split()]
    if field.errors and name != "checkbox":
        classes.append(f"{classes[0]}--error")
    attrs: dict[str, Any] = {"placeholder": False}
    if counted:
        classes.append("govuk-js-character-count")
        attrs["maxlength"] = False  # too long is kept, and said, not cut
        attrs["aria-describedby"] = f"{field.aria_describedby or ''} {field.auto_id}-info".strip()
    widget = field.field.widget
    if widget.attrs.get("type", getattr(widget, "input_type", "")) in {"email", "password"}:
        attrs |= {"spellcheck": "false", "autocapitalize": "none"}
    return field.as_widget(attrs=attrs | {"class": " ".join(dict.fromkeys(classes))})


def _errors_of_parts(field: forms.BoundField) -> list[list[str]]:
    """Return what is wrong with each box of a date (crispy-forms-gds leaves it on their widgets)."""
    parts = cast("forms.MultiValueField", field.field).fields
    return [getattr(part.widget, "errors", []) for part in parts]


def _mark_parts(field: forms.BoundField) -> None:
    """Give the boxes of a date their error's red: those with errors of their own, or else all."""
    wrong = _errors_of_parts(field)
    widgets = cast("forms.MultiWidget", field.field.widget).widgets
    for widget, errors in zip(widgets, wrong, strict=True):
        widget.attrs.setdefault("inputmode", "numeric")
        if field.errors and (errors or not any(wrong)):
            widget.attrs["class"] = f"{widget.attrs.get('class', '')} govuk-input--error".strip()


@register.simple_tag
def options(field: forms.BoundField, reveals: dict[str, str] | None = None) -> list[Option]:
    """Return a field's radio buttons or checkboxes.

    A hint comes from crispy-forms-gds's `Choice`, or, for choices out of the database, from a
    dictionary `hints` (value: hint) set on the form field; what stands behind a summary below the hint
    comes from a function `more` of the value set there. `reveals` is what `Reveal` drew.
    """
    written = (
        {}
        if isinstance(field.field, forms.ModelChoiceField)
        else {str(choice[0]): choice for choice in cast("Any", field.field).choices}
    )
    hints = getattr(field.field, "hints", {})
    more = getattr(field.field, "more", None)
    found = []
    for item in field.subwidgets:
        value = str(item.data["value"])
        choice = written.get(value)
        found.append(
            Option(
                id=item.data["attrs"]["id"],
                value=value,
                label=item.data["label"],
                chosen=item.data["selected"],
                hint=hints.get(value, getattr(choice, "hint", "")),
                divider=getattr(choice, "divider", ""),
                reveal=(reveals or {}).get(value, ""),
                more=more(value) if more else "",
            )
        )
    return found
