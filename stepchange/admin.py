"""The record and the accounts in the office's console."""

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import roles
from stepchange.console import (
    IndexedFilter,
    ReadOnlyAdmin,
    RelationFilter,
    Step,
    StepForm,
    Waiting,
    kept_from,
    kinds_of,
    name_subjects,
    subject_of,
    told,
    who_did,
    words_of_kind,
)
from stepchange.console.event_words import short_key
from stepchange.console.rows import RowPages
from stepchange.form_fields import choice_field
from stepchange.models import Event, Unsealed, User
from stepchange.roles import Role

FACTS = "stepchange/console/event.html"
REASON_IN_A_LIST = 80
IN_CONFIDENCE = gettext_lazy("In confidence")
"""What stands for words that are kept from their reader: they see that there are some, or may be."""


class KindFilter(IndexedFilter):
    """Filters the record by what happened."""

    title = gettext_lazy("what")
    parameter_name = "what"
    model = Event
    column = "kind"

    def words(self, value: str) -> str:
        """Return what happened, in words."""
        return words_of_kind(value)


class SubjectFilter(admin.SimpleListFilter):
    """Filters the record by the kind of thing it is about."""

    title = gettext_lazy("about")
    parameter_name = "about"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return every kind of row that can be in the record."""
        return sorted(
            (
                (model._meta.label_lower, capfirst(str(model._meta.verbose_name)))
                for model in apps.get_models()
                if hasattr(model, "record_key")
            ),
            key=lambda pair: pair[1],
        )

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the events about the chosen kind of row."""
        return queryset.filter(subject_kind=self.value()) if self.value() else queryset


class ActorFilter(RelationFilter):
    """Filters the record by who of the office did it."""

    title = gettext_lazy("who")
    parameter_name = "who"
    path = "actor"
    key = "public_id"

    def options(self) -> QuerySet[User]:
        """Return the office's accounts."""
        return User.objects.filter(is_staff=True).order_by("name")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The record: read, never written here."""

    address = "digest"
    look = "event in the record"
    fields = ("at", "what", "kind_of_thing", "which", "who", "reason", "is_sealed", "digest")
    list_display = ("at", "what", "which", "who", "why", "is_sealed")
    list_display_links = ("at", "what")
    list_filter = (KindFilter, SubjectFilter, ActorFilter)
    list_select_related = ("actor", "seal")
    search_fields = ("=kind", "=subject_key")
    ordering = ("-id",)
    sortable_by = ()

    def called(self, obj: Any) -> str:
        """Return what happened, in words."""
        return words_of_kind(obj.kind)

    @admin.display(boolean=True, description=gettext_lazy("sealed"))
    def is_sealed(self, event: Event) -> bool:
        """Say whether the chain has taken it in."""
        return hasattr(event, "seal")

    @admin.display(description=gettext_lazy("why"))
    def reason(self, event: Event) -> str:
        """Return the reason given, unless it is kept from the reader."""
        return self._reason(event)

    def _reason(self, event: Any) -> str:
        return str(IN_CONFIDENCE) if event.keeps_words else event.reason

    @admin.display(description=gettext_lazy("why"))
    def why(self, event: Event) -> str:
        """Return the reason's beginning: the event's page has all of it."""
        return Truncator(self._reason(event)).chars(REASON_IN_A_LIST)

    @admin.display(description=gettext_lazy("what"))
    def what(self, event: Event) -> str:
        """Say what happened."""
        return words_of_kind(event.kind)

    @admin.display(description=gettext_lazy("about"))
    def kind_of_thing(self, event: Event) -> str:
        """Say what kind of thing it happened to."""
        return next(
            (
                capfirst(str(model._meta.verbose_name))
                for model in apps.get_models()
                if model._meta.label_lower == event.subject_kind
            ),
            event.subject_kind,
        )

    @admin.display(description=gettext_lazy("which"))
    def which(self, event: Any) -> Any:
        """Name the thing, with a link to its page, if this reader may open it."""
        return event.named.html if hasattr(event, "named") else short_key(event.subject_key)

    @admin.display(description=gettext_lazy("who"))
    def who(self, event: Any) -> Any:
        """Say who did it: the office by name, anybody else in confidence."""
        return event.done_by.html

    def name_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Read what the events are about, who did them and what is kept from the reader, all at once."""
        events = list(rows)
        about = {(row.subject_kind, row.subject_key) for row in events}
        named, kept = name_subjects(about, request), kept_from(request, about)
        for event in events:
            subject = event.subject_kind, event.subject_key
            event.named = named[subject]
            event.keeps_all = subject in kept.wholly
            event.keeps_words = event.keeps_all or subject in kept.words
            event.done_by = who_did(event.actor, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for what happened by its words too; by a row's key for what happened to its parts."""
        if kinds := kinds_of(search_term):
            return queryset.filter(kind__in=kinds), False
        found, repeats = super().get_search_results(request, queryset, search_term)
        parts = [
            known
            for pages in admin.site._registry.values()
            if isinstance(pages, RowPages)
            for known in pages.parts_of(search_term.strip())
        ]
        if parts:
            found |= queryset.filter(pk__in=Event.objects.about_any(parts).order_by().values("pk"))
        return found, repeats

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: nothing is done to the record."""
        return False

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what can be searched for."""
        return [
            _(
                "Search for a reference or a code, written in full, or for what happened, such as "
                "“call published”. People who are not of the office are named in confidence, by the "
                "beginning of their account's key."
            )
        ]

    def note_look(self, request: HttpRequest, obj: Any) -> None:
        """Record it as a look at what the event is about, where that tells of a person."""
        subject = subject_of(obj)
        if subject is None:
            return
        pages: Any = self.admin_site._registry.get(type(subject))
        if pages is None or pages.look:
            super().note_look(request, subject)

    def history_page(self, obj: Any) -> str:
        """Return none: see `history_view`."""
        return ""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Refuse: an event has no record of its own."""
        raise Http404

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what the event states, and its place in the chain."""
        facts = {} if obj.keeps_all else told(obj, tells_words=not obj.keeps_words)
        return [(FACTS, {"event": obj, "told": facts, "is_kept": obj.keeps_words})]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Count what the chain has yet to take in."""
        waiting = Unsealed.objects.count()
        return [Waiting(label=_("Events not yet sealed"), number=waiting)] if waiting else []


class GrantForm(StepForm):
    """Asks which role to give."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {group.name for group in self.subject.groups.all()}
        choice_field(self, "role").choices = [
            (role.value, role.value) for role in roles.GRANTED if self.offers(role.value in held)
        ]

    def offers(self, is_held: bool) -> bool:
        """Say whether a role can be chosen: here, one they lack."""
        return not is_held

    def clean_role(self) -> Role:
        """Return the role itself."""
        return Role(self.cleaned_data["role"])


class WithdrawForm(GrantForm):
    """Asks which role to take away."""

    def offers(self, is_held: bool) -> bool:
        """Say whether a role can be chosen: here, one they hold."""
        return is_held


class RoleFilter(admin.SimpleListFilter):
    """Filters accounts by the role they hold."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return every role."""
        return [(role.value, role.value) for role in Role]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts that hold the chosen role."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts: who may do what. Passwords and second factors are their owners' own."""

    address = "public_id"
    subject = "stepchange.user"
    look = "account"
    steps = {
        "grant-role": Step(
            function=roles.grant,
            done=gettext_lazy("Role given"),
            form=GrantForm,
            label=gettext_lazy("Give a role"),
            policy=roles.may_change_roles,
            asks_reason=True,
            when=lambda user: user.is_active,
            explanation=gettext_lazy("They will need a second factor before they can use it."),
            confirms_identity=True,
        ),
        "withdraw-role": Step(
            function=roles.withdraw,
            done=gettext_lazy("Role taken away"),
            form=WithdrawForm,
            label=gettext_lazy("Take a role away"),
            policy=roles.may_change_roles,
            asks_reason=True,
            when=lambda user: any(
                group.name in {role.value for role in roles.GRANTED} for group in user.groups.all()
            ),
            explanation=gettext_lazy("It acts on their next click."),
            confirms_identity=True,
        ),
    }
    fields = (
        "name",
        "email",
        "roles",
        "is_staff",
        "is_superuser",
        "is_active",
        "second_factor",
        "date_joined",
        "last_login",
    )
    list_display = (
        "email",
        "name",
        "roles",
        "is_staff",
        "is_active",
        "second_factor",
        "last_login",
    )
    list_filter = (RoleFilter, "is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read the roles along, and whether there is a second factor."""
        factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        rows = super().get_queryset(request).prefetch_related("groups")
        annotated: QuerySet[Any] = rows.annotate(has_second_factor=Exists(factors))
        return annotated

    def revision(self, obj: Any) -> str:
        """Compare roles: what else a row of an account holds, its owner changes by signing in."""
        return ",".join(sorted(group.name for group in obj.groups.all())) or "-"

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, user: User) -> str:
        """Name the roles."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @admin.display(boolean=True, description=gettext_lazy("second factor"))
    def second_factor(self, user: Any) -> bool:
        """Say whether one is set up."""
        return bool(user.has_second_factor)
