"""The publishable register of interests in the console: what it would say, marks, and its file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.forms.compliance import EntryForm, LetInForm
from participants.models import RegisterHolder, RegisterWithholding
from participants.policies import compliance
from participants.policies import register as rules
from participants.workflow import register
from stepchange import clock
from stepchange.console import ROWS, ExportPages, ReadOnlyAdmin, Step, acting_user
from stepchange.console.gate import record_look
from stepchange.events import fingerprint
from stepchange.models import User
from stepchange.uk_time import uk_date
from workstreams.models import Term


@admin.register(RegisterHolder)
class RegisterHolderAdmin(ExportPages, ReadOnlyAdmin):
    """Holders of seats and what may be published of their interests: what is withheld is not read here."""

    empty = gettext_lazy("Nobody holds a seat today.")
    address = "public_id"
    look = list_look = "entry in the register of interests"
    subject = "participants.register"
    named_in_confidence = True
    steps = {
        "withhold": Step(
            function=register.withhold,
            done=gettext_lazy("Withheld from the register"),
            form=EntryForm,
            label=gettext_lazy("Withhold an interest"),
            policy=compliance.may_mark_register,
            asks_reason=True,
            explanation=gettext_lazy(
                "The register will say only that there is an interest, in later declarations too."
            ),
        ),
        "let-in": Step(
            function=register.let_in,
            done=gettext_lazy("Let into the register"),
            form=LetInForm,
            label=gettext_lazy("Let an interest in"),
            policy=compliance.may_mark_register,
            asks_reason=True,
            explanation=gettext_lazy(
                "The register will say what it is with, in their own words. Read these first: they "
                "may name somebody. What could be gained is never published."
            ),
        ),
    }
    fields = ("called_so", "posts", "organisation", "declared_on")
    list_display = ("called_so", "posts", "organisation", "declared_on", "interests")
    search_fields = ("name", "person__full_name")
    ordering = ("person__full_name", "name", "pk")
    sortable_by = ()
    export_of = "register of interests"
    export_columns = (
        gettext_lazy("Name"),
        gettext_lazy("Post"),
        gettext_lazy("Organisation"),
        gettext_lazy("Declared on"),
        gettext_lazy("Kind of interest"),
        gettext_lazy("With"),
        gettext_lazy("Project"),
        gettext_lazy("Since"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read who is in the register today, with their seats."""
        running = Term.objects.on(clock.today())
        terms = running.select_related("seat__work_stream", "organisation__merged_into")
        holders = RegisterHolder.objects.in_the_register(clock.today()).defer("password")
        return holders.select_related("person").prefetch_related(
            Prefetch("terms", queryset=terms.order_by("pk"), to_attr="running")
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission to view."""
        return acting_user(request).has_perm("participants.view_registerholder")

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record it under the person, or under the account of somebody who has none yet."""
        if request.method in {"GET", "HEAD"}:
            record_look(*self.told_of(obj), by=acting_user(request), what=self.look)

    def told_of(self, row: Any) -> Iterable[Any]:
        """Return the person, or the account of somebody who has none yet."""
        return (getattr(row, "person", None) or User(pk=row.pk, public_id=row.public_id),)

    def parts_of(self, key: str) -> Mapping[tuple[str, str], str]:
        """Return the marks on their interests."""
        marks = RegisterWithholding.objects.select_related("interest")
        try:
            found = list(marks.filter(interest__declaration__person__user__public_id=key))
        except (ValueError, ValidationError):
            return {}
        words = _("interest %(position)d")
        return {
            (mark._meta.label_lower, mark.record_key): words % {"position": mark.interest.position}
            for mark in found
        }

    def revision(self, obj: Any) -> str:
        """Compare what may be published: what else the row of an account holds, signing in changes."""
        said = self._of(obj)
        held = [{name: str(value) for name, value in vars(entry).items()} for entry in said.entries]
        return fingerprint([str(said.signed_at), held])

    def name_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Read what may be published of each, all at once."""
        held = list(rows)
        published = rules.published_of(held)
        for row in held:
            row.published = published[row.pk]

    def _of(self, obj: Any) -> rules.Published:
        if not hasattr(obj, "published"):
            obj.published = rules.published_of([obj])[obj.pk]
        found: rules.Published = obj.published
        return found

    @admin.display(description=gettext_lazy("name"))
    def called_so(self, holder: RegisterHolder) -> str:
        """Name the holder."""
        return str(holder)

    @admin.display(description=gettext_lazy("post"))
    def posts(self, holder: Any) -> str:
        """Name the seats held today."""
        return "; ".join(str(term.seat) for term in holder.running)

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, holder: Any) -> str:
        """Name the organisations that they sit for."""
        return "; ".join(dict.fromkeys(str(term.organisation.current) for term in holder.running))

    @admin.display(description=gettext_lazy("declared on"), empty_value="-")
    def declared_on(self, holder: Any) -> str:
        """Say when they declared, and whether that is too long ago."""
        said = self._of(holder)
        day = uk_date(said.signed_at)
        return _("%(day)s, out of date") % {"day": day} if said.is_out_of_date else day

    @admin.display(description=gettext_lazy("interests"))
    def interests(self, holder: Any) -> SafeString | str:
        """Say what may be published, an interest a line."""
        said = self._of(holder)
        if said.said:
            return said.said
        lines = ((_in_a_line(entry),) for entry in said.entries)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines))

    def export_lines(self, obj: Any) -> Iterable[Sequence[Any]]:
        """Return a line for each interest, or one that says that there is none."""
        said = self._of(obj)
        who = (str(obj), self.posts(obj), self.organisation(obj), self.declared_on(obj))
        if said.said:
            yield (*who, said.said, "", "", "")
        for entry in said.entries:
            yield (*who, entry.kind, entry.party, entry.project, entry.since)

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what would be published, and why the rest would not."""
        said = self._of(obj)
        published = {
            "title": _("What may be published"),
            "columns": (_("Interest"), _("Kind"), _("With"), _("Project"), _("Since")),
            "rows": [
                (entry.position, entry.kind, entry.party, entry.project, entry.since)
                for entry in said.entries
            ],
            "empty": said.said,
        }
        withheld = [entry for entry in said.entries if entry.withheld]
        if not withheld:
            return [(ROWS, published)]
        why = {
            "title": _("What is withheld, and why"),
            "columns": (_("Interest"), _("Why")),
            "rows": [(entry.position, entry.withheld) for entry in withheld],
        }
        return [(ROWS, published), (ROWS, why)]

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what the register is."""
        return [
            _(
                "This is what may be published: the file holds no more than the list. What could be "
                "gained is never in it, nor what is personal or of the family, nor what may name "
                "somebody else."
            )
        ]


def _in_a_line(entry: rules.Entry) -> str:
    parts = (str(entry.kind), entry.party, entry.project, entry.since)
    return ": ".join([parts[0], ", ".join(dict.fromkeys(part for part in parts[1:] if part))])
