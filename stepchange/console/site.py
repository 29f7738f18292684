"""The console's door: allauth's sign-in, a second factor, and law 7's answers to everybody else."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from stepchange.console.pages import ConsoleAdmin
from stepchange.console.steps import Waiting
from stepchange.middleware import ask_second_factor, used_second_factor

# Pages of Django's that tell ids, or that allauth has in its own way.
LEFT_OUT = frozenset({"autocomplete", "view_on_site", "password_change_done"})


class ConsoleSite(admin.AdminSite):
    """Opens to active office staff whose session used a second factor; sign-in is allauth's."""

    site_title = _("Step-Change console")
    site_header = _("Coordination office console")
    index_title = _("What waits")
    site_url = "/"
    index_template = "stepchange/console/index.html"

    def register(
        self,
        model_or_iterable: type[models.Model] | Iterable[type[models.Model]],
        admin_class: Any = None,
        **options: Any,
    ) -> None:
        """Take in pages of the console's own kind only.

        A package's stock page (groups, email addresses, authenticators) would go past the laws.
        """
        if admin_class is not None and issubclass(admin_class, ConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask for office staff and a second factor, at each request."""
        return super().has_permission(request) and used_second_factor(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Answer law 7's way whoever may not come in, before the view is asked anything."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                return self.turn_away(request)
            answer: HttpResponseBase = inner(request, *args, **kwargs)
            return answer

        return guarded if cacheable else never_cache(guarded)

    def turn_away(self, request: HttpRequest) -> HttpResponse:
        """Return the log-in page, or the second factor's; raises Http404 for a stranger signed in."""
        if not request.user.is_authenticated:
            return _to_sign_in(request.get_full_path())
        if super().has_permission(request):
            return ask_second_factor(request)
        raise Http404

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send on to allauth's sign-in, and from there back to a page of ours and no other."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            wanted = reverse("admin:index")
        if self.has_permission(request):
            return redirect(wanted)
        if not request.user.is_authenticated:
            return _to_sign_in(wanted)
        return self.turn_away(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Send on to allauth's page, which asks who one is and limits tries."""
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the admin's addresses without those of LEFT_OUT."""
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead with what waits for this person, then list what there is."""
        return super().index(request, {"waiting": self.waiting(request), **(extra_context or {})})

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Return what waits, from each kind of row that this person may see."""
        return [
            waiting
            for model_admin in self._registry.values()
            if isinstance(model_admin, ConsoleAdmin) and model_admin.has_view_permission(request)
            for waiting in model_admin.waiting(request)
        ]


def _to_sign_in(wanted: str) -> HttpResponseRedirect:
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': wanted})}")
