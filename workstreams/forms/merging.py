"""Merging two entries of the register, and undoing it: what each would change, told before it is done."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stepchange import clock
from stepchange.console import ROWS, SENTENCES, StepForm
from stepchange.console.forms import freshen, revision_of
from stepchange.form_fields import row_field
from workstreams import policies
from workstreams.models import Organisation, OrganisationKey, Seat, Term

Panel = tuple[str, dict[str, Any]]


# Who and what names an entry ----------------------------------------------------------------------
def _naming(entries: models.QuerySet[Organisation]) -> dict[str, int]:
    """Return how many rows of each kind name one of the entries, by what such rows are called.

    A model whose rows name an organisation by another row says so by its `naming_organisations`.
    """
    found: dict[str, int] = {}
    for relation in Organisation._meta.related_objects:
        model, field = relation.related_model, relation.field.name
        if model is not OrganisationKey and field != "merged_into":
            rows = model._base_manager.filter(**{f"{field}__in": entries.order_by().values("pk")})
            name = _("organisations in its group") if model is Organisation else _called(model)
            found[name] = found.get(name, 0) + rows.count()
    for model in apps.get_models():
        if named := getattr(model, "naming_organisations", None):
            found[_called(model)] = named(entries.order_by().values("pk")).count()
    return found


def _called(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)


def what_names(organisation: Organisation) -> list[tuple[str, int]]:
    """Return how many rows of each kind name an organisation: what a merge lets count as another's."""
    own = _naming(Organisation.objects.filter(pk=organisation.pk))
    return [(capfirst(name), number) for name, number in own.items() if number]


def _numbers(one: Organisation, other: Organisation, *, after: str) -> Panel:
    """Show who and what names each of two entries, in numbers, and both together."""
    mine = _naming(Organisation.objects.filter(pk=one.pk))
    # (Undone: the numbers of what stays are those without the one that leaves.)
    theirs = _naming(Organisation.objects.counting_as(other).exclude(pk=one.pk))
    rows = [
        (capfirst(name), mine[name], theirs[name], mine[name] + theirs[name])
        for name in mine
        if mine[name] or theirs[name]
    ]
    return ROWS, {
        "title": _("Who and what names each"),
        "columns": (_("What"), one, other, after),
        "rows": rows,
        "empty": _("Nothing names either of them."),
    }


# What an entry is found and known by ----------------------------------------------------------------
def _lines(*texts: str) -> str:
    return ", ".join(dict.fromkeys(line for text in texts for line in text.splitlines())) or _(
        "none"
    )


def _with_merged(entry: Organisation, without: Organisation) -> list[Organisation]:
    return [entry, *entry.merged.exclude(pk=without.pk).order_by("name", "unit")]


def _sides(one: Organisation, other: Organisation, *, after: str) -> Panel:
    """Show what two entries are found and known by, and what counts while they are one."""
    all_of_other = _with_merged(other, one)
    names = [str(row) for row in all_of_other[1:]]
    aliases = [row.aliases for row in all_of_other]
    domains = [row.domains for row in all_of_other]
    rows = [
        (_("Name"), one, other, other),
        (
            _("Also called"),
            _lines(one.aliases),
            _lines(*aliases, *names),
            _lines(*aliases, *names, str(one), one.aliases),
        ),
        (_("Email domains"), _lines(one.domains), _lines(*domains), _lines(*domains, one.domains)),
        (_("Group"), *(_or_none(row.current_group) for row in (one, other, other))),
        (_("Number"), *(_or_none(row.known_as) for row in (one, other, other))),
    ]
    return ROWS, {
        "title": _("What they are found and known by"),
        "columns": (_("What"), one, other, after),
        "rows": rows,
    }


def _or_none(shown: Any) -> str:
    return str(shown) if shown else _("none")


def _sentences(title: str, said: Iterable[str]) -> Panel:
    return SENTENCES, {"title": title, "sentences": list(said)}


# Whom it bars ---------------------------------------------------------------------------------------
def _seats(organisation: Organisation) -> list[str]:
    """Return the seats of co-chairs that sit for an entry today."""
    sitting = Term.objects.on(clock.today()).filter(
        organisation=organisation, seat__kind=Seat.Kind.CO_CHAIR
    )
    return [str(term.seat) for term in sitting.select_related("seat__work_stream")]


def _what_it_means(one: Organisation, other: Organisation) -> list[str]:
    said = [
        _("From then on whoever works for %(one)s is a colleague of everybody at %(other)s.")
        % {"one": one, "other": other}
    ]
    if seats := _seats(one):
        words = ngettext(
            "%(count)s term of a sitting co-chair: %(seats)s. From then on they are a colleague of "
            "everybody at the organisation that stays, and judge none of them.",
            "%(count)s terms of sitting co-chairs: %(seats)s. From then on they are colleagues of "
            "everybody at the organisation that stays, and judge none of them.",
            len(seats),
        )
        said.append(words % {"count": len(seats), "seats": "; ".join(seats)})
    return said


def _what_stays(one: Organisation, other: Organisation) -> Sequence[str]:
    return (
        _(
            "Nothing is written anew: whoever names %(one)s goes on naming it, and it counts as %(other)s."
        )
        % {"one": one, "other": other},
        _("Forms that were submitted keep the words that were typed."),
        _(
            "%(one)s keeps its own names, domains, group and number, so that the merge can be undone "
            "exactly."
        )
        % {"one": one},
        _("Nobody is emailed about it."),
    )


# The two steps --------------------------------------------------------------------------------------
class MergeForm(StepForm):
    """Asks which entry stays, shows what would change, and only then merges.

    `seen` says of which entry, and of which version of it, the preview was read.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    into = forms.ModelChoiceField(
        label=gettext_lazy("The organisation that stays"),
        help_text=gettext_lazy("You see what would change before anything does."),
        queryset=Organisation.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose"),
    )
    chosen: Organisation | None = None
    """The entry whose preview the page shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Organisation.objects.published().in_sector(self.subject.sector)
        others = others.exclude(pk=self.subject.pk).select_related("group__merged_into")
        row_field(self, "into").queryset = others
        if not self.data.get(self.add_prefix("seen")):
            self.fields["reason"].required = False  # asked for once it is known what would change
        if likely := Organisation.objects.likely_the_same(self.subject):
            self.initial["into"] = likely[0].public_id

    def clean_into(self) -> Organisation:
        """Refuse an entry that can't be the one that stays, before its preview."""
        into: Organisation = self.cleaned_data["into"]
        if refusal := policies.may_merge_into(self.subject, into):
            raise forms.ValidationError(str(refusal))
        return into

    def shows_first(self) -> bool:
        """Show what would change, unless that was read of the very entry as it stands now."""
        into: Organisation = self.cleaned_data["into"]
        now, seen = f"{into.public_id}:{revision_of(into)}", self.cleaned_data["seen"]
        if seen == now:
            return False
        self.chosen = into
        freshen(self, now, "seen")
        self.fields["reason"].required = True
        self.fields["into"].help_text = _(
            "Nothing has changed yet. Choose another to see what that would change."
        )
        if seen.partition(":")[0] == str(into.public_id):
            self.add_error(
                None,
                _(
                    "Somebody changed %(other)s while you had this open. Read again what would change."
                )
                % {"other": into},
            )
        return True

    @property
    def button(self) -> str:
        """Name the entry that is confirmed; before, say that nothing is done yet."""
        if self.chosen is None:
            return _("See what would change")
        return _("Merge into %(other)s") % {"other": self.chosen}

    def panels(self) -> list[Panel]:
        """Return the preview, once an entry is chosen."""
        one, other = self.subject, self.chosen
        if other is None:
            return []
        return [
            _numbers(one, other, after=_("Merged")),
            _sides(one, other, after=_("Merged")),
            _sentences(_("What it means"), _what_it_means(one, other)),
            _sentences(_("What does not change"), _what_stays(one, other)),
        ]

    def arguments(self) -> dict[str, Any]:
        """Return the entry that stays, and why."""
        given = super().arguments()
        del given["seen"]
        return given


class UnmergeForm(StepForm):
    """Confirms that a merge is undone, having said what comes back."""

    def panels(self) -> list[Panel]:
        """Return what the entry is again, and what the one that stayed is without it."""
        one, other = self.subject, self.subject.merged_into
        state = Organisation.State(one.state_before_merge).label
        said = [
            _("%(one)s is an entry of its own again: %(state)s, as before the merge.")
            % {"one": one, "state": str(state).lower()},
            _("It is found by its own names and domains, and %(other)s by them no more.")
            % {"other": other},
            _("Whoever works for %(one)s is no colleague of those at %(other)s any more.")
            % {"one": one, "other": other},
        ]
        if group := one.current_group:
            said.append(_("It counts as part of %(group)s again.") % {"group": group})
        if seats := _seats(one):
            said.append(
                _("Co-chairs who sit for it again: %(seats)s.") % {"seats": "; ".join(seats)}
            )
        return [
            _sentences(_("What comes back"), said),
            _numbers(one, other, after=_("Merged, as now")),
            _sides(one, other, after=_("Merged, as now")),
        ]
