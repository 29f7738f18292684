"""Every field, as it is drawn: what is wrong leads to a box that exists, and nothing hangs loose."""

import re
from html.parser import HTMLParser

import pytest
from crispy_forms_gds.choices import Choice
from crispy_forms_gds.fields import DateInputField
from crispy_forms_gds.helper import FormHelper
from crispy_forms_gds.layout import Button, Field, Fieldset, Layout
from django import forms
from django.template import Context, Template

from stepchange.form_layout import SAVE_BUTTONS, Reveal

PAGE = Template(
    "{% load crispy_forms_tags crispy_forms_gds %}{% error_summary form %}{% crispy form %}"
)


# Where the problems of an empty form lead, in the order of its layout.
WRONG_BOXES = [
    "id_name",
    "id_email",
    "id_hours",
    "id_secret",
    "id_sector_0",
    "id_means_0",
    "id_force",
    "id_since_0",
    "id_reason",
    "id_story",
    "id_agree",
]


class Everything(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Full <b>name</b>", help_text="As on your pass")
    email = forms.EmailField()
    hours = forms.IntegerField(min_value=1)
    secret = forms.CharField(widget=forms.PasswordInput)
    sector = forms.ChoiceField(
        choices=[Choice("police", "Police", hint="Any force"), Choice("other", "Other")],
        widget=forms.RadioSelect,
    )
    means = forms.MultipleChoiceField(
        choices=[("referee", "A referee"), ("other", "Another way")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Select all that apply",
    )
    means_other = forms.CharField(required=False)
    force = forms.ChoiceField(choices=[("", "Choose"), ("n", "Northmere")])
    since = DateInputField(require_all_fields=False, help_text="For example, 27 3 2007")
    reason = forms.CharField(widget=forms.Textarea, max_length=20)
    story = forms.CharField(widget=forms.Textarea)
    agree = forms.BooleanField(label="I agree")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Fieldset("name", "email", legend="You <i>yourself</i>"),
            Field.text("hours", field_width=5),
            "secret",
            Field.radios("sector", inline=True),
            Reveal("means", {"other": ["means_other"]}),
            Field.select("force"),
            "since",
            "reason",
            Field.textarea("story", max_characters=100),
            "agree",
            Button.secondary("go", "Go <on>"),
            SAVE_BUTTONS,
        )


class _Elements(HTMLParser):
    """The elements of a page, in order, as (tag, attributes)."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def ids(self):
        return [attributes["id"] for _, attributes in self.found if "id" in attributes]

    def named(self, name):
        return [attributes for _, attributes in self.found if attributes.get("name") == name]


def _draw(data=None):
    form = Everything(data)
    if data is not None:
        form.is_valid()
    return PAGE.render(Context({"form": form}))


@pytest.mark.parametrize("data", [None, {}], ids=["asked", "answered wrongly"])
def test_ids_are_unique_and_every_reference_leads_to_one(data):
    elements = _Elements(_draw(data))
    ids = elements.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in elements.found:
        for name in ("for", "aria-describedby", "aria-controls", "data-aria-controls"):
            assert set(str(attributes.get(name, "")).split()) <= set(ids), attributes
        if str(attributes.get("href", "")).startswith("#"):
            assert attributes["href"][1:] in ids


def test_each_problem_is_linked_to_a_box_and_said_beside_it():
    html = _draw({})
    linked = re.findall(r'<li><a href="#([^"]+)">', html)
    assert linked == WRONG_BOXES
    elements = _Elements(html)
    boxes = {
        attributes["id"]: tag
        for tag, attributes in elements.found
        if attributes.get("id") in linked
    }
    assert set(boxes.values()) == {"input", "select", "textarea"}
    assert len(boxes) == len(linked)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name", "govuk-input govuk-input--error"),
        ("email", "govuk-input govuk-input--error"),
        ("hours", "govuk-input govuk-input--width-5 govuk-input--error"),
        ("force", "govuk-select govuk-select--error"),
        ("reason", "govuk-textarea govuk-textarea--error govuk-js-character-count"),
        ("agree", "govuk-checkboxes__input"),
    ],
)
def test_what_is_wrong_is_marked(name, expected):
    assert _Elements(_draw({})).named(name)[0]["class"] == expected


def test_the_boxes_of_a_date_are_marked_one_by_one():
    data = {"since_0": "27", "since_1": "", "since_2": "2007"}
    elements = _Elements(_draw(data))
    marked = ["--error" in elements.named(f"since_{i}")[0]["class"] for i in range(3)]
    assert marked == [False, True, False]
    assert 'href="#id_since_1"' in _draw(data)


def test_words_of_a_form_are_escaped():
    html = _draw()
    assert "Full &lt;b&gt;name&lt;/b&gt;" in html
    assert "You &lt;i&gt;yourself&lt;/i&gt;" in html
    assert "Go &lt;on&gt;" in html


def test_the_server_judges_not_the_browser():
    html = _draw()
    form, *_ = [attributes for tag, attributes in _Elements(html).found if tag == "form"]
    assert "novalidate" in form
    assert " required" not in html


def test_too_long_is_said_not_cut_and_is_counted():
    elements = _Elements(_draw())
    box = elements.named("reason")[0]
    assert "maxlength" not in box
    assert box["aria-describedby"] == "id_reason-info"
    assert {"data-maxlength": "20"}.items() <= next(
        attributes for _, attributes in elements.found if attributes.get("id") == "div_id_reason"
    ).items()
    story = next(
        attributes for _, attributes in elements.found if attributes.get("id") == "div_id_story"
    )
    assert story["data-maxlength"] == "100"


def test_only_the_choice_that_reveals_something_says_so():
    elements = _Elements(_draw({"means": ["other"]}))
    first, second = elements.named("means")
    assert "data-aria-controls" not in first
    assert second["data-aria-controls"] == "id_means_1_reveal"
    assert "checked" in second
    revealed = next(
        attributes
        for _, attributes in elements.found
        if attributes.get("id") == "id_means_1_reveal"
    )
    assert revealed["class"] == "govuk-checkboxes__conditional"


def test_choices_keep_their_base_class_when_they_stand_in_a_row_and_their_hints():
    html = _draw()
    assert 'class="govuk-radios govuk-radios--inline"' in html
    assert re.search(r'id="id_sector_0_hint">\s*Any force', html)


def test_a_password_can_be_shown_and_is_never_spell_checked():
    elements = _Elements(_draw())
    box = elements.named("secret")[0]
    assert box["spellcheck"] == "false"
    assert "govuk-js-password-input-input" in box["class"]


def test_the_two_buttons_of_a_page():
    html = _draw()
    assert "Save and continue" in html
    assert _Elements(html).named("later")[0]["value"] == "yes"
