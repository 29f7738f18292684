"""Reads of people and their expressions of interest: each role's own scope (law 7)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models

from stepchange import clock
from stepchange.models import User
from stepchange.querysets import AppendOnlyRows

if TYPE_CHECKING:
    from participants.models import (
        AddressConfirmation,
        AskedAddress,
        Declaration,
        EnteredForm,
        ExpressionOfInterest,
        Extension,
        Interest,
        InterestCase,
        Invitation,
        Person,
        ProjectChoice,
        SecondFactorReset,
        Snapshot,
        Undertaking,
    )
    from workstreams.models import Call


class PersonQuerySet(models.QuerySet["Person"]):
    """People, with what the policies ask of them."""

    def of(self, user: User) -> "Person | None":
        """Return an account's person with what each visit asks: any extensions, with their calls."""
        found = self.filter(user=user).annotate(is_extended=_extensions().ever_given_to("pk"))
        person = found.first()
        if person is not None and vars(person)["is_extended"]:
            _read_along(person)
        return person


class ExpressionQuerySet(models.QuerySet["ExpressionOfInterest"]):
    """Expressions of interest, by who asks."""

    def of(self, user: User) -> "ExpressionQuerySet":
        """Return a participant's own."""
        return self.filter(person__user=user)

    def live(self) -> "ExpressionQuerySet":
        """Return those that are not withdrawn: at most one a person and call."""
        return self.exclude(state="withdrawn")

    def in_call(self, call: "Call") -> "ExpressionQuerySet":
        """Return those of one call."""
        return self.filter(call=call)

    def on_a_visit_of(self, account: int) -> "ExpressionQuerySet":
        """Return the live ones of an account's key, each with its call, its person, and `is_extended`.

        In no order: there is one a call. `read_extensions_along` makes the rest of what is read.
        """
        extended = _extensions().ever_given_to("person")
        mine = self.filter(person__user=account).live().select_related("person", "call")
        return mine.annotate(is_extended=extended).order_by()

    def with_last_saving(self) -> "ExpressionQuerySet":
        """Read along when a page of each was saved last, as `saved_at`."""
        return self.annotate(saved_at=models.Max("pages__saved_at"))

    def visible_to_office(self) -> "ExpressionQuerySet":
        """Return what the office may open: what was submitted. A draft is only ever counted."""
        return self.exclude(state="draft")


class SnapshotQuerySet(AppendOnlyRows, models.QuerySet["Snapshot"]):
    """What was submitted: taken and read, never changed."""


class ChoiceQuerySet(models.QuerySet["ProjectChoice"]):
    """Project choices, by whether they still stand."""

    def live(self) -> "ChoiceQuerySet":
        """Return those that were not withdrawn: at most one an expression and project."""
        return self.exclude(state="withdrawn")


class ExtensionQuerySet(AppendOnlyRows, models.QuerySet["Extension"]):
    """More time for one person: given and read, never changed."""

    def ever_given_to(self, person: str) -> models.Exists:
        """Say, read along with another row, whether the person that its column names was given any."""
        return models.Exists(self.filter(person=models.OuterRef(person)))

    def latest_ones(self) -> "ExtensionQuerySet":
        """Return the row that counts for each person and call."""
        later = self.model._default_manager.filter(
            person=models.OuterRef("person"),
            call=models.OuterRef("call"),
            pk__gt=models.OuterRef("pk"),
        )
        return self.filter(~models.Exists(later))


def _extensions() -> ExtensionQuerySet:
    model = apps.get_model("participants", "Extension")
    return model._default_manager.all()


def read_extensions_along(expressions: "Iterable[ExpressionOfInterest]") -> None:
    """Have each person of `on_a_visit_of` know of their extensions, as `Person.of` reads them."""
    for expression in expressions:
        is_extended = vars(expression).pop("is_extended")
        vars(expression.person)["is_extended"] = is_extended
        if is_extended:
            _read_along(expression.person)


def _read_along(person: "Person") -> None:
    """Read the extensions of somebody who was given some, with their calls."""
    with_calls = _extensions().select_related("call").defer("reason")
    models.prefetch_related_objects([person], models.Prefetch("extensions", with_calls))


class AddressConfirmationQuerySet(models.QuerySet["AddressConfirmation"]):
    """Codes sent to addresses, by whose and since when."""

    def confirmed(self) -> "AddressConfirmationQuerySet":
        """Return those whose code was typed: the person read what was sent there."""
        return self.filter(confirmed_at__isnull=False)

    def to(self, address: str) -> "AddressConfirmationQuerySet":
        """Return those for one address, in lower case."""
        return self.filter(address=address.lower())

    def asked_since(self, instant: "datetime") -> "AddressConfirmationQuerySet":
        """Return those asked for after an instant, the oldest first."""
        return self.filter(asked_at__gt=instant).order_by("asked_at", "pk")

    def newest_of(self, person: "Person") -> "AddressConfirmation | None":
        """Return the newest of a person's, which supersedes the others."""
        return self.filter(person=person).order_by("-asked_at", "-pk").first()


class EnteredQuerySet(models.QuerySet["EnteredForm"]):
    """Forms that the office took by telephone or on paper."""

    def live(self) -> "EnteredQuerySet":
        """Return those that are being entered or wait for the person: one an address and call."""
        return self.filter(state__in=self.model.LIVE)

    def waiting_for(self, user: User) -> "EnteredQuerySet":
        """Return what waits for an account: by the addresses whose control was shown, and no others."""
        shown = EmailAddress.objects.filter(user=user, verified=True).values("email")
        return self.filter(state="handed over", email__in=shown)

    def offered_to(self, user: User) -> "EnteredQuerySet":
        """Return what waits for an account, oldest first, and as `submitted` what they submitted themself.

        That is the reference of theirs in the same call, beside which one entered by the office can only
        be ended.
        """
        related: Any = self.model._meta.get_field("expression").related_model
        expressions: ExpressionQuerySet = related._default_manager
        own = expressions.of(user).filter(state="submitted", call=models.OuterRef("call"))
        submitted = models.Subquery(own.values("reference")[:1])
        return self.waiting_for(user).annotate(submitted=submitted).order_by("handed_over_at")


class AskedAddressQuerySet(models.QuerySet["AskedAddress"]):
    """When addresses were emailed about entered forms."""

    def of(self, address: str) -> "AskedAddressQuerySet":
        """Return that of one address, however it is written."""
        return self.filter(digest=self.model.digest_of(address))

    def since(self, instant: "datetime") -> "AskedAddressQuerySet":
        """Return those emailed after an instant."""
        return self.filter(asked_at__gt=instant)

    def until(self, instant: "datetime") -> "AskedAddressQuerySet":
        """Return those emailed at an instant or before."""
        return self.filter(asked_at__lte=instant)


def anniversary(day: date) -> date:
    """Return the same day a year on; of 29 February, the first of March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def due_again_on(signed_at: datetime) -> date:
    """Return the UK day from which a declaration is out of date: a year on (design.md, section 8)."""
    return anniversary(clock.day_of(signed_at))


def oldest_within_a_year(day: date) -> date:
    """Return the earliest day whose anniversary is still to come on `day`."""
    try:
        year_before = day.replace(year=day.year - 1)
    except ValueError:
        year_before = date(day.year - 1, 2, 28)
    return year_before + timedelta(days=1)


class UndertakingQuerySet(AppendOnlyRows, models.QuerySet["Undertaking"]):
    """Acceptances of the undertaking: added and read, never changed."""

    def of_words(self, version: str, digest: str) -> "UndertakingQuerySet":
        """Return the acceptances of one version of the words."""
        return self.filter(version=version, digest=digest)


class DeclarationQuerySet(AppendOnlyRows, models.QuerySet["Declaration"]):
    """Declarations of interests: signed and read, never changed."""

    def of(self, user: User) -> "DeclarationQuerySet":
        """Return an account's own, newest first."""
        return self.filter(person__user=user).order_by("-number")

    def newest(self) -> "DeclarationQuerySet":
        """Return each person's newest: the one that counts."""
        newer = self.model._default_manager.filter(
            person=models.OuterRef("person"), number__gt=models.OuterRef("number")
        )
        return self.filter(~models.Exists(newer))

    def in_date_on(self, day: date) -> "DeclarationQuerySet":
        """Return those signed less than a year before a UK calendar day."""
        return self.filter(signed_at__gte=clock.start_of(oldest_within_a_year(day)))


class InterestQuerySet(AppendOnlyRows, models.QuerySet["Interest"]):
    """What declarations hold: signed and read, never changed."""


class InterestCaseQuerySet(models.QuerySet["InterestCase"]):
    """Declared interests, by what the office has yet to do about them."""

    def declared(self) -> "InterestCaseQuerySet":
        """Return those that the person's newest declaration says: the others count no more."""
        return self.filter(~self._said_otherwise())

    def _said_otherwise(self) -> models.Exists:
        """Return the condition that the person has signed another declaration since."""
        person: Any = self.model._meta.get_field("person").related_model
        declarations: Any = person._meta.get_field("declarations").related_model
        newer = declarations._default_manager.filter(
            person=models.OuterRef("person"),
            number__gt=models.OuterRef("interest__declaration__number"),
        )
        return models.Exists(newer)

    def undecided(self) -> "InterestCaseQuerySet":
        """Return those of which nothing has come yet."""
        return self.filter(state__in=("declared", "assessed"))

    def overdue_on(self, day: date) -> "InterestCaseQuerySet":
        """Return those whose day to check by is over on a UK calendar day, with nothing shown."""
        return self.filter(state="managed", proved_at__isnull=True, check_on__lt=day)

    def of_others_than(self, user: User) -> "InterestCaseQuerySet":
        """Return all but an account's own: nobody reads in the console what is thought of theirs."""
        return self.exclude(person__user=user)

    def by_urgency(self, day: date) -> "InterestCaseQuerySet":
        """Return them in the order of work: overdue on that day, undecided, settled, no more declared.

        Within each the oldest first. Read along: `is_declared` and `urgency`.
        """
        read = self.annotate(is_declared=~self._said_otherwise())
        overdue = models.Q(state="managed", proved_at__isnull=True, check_on__lt=day)
        undecided = models.Q(state__in=("declared", "assessed"))
        urgency = models.Case(
            models.When(is_declared=False, then=3),
            models.When(overdue, then=0),
            models.When(undecided, then=1),
            default=2,
            output_field=models.SmallIntegerField(),
        )
        return read.annotate(urgency=urgency).order_by("urgency", "opened_at", "pk")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, by who holds them and where the clock stands."""

    def open_at(self, instant: datetime) -> "InvitationQuerySet":
        """Return those that can still be accepted."""
        return self.filter(state="sent", expires_at__gt=instant)

    def run_out_by(self, instant: datetime) -> "InvitationQuerySet":
        """Return those whose time is over, and which nobody has recorded yet."""
        return self.filter(state="sent", expires_at__lte=instant)

    def of(self, user: User) -> "InvitationQuerySet":
        """Return those whose link an account has used."""
        return self.filter(taken_by=user)

    def sent_like(self, invitation: "Invitation") -> "InvitationQuerySet":
        """Return what was sent already to the same seat, or to the same address for the same role."""
        sent = self.filter(state="sent")
        if invitation.seat_id:
            return sent.filter(seat=invitation.seat_id)
        return sent.filter(email=invitation.email, role=invitation.role)

    def behind(self, digest: str) -> "InvitationQuerySet":
        """Return the one that a link of its newest round leads to."""
        return self.filter(links__digest=digest, links__round=models.F("round"))


class ResetQuerySet(models.QuerySet["SecondFactorReset"]):
    """Requests about lost second factors, by where they stand."""

    def unsettled(self) -> "ResetQuerySet":
        """Return those that are neither done nor given up."""
        return self.filter(state__in=self.model.OPEN)

    def run_out_by(self, instant: datetime) -> "ResetQuerySet":
        """Return those whose time is over, and which nobody has recorded yet."""
        return self.unsettled().filter(expires_at__lte=instant)
