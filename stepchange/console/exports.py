"""Lists of the console as files: for a stated purpose, recorded, capped, safe to open in a spreadsheet.

A kind of row offers its list as a file by `ExportPages` and three names. The file holds what the list
holds as it was filtered and searched, read by the list's own queryset: what the list lacks, it lacks too.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import clock, kept_typing
from stepchange.console.forms import LONGEST_REASON
from stepchange.console.gate import behind_the_gate
from stepchange.console.kept import confirmed_first, fill
from stepchange.console.looks import IN_A_FILE
from stepchange.console.pages import ConsoleAdmin
from stepchange.console.rows import acting_user
from stepchange.events import record
from stepchange.form_fields import long_text

MADE = "stepchange.export.made"
AT_MOST = 10_000
FORMULAE = frozenset("=+-@")
"""What a spreadsheet takes for the beginning of a formula, in whichever width it is written."""
BREAKS = frozenset("\t\r\n")


# The file -------------------------------------------------------------------------------------------
def safe_cell(value: Any) -> str:
    """Return a cell's text so that no spreadsheet computes it: an apostrophe before what begins so.

    Numbers stay numbers: one that is negative is no formula, and nobody typed it.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\0", "")
    begins = text.lstrip(" \u00a0\ufeff")[:1]
    is_formula = unicodedata.normalize("NFKC", begins)[:1] in FORMULAE if begins else False
    return f"'{text}" if is_formula or text[:1] in BREAKS or begins in BREAKS else text


def as_csv(columns: Sequence[Any], lines: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV: every cell quoted and safe, lines ended as RFC 4180 says."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe_cell(column) for column in columns])
    writer.writerows([safe_cell(cell) for cell in line] for line in lines)
    return written.getvalue()


# The page -------------------------------------------------------------------------------------------
READ_BY_THEM = gettext_lazy(
    "And where it goes. Kept in the record, with your name and how many rows it held. Whoever is in the "
    "file reads what you write here, without your name: name nobody."
)


class ExportForm(forms.Form):
    """Asks what the file is for."""

    purpose = long_text(
        gettext_lazy("What the file is for"),
        gettext_lazy("Say what the file is for: it is kept in the record"),
        longest=LONGEST_REASON,
        help_text=gettext_lazy(
            "And where it goes. Kept in the record, with your name and how many rows it held."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_purpose(self) -> str:
        """Refuse blanks."""
        purpose = str(self.cleaned_data["purpose"]).strip()
        if not purpose:
            raise forms.ValidationError(self.fields["purpose"].error_messages["required"])
        return purpose


def on_the_page(form: Any, pages: ConsoleAdmin) -> dict[str, Any]:
    """Return what the console's pages show a plain form by: its fields in a section, and its errors."""
    sections = [(None, {"fields": list(form.fields)})]
    return {
        "adminform": AdminForm(form, sections, {}, (), model_admin=pages),
        "errors": AdminErrorList(form, []),
    }


class ExportPages(ConsoleAdmin):
    """A kind of row whose list may be taken away as a file, by whoever may look at the list."""

    change_list_template = "stepchange/console/exportable_list.html"
    export_template = "stepchange/console/export.html"
    export_of: str
    """What the file is of, in one word of the record: `compliance`."""
    export_columns: Sequence[Any]
    export_at_most = AT_MOST

    def export_lines(self, obj: Any) -> Iterable[Sequence[Any]]:
        """Return the file's lines for a row of the list."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Put the file's page before a row's."""
        view = behind_the_gate(self.export_view) if self.shows_people else self.export_view
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(view), name=name), *super().get_urls()]

    def export_page(self, request: HttpRequest) -> str:
        """Return the address of the file's page, for the list as it is filtered."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export")
        query = request.GET.urlencode()
        return f"{address}?{query}" if query else address

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead from the list to its file."""
        context = {"export_url": self.export_page(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for the purpose (GET), and give the file (POST) to whoever proved again who they are."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
            )
        if not self.has_view_permission(request):
            raise Http404
        if any("\0" in word for name, words in request.GET.lists() for word in (name, *words)):
            raise SuspiciousOperation("A NUL in the query.")
        return confirmed_first(self._export, request)

    def _export(self, request: HttpRequest) -> HttpResponseBase:
        try:
            listed: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.list_page())
        form = ExportForm(request.POST if request.method == "POST" else None)
        if self.list_look:
            form.fields["purpose"].help_text = READ_BY_THEM
        kept = self.kept(request)
        if kept:
            fill(form, kept)
        if request.method == "POST" and form.is_valid():
            file = self._file(request, listed.queryset, form.cleaned_data["purpose"])
            kept_typing.saved(request)
            return file
        # What was typed stands on the page that is shown again: it need not be kept beside it.
        request.typing_is_safe = True  # type: ignore[attr-defined]
        found = listed.queryset.order_by()[: self.export_at_most + 1].count()
        return TemplateResponse(
            request,
            self.export_template,
            {
                **self.admin_site.each_context(request),
                "title": _("Export: %(list)s") % {"list": self.opts.verbose_name_plural},
                "opts": self.opts,
                "list_url": self.list_page(request.GET.urlencode()),
                "form": form,
                "kept": kept,
                **on_the_page(form, self),
                "found": min(found, self.export_at_most),
                "is_cut": found > self.export_at_most,
                "is_filtered": bool(listed.query or listed.has_active_filters),
            },
        )

    def _file(self, request: HttpRequest, queryset: Any, purpose: str) -> HttpResponse:
        """Return the file of what the list holds, once the record knows of it."""
        rows = list(queryset[: self.export_at_most + 1])
        is_cut = len(rows) > self.export_at_most
        rows = rows[: self.export_at_most]
        self.name_rows(request, rows)
        lines = [line for row in rows for line in self.export_lines(row)]
        if is_cut:
            words = _("Cut after %(rows)d rows: filter the list, and export the rest by itself.")
            lines.append([words % {"rows": len(rows)}])
        by = acting_user(request)
        with transaction.atomic():
            record(
                MADE,
                by,
                by=by,
                reason=purpose,
                facts={"list": self.export_of, "rows": len(rows), "cut": is_cut},
            )
            self.note_looks(request, rows, where=IN_A_FILE, reason=purpose)
        name = f"{slugify(self.export_of)}-{clock.today():%Y-%m-%d}.csv"
        # The mark at the beginning tells a spreadsheet that it is UTF-8.
        return HttpResponse(
            "\ufeff" + as_csv(self.export_columns, lines),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
