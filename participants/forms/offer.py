"""What is offered: the projects, what to each of them, and the experience behind it."""

from collections import Counter
from itertools import groupby
from typing import Any

from crispy_forms_gds.layout import Field, Fieldset, Size
from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from participants.forms.base import PROJECTS_AT_MOST, Line, PageForm
from projects.models import Contribution
from stepchange.form_fields import choice, filled, long_text
from stepchange.form_layout import Drawn

HOURS_AT_MOST = 200
SENSIBLE_HOURS = 40
"""As much as one working week a month beside one's work; more is taken, and asked about."""


class ProjectsForm(PageForm):
    """Which projects, up to five: a set of checkboxes for each work-stream."""

    def build(self) -> None:
        """Add a field for each work-stream that has projects to choose from."""
        self.groups: list[str] = []
        projects = self.journey.projects.values()
        for stream, members in groupby(projects, key=lambda project: project.work_stream):
            listed = list(members)
            name = f"projects_{stream.slug}"
            field = forms.MultipleChoiceField(
                label=stream.name,
                choices=[(project.code, str(project)) for project in listed],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                error_messages={
                    "invalid_choice": _("Choose from the projects listed: one of yours is not open")
                },
            )
            field.hints = {project.code: project.action for project in listed}  # type: ignore[attr-defined]  # for its template
            field.more = self._more  # type: ignore[attr-defined]  # for its template
            self.fields[name] = field
            self.groups.append(name)

    def layout(self) -> list[Any]:
        """Draw each work-stream as a group."""
        return [Field.checkboxes(name, legend_size=Size.MEDIUM) for name in self.groups]

    def _more(self, code: str) -> SafeString:
        """Draw behind a summary what helps to choose: the vision, and what is ours."""
        project = self.journey.projects[code]
        return render_to_string(
            "participants/project_more.html",
            {
                "project": project,
                "wanted": ", ".join(
                    str(each.label).lower() for each in project.contributions_wanted
                ),
            },
        )

    @property
    def codes(self) -> list[str]:
        """The codes chosen, each once; only for a page that was cleaned."""
        chosen = [code for name in self.groups for code in self.cleaned_data.get(name, [])]
        return list(dict.fromkeys(chosen))

    def clean(self) -> dict[str, Any]:
        """Ask for one project at least and five at most."""
        cleaned = super().clean() or {}
        first = self.groups[0] if self.groups else None
        if not self.errors and not self.codes:
            self.add_error(first, _("Choose at least one project"))
        elif len(self.codes) > PROJECTS_AT_MOST:
            self.add_error(
                first,
                _("Choose %(most)d projects at most: you have chosen %(chosen)d")
                % {"most": PROJECTS_AT_MOST, "chosen": len(self.codes)},
            )
        return cleaned

    def summary(self) -> list[Line]:
        """List what was chosen in one answer."""
        names = [str(self.journey.projects[code]) for code in self.codes]
        return [Line(_("Projects"), "\n".join(names))]


def _contributions() -> Any:
    return Contribution.choices


class ContributionsForm(PageForm):
    """For each project chosen: what is offered, how much time, why, and which comes first."""

    def build(self) -> None:
        """Add the questions of each project chosen."""
        chosen = self.journey.chosen
        ranks = [(str(rank), str(rank)) for rank in range(1, len(chosen) + 1)]
        for project in chosen:
            self._add(project.code, ranks)

    def _add(self, code: str, ranks: list[tuple[str, str]]) -> None:
        if len(ranks) > 1:
            rank_wrong = filled(_("Choose where %(code)s comes in your order"), code=code)
            self.fields[f"rank_{code}"] = forms.ChoiceField(
                label=_("Your order of preference"),
                help_text=_("1 is the project you would most like to join."),
                choices=lambda: [("", _("Choose")), *ranks],
                error_messages=dict.fromkeys(("required", "invalid_choice"), rank_wrong),
            )
        self.fields[f"contribution_{code}"] = choice(
            _("What would you like to do?"),
            filled(_("Choose what you would like to do for %(code)s"), code=code),
            _contributions,
        )
        hours_wrong = filled(
            _("Enter how many hours a month you offer %(code)s, a whole number from 1 to %(most)d"),
            code=code,
            most=HOURS_AT_MOST,
        )
        self.fields[f"hours_{code}"] = forms.IntegerField(
            label=_("Hours a month you can offer"),
            min_value=1,
            max_value=HOURS_AT_MOST,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            error_messages=dict.fromkeys(
                ("required", "invalid", "min_value", "max_value"), hours_wrong
            ),
        )
        self.fields[f"reason_{code}"] = long_text(
            _("Why this project?"),
            filled(_("Say why you would like to join %(code)s"), code=code),
            longest=1000,
            help_text=_("What you would bring to it, in a few sentences."),
        )

    def layout(self) -> list[Any]:
        """Draw each project as a group of its own."""
        groups = []
        for project in self.journey.chosen:
            parts: list[Any] = []
            if f"rank_{project.code}" in self.fields:
                parts.append(Field.select(f"rank_{project.code}"))
            parts += [
                Field.radios(f"contribution_{project.code}", legend_size=Size.SMALL),
                Field.text(f"hours_{project.code}", field_width=3),
                Field.textarea(f"reason_{project.code}", rows=4, max_characters=1000),
            ]
            groups.append(Fieldset(*parts, legend=str(project), legend_size=Size.MEDIUM))
        # Where scripts run, the sum as it is typed; check-answers has it in any case.
        return [*groups, Drawn("participants/hours_total.html", most=SENSIBLE_HOURS)]

    def clean(self) -> dict[str, Any]:
        """Ask for an order without ties."""
        cleaned = super().clean() or {}
        ranks = {name: rank for name, rank in cleaned.items() if name.startswith("rank_") and rank}
        ties = {rank for rank, count in Counter(ranks.values()).items() if count > 1}
        for name, rank in ranks.items():
            if rank in ties:
                self.add_error(
                    name,
                    _("Give each project a different place: more than one has %(rank)s")
                    % {"rank": rank},
                )
        return cleaned

    def offers(self) -> list[dict[str, Any]]:
        """Return what is offered to each project, in order of preference; only when complete."""
        found = [
            {
                "code": project.code,
                "rank": int(self.cleaned_data.get(f"rank_{project.code}") or 1),
                "contribution": self.cleaned_data[f"contribution_{project.code}"],
                "hours": self.cleaned_data[f"hours_{project.code}"],
                "reason": self.cleaned_data[f"reason_{project.code}"],
            }
            for project in self.journey.chosen
        ]
        return sorted(found, key=lambda offer: offer["rank"])

    @property
    def hours(self) -> int:
        """The hours a month offered to all projects together; only when complete."""
        return sum(offer["hours"] for offer in self.offers())

    def remarks(self) -> list[str]:
        """Ask again about more hours than most people can keep up (design.md, section 8)."""
        if self.hours <= SENSIBLE_HOURS:
            return []
        words = gettext(
            "You offer %(hours)d hours a month in all, which is more than a working week. Offer what "
            "you can keep up: you can change it until you submit."
        )
        return [words % {"hours": self.hours}]

    def summary(self) -> list[Line]:
        """Say in one answer a project what is offered to it, then the hours of all."""
        labels = dict(Contribution.choices)
        every = Line(_("Hours a month in all"), str(self.hours))
        return self._each(labels) + ([every] if len(self.journey.chosen) > 1 else [])

    def _each(self, labels: dict[str, Any]) -> list[Line]:
        return [
            Line(
                f"{offer['rank']}. {self.journey.projects[offer['code']]}",
                "\n".join(
                    [
                        str(labels[offer["contribution"]]),
                        ngettext(
                            "%(hours)d hour a month", "%(hours)d hours a month", offer["hours"]
                        )
                        % {"hours": offer["hours"]},
                        offer["reason"],
                    ]
                ),
            )
            for offer in self.offers()
        ]


class ExperienceForm(PageForm):
    """What they have done that would help."""

    question_is_heading = True
    experience = long_text(
        _("What experience would you bring?"),
        _("Say what experience you would bring"),
        longest=2000,
        help_text=_("Work, training or networks that would help the projects you chose."),
    )

    def layout(self) -> list[Any]:
        """Ask it as the page's heading."""
        return [
            Field.textarea(
                "experience",
                label_size=Size.EXTRA_LARGE,
                label_tag="h1",
                rows=8,
                max_characters=2000,
            )
        ]
