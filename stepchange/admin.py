"""The record and the accounts in the office's console."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
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
    told,
)
from stepchange.models import Event, Unsealed, User
from stepchange.roles import Role

FACTS = "stepchange/console/event.html"


class KindFilter(IndexedFilter):
    """Filters the record by what happened."""

    title = gettext_lazy("what")
    parameter_name = "what"
    model = Event
    column = "kind"


class SubjectFilter(admin.SimpleListFilter):
    """Filters the record by the kind of thing it is about."""

    title = gettext_lazy("about")
    parameter_name = "about"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return every kind of row that can be in the record."""
        return sorted(
            (model._meta.label_lower, str(model._meta.verbose_name))
            for model in apps.get_models()
            if hasattr(model, "record_key")
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
    fields = ("at", "kind", "subject_kind", "subject_key", "actor", "reason", "is_sealed", "digest")
    list_display = ("at", "kind", "subject_key", "actor", "reason", "is_sealed")
    list_display_links = ("at", "kind")
    list_filter = (KindFilter, SubjectFilter, ActorFilter)
    list_select_related = ("actor", "seal")
    search_fields = ("=kind", "=subject_key")
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(boolean=True, description=gettext_lazy("sealed"))
    def is_sealed(self, event: Event) -> bool:
        """Say whether the chain has taken it in."""
        return hasattr(event, "seal")

    @admin.display(description=gettext_lazy("why"))
    def reason(self, event: Event) -> str:
        """Return the reason given."""
        return event.reason

    def may_step(self, request: HttpRequest) -> bool:
        """Refuse: nothing is done to the record."""
        return False

    def remarks(self, request: HttpRequest) -> list[str]:
        """Say what can be searched for."""
        return [
            _(
                "Search for a reference, a code or another key, or for what happened, such as "
                "“workstreams.call.published”. Write it in full. Who did it is a filter."
            )
        ]

    def history_page(self, obj: Any) -> str:
        """Return none: see `history_view`."""
        return ""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Refuse: an event has no record of its own."""
        raise Http404

    def panels(self, request: HttpRequest, obj: Any) -> list[tuple[str, dict[str, Any]]]:
        """Show what the event states, and its place in the chain."""
        return [(FACTS, {"event": obj, "told": told(obj)})]

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
        self.fields["role"].choices = [  # type: ignore[attr-defined]
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
