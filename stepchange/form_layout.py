"""Layout objects for crispy forms that crispy-forms-gds lacks or gets wrong."""

from collections.abc import Callable
from typing import Any

from crispy_forms.layout import HTML, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from crispy_forms_gds.layout import Size
from django import forms
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

# "Save and continue" submits plainly; "Save and come back later" sends `later` as well.
SAVE_BUTTONS = HTML('{% include "gds/save_buttons.html" %}')


class Reveal(LayoutObject):
    """Radios or checkboxes, some of which open further fields when chosen.

    `Reveal("means", {"other": ["means_other"]}, legend_size=Size.MEDIUM)`: the further fields are
    keyed by the choice's value. Without JavaScript they are always shown; the form decides from
    the choice whether they are needed.
    """

    def __init__(
        self,
        field: str,
        reveals: dict[str, list[Any]],
        *,
        legend_size: str | None = None,
        legend_tag: str | None = None,
    ) -> None:
        self.fields = [field]
        self.reveals = reveals
        self.context = {
            "legend_size": Size.for_legend(legend_size) if legend_size else "",
            "legend_tag": legend_tag or "",
        }

    def render(
        self, form: forms.BaseForm, context: Context, template_pack: str = TEMPLATE_PACK, **_: Any
    ) -> SafeString:
        """Draw the further fields first, then the choices with those beside them."""
        drawn = {
            value: SafeString(
                "".join(
                    render_field(field, form, context, template_pack=template_pack)
                    for field in fields
                )
            )
            for value, fields in self.reveals.items()
        }
        html: SafeString = render_field(
            self.fields[0],
            form,
            context,
            template_pack=template_pack,
            extra_context=self.context | {"reveals": drawn},
        )
        return html


class Words(LayoutObject):
    """A paragraph among the fields. Its words are escaped, as every other's."""

    def __init__(self, words: Any) -> None:
        self.words = words

    def render(self, _form: forms.BaseForm, _context: Context, **_: Any) -> SafeString:
        """Draw the paragraph."""
        return format_html('<p class="govuk-body">{}</p>', self.words)


class Disclosure(LayoutObject):
    """Fields behind a summary that opens by itself: no script needed. `is_open` says if from the start."""

    def __init__(self, summary: Any, *fields: Any, is_open: Callable[[], bool]) -> None:
        self.summary, self.fields, self.is_open = summary, list(fields), is_open

    def render(
        self, form: forms.BaseForm, context: Context, template_pack: str = TEMPLATE_PACK, **_: Any
    ) -> SafeString:
        """Draw the summary and the fields."""
        drawn = SafeString(
            "".join(
                render_field(field, form, context, template_pack=template_pack)
                for field in self.fields
            )
        )
        return render_to_string(
            "gds/layout/disclosure.html",
            {"summary": self.summary, "fields": drawn, "is_open": self.is_open()},
        )
