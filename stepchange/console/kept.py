"""What somebody of the office typed into a page of the console and could not save: shown there again."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from stepchange import kept_typing
from stepchange.console.rows import RowPages, acting_user


class KeptPages(RowPages):
    """Fills a form, when it is opened, with what its reader typed there before (law 10)."""

    def kept(self, request: HttpRequest) -> kept_typing.Waiting | None:
        """Return what waits on the page to be saved, while it is only looked at; else None."""
        if request.method not in {"GET", "HEAD"}:
            return None
        if not hasattr(request, "kept_in_console"):
            found = kept_typing.waiting(acting_user(request), request.path)
            request.kept_in_console = found  # type: ignore[attr-defined]
        return request.kept_in_console  # type: ignore[attr-defined, no-any-return]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which begins with what was typed before."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        kept = self.kept(request)
        if kept is None:
            return form

        typed = kept

        class Refilled(form):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                fill(self, typed)

        return Refilled


def confirmed_first(
    view: Callable[..., HttpResponseBase], request: HttpRequest, *args: Any
) -> HttpResponseBase:
    """Answer by the view for whoever proved within 15 minutes who they are; ask the others first.

    What they typed meanwhile is kept as everywhere else, by the way of opening the page again: the
    package's own way would leave it readable in the session, and send it again by itself.
    """
    try:
        answer: HttpResponseBase = reauthentication_required(view, app="stepchange")(request, *args)
    except ReauthenticationRequired:
        if kept_typing.read(request) is None:
            raise
        return HttpResponseRedirect(request.get_full_path())
    return answer


def fill(form: forms.BaseForm, kept: kept_typing.Waiting) -> None:
    """Let a form begin with what was typed, and with the version of the row that it was typed on."""
    for name, field in form.fields.items():
        prefixed = form.add_prefix(name)
        if not field.widget.value_omitted_from_data(kept.data, {}, prefixed):
            form.initial[name] = field.widget.value_from_datadict(kept.data, {}, prefixed)
