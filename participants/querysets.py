"""Reads of people and their expressions of interest: each role's own scope (law 7)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models
from django.db.models.functions import Coalesce

from projects.models import IdentityLevel
from stepchange import clock
from stepchange.models import User
from stepchange.querysets import AppendOnlyRows
from stepchange.roles import OF_THE_OFFICE, Role
from workstreams.querysets import judged_as_one_with

if TYPE_CHECKING:
    from participants.models import (
        AddressConfirmation,
        AskedAddress,
        Check,
        ConflictSuggestion,
        Declarant,
        Declaration,
        EnteredForm,
        ExpressionOfInterest,
        Extension,
        FlagSettlement,
        Interest,
        InterestCase,
        InterestParty,
        Invitation,
        LikelyPair,
        Person,
        ProjectChoice,
        RefereeRequest,
        RegisterHolder,
        RegisterWithholding,
        SecondFactorReset,
        Snapshot,
        Undertaking,
        Validation,
        WorkedFor,
    )
    from workstreams.models import Call


OF_THE_BOARD = (Role.BOARD, Role.ETHICS_REVIEWER)


ALSO_WITHHELD: list[Callable[[list[int]], models.QuerySet[Any, Any]]] = []
"""What higher apps withhold from some accounts, as the keys of people: each adds its own."""


class PersonQuerySet(models.QuerySet["Person"]):
    """People, with what the policies ask of them."""

    def of(self, user: User) -> "Person | None":
        """Return an account's person with what each visit asks: any extensions, with their calls."""
        found = self.filter(user=user).annotate(is_extended=_extensions().ever_given_to("pk"))
        person = found.first()
        if person is not None and vars(person)["is_extended"]:
            _read_along(person)
        return person

    def reached_at(self, address: str) -> "PersonQuerySet":
        """Return who has shown that an address is theirs."""
        shown = EmailAddress.objects.filter(email=address, verified=True)
        return self.filter(user__in=shown.values("user"))

    def visible_to_office(self) -> "PersonQuerySet":
        """Return whom the office may know of: who has submitted something. A draft is only counted."""
        model = apps.get_model("participants", "ExpressionOfInterest")
        submitted = model._default_manager.visible_to_office()
        return self.filter(models.Exists(submitted.filter(person=models.OuterRef("pk"))))

    def counting_as(self, person: "Person") -> "PersonQuerySet":
        """Return every row that is the same person now: themself, and who was merged into them."""
        current = person.counts_as_id
        return self.filter(models.Q(pk=current) | models.Q(merged_into=current))

    def counting_as_holder_of(self, user: User) -> "PersonQuerySet":
        """Return every row that is the same person now as an account's holder."""
        same = (
            models.Q(user=user)
            | models.Q(merged_into__user=user)
            | models.Q(merged__user=user)
            | models.Q(merged_into__merged__user=user)
        )
        return self.filter(same).distinct()

    def to_be_compared(self) -> "PersonQuerySet":
        """Return those whose details changed since they were compared with others."""
        return self.filter(likeness_due=True)

    def judged_by(self, user: User) -> "PersonQuerySet":
        """Return those whom an account may see and judge: not its holder, nor who is withheld from it."""
        withheld = self.model._default_manager.withheld_from(user)
        return self.exclude(pk__in=withheld.order_by().values("pk"))

    def withheld_from(self, user: User) -> "PersonQuerySet":
        """Return those whom an account may neither see nor judge (law 3), as the rows tell it.

        Its holder, by whichever account; who works or sits for an organisation that is judged as one with
        one of theirs; and where either has declared an interest that the register knows by its name. What
        was so within the last year still is, whatever either says of themself since. What only the words
        of an interest tell is asked of one person at a time (`policies.why_conflicted`). And those from
        whom they stood aside, as higher apps tell.
        """
        today = clock.today()
        since = clock.start_of(oldest_within_a_year(today))
        me = self.model._default_manager.counting_as_holder_of(user)
        given = ("worked_for__organisation", "worked_for__until")
        rows = list(me.values_list("pk", "user", "organisation", *given))
        accounts = list({user.pk, *(row[1] for row in rows if row[1])})
        works = {row[2] for row in rows}
        works |= {entry for *_row, entry, until in rows if until is None or until >= since}
        terms = apps.get_model("workstreams", "Term")._default_manager.held_since(
            oldest_within_a_year(today), today
        )
        own = _judged_as_one(
            [
                *(entry for entry in works if entry),
                *terms.filter(holder__in=accounts).values_list("organisation", flat=True),
            ]
        )
        parties = _model("InterestParty").declared_since(since)
        named = parties.filter(interest__declaration__person__user__in=accounts)
        declared = _judged_as_one(named.values_list("organisation", flat=True))
        sits = terms.filter(holder=models.OuterRef("user"), organisation__in=own | declared)
        worked = _model("WorkedFor").counting_since(since)
        worked = worked.filter(person=models.OuterRef("pk"), organisation__in=own | declared)
        names_mine = parties.filter(
            interest__declaration__person=models.OuterRef("pk"), organisation__in=own
        )
        stood_aside = models.Q()
        for tell in ALSO_WITHHELD:
            people = tell(accounts)
            merged = self.model._default_manager.filter(pk__in=people, merged_into__isnull=False)
            into = merged.order_by().values("merged_into")
            for known in (people, into):
                stood_aside |= models.Q(pk__in=known) | models.Q(merged_into__in=known)
        return self.filter(
            stood_aside
            | models.Q(user__in=accounts)
            | models.Q(pk__in=[row[0] for row in rows])
            | models.Q(organisation__in=own | declared)
            | models.Q(models.Exists(worked))
            | models.Q(models.Exists(sits))
            | models.Q(models.Exists(names_mine))
        )


class WorkedForQuerySet(models.QuerySet["WorkedFor"]):
    """Whom people gave as their employer: kept, whatever they say later."""

    def counting_since(self, instant: datetime) -> "WorkedForQuerySet":
        """Return those that nothing took the place of before an instant."""
        return self.filter(models.Q(until__isnull=True) | models.Q(until__gte=instant))

    def learn(self, person: "Person", entry: int | None, *, instead_of: int | None) -> None:
        """Remember, in the transaction that changes it, whom somebody works for, and for whom no more.

        Who saves a row that was read before another change ends what that one said, too.
        """
        over = models.Q(until__isnull=True) | models.Q(organisation=instead_of)
        earlier = self.filter(over, person=person)
        if entry is not None:
            earlier = earlier.exclude(organisation=entry)
        earlier.update(until=clock.now())
        if entry is not None:
            self.bulk_create(
                [self.model(person=person, organisation_id=entry)],
                update_conflicts=True,
                unique_fields=("person", "organisation"),
                update_fields=("until",),
            )


def _judged_as_one(entries: Iterable[int]) -> set[int]:
    """Return the keys of every entry that is judged as one with any of these, given by their keys."""
    register = apps.get_model("workstreams", "Organisation")._default_manager
    wanted = set(entries)
    if not wanted:
        return set()
    known = register.filter(pk__in=wanted).select_related("merged_into", "group")
    return {key for one in known for key in judged_as_one_with(one).values_list("pk", flat=True)}


class LikelyPairQuerySet(models.QuerySet["LikelyPair"]):
    """People who are likely one, two by two."""

    def of(self, people: "Iterable[Person]") -> "LikelyPairQuerySet":
        """Return the pairs that any of these people is one of."""
        keys = [person.pk for person in people]
        return self.filter(models.Q(one__in=keys) | models.Q(other__in=keys))

    def between(self, person: "Person", other: "Person") -> "LikelyPairQuerySet":
        """Return the pair of two people, whichever comes first."""
        first, second = sorted((person.pk, other.pk))
        return self.filter(one=first, other=second)

    def suggested(self) -> "LikelyPairQuerySet":
        """Return those that wait for somebody to look; not who count as one already, by a third."""
        as_one = models.Q(one__merged_into=models.F("other__merged_into"))
        return self.filter(state="suggested").exclude(as_one)


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

        Each with its pages too, as `saved`. In no order: there is one a call. `read_extensions_along`
        makes the rest of what is read.
        """
        extended = _extensions().ever_given_to("person")
        mine = self.filter(person__user=account).live().select_related("person", "call")
        with_pages = mine.prefetch_related(models.Prefetch("pages", to_attr="saved"))
        return with_pages.annotate(is_extended=extended).order_by()

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

    def asking(self) -> "ChoiceQuerySet":
        """Return those of submitted forms whose project asks something of the person, in their order."""
        found = self.filter(expression__state="submitted", state__in=self.model.ASKING)
        return found.order_by("-expression__submitted_at", "rank")


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


def with_extensions(person: "Person") -> "Person":
    """Read the extensions along, with their calls, of a person who was read without them."""
    _read_along(person)
    return person


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
        return self.sent_to(user).filter(state="handed over")

    def sent_to(self, user: User) -> "EnteredQuerySet":
        """Return what was ever sent to an account's confirmed addresses, whatever became of it."""
        shown = EmailAddress.objects.filter(user=user, verified=True).values("email")
        return self.filter(handed_over_at__isnull=False, email__in=shown)

    def for_any(self, people: "models.QuerySet[Person, Any]") -> models.Q:
        """Return what says that one is for one of some people, given by their keys.

        They took it over, or have shown that its address is theirs.
        """
        shown = EmailAddress.objects.filter(
            email=models.OuterRef("email"), verified=True, user__person__in=people
        )
        return models.Q(expression__person__in=people) | models.Q(models.Exists(shown))

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


# Who must declare, the register, and suggested conflicts ---------------------------------------------
class DeclarantQuerySet(models.QuerySet["Declarant"]):
    """Accounts that must declare their interests, each once, and where each stands."""

    def on_the_roster(self, day: date) -> "DeclarantQuerySet":
        """Return who must declare on a UK day: volunteers, holders of seats, whoever's role sees people.

        An account whose owner has no person yet is one of them. Nobody else can be: what was submitted
        was submitted by an account.
        """
        submitted = _model("ExpressionOfInterest").filter(
            person__user=models.OuterRef("pk"), state="submitted"
        )
        terms = apps.get_model("workstreams", "Term")._default_manager.on(day)
        groups = User.groups.through.objects.filter(user=models.OuterRef("pk"))
        in_use = models.Q(is_active=True)
        board = groups.filter(group__name__in=[role.value for role in OF_THE_BOARD])
        office = groups.filter(group__name__in=[role.value for role in OF_THE_OFFICE])
        return self.annotate(
            is_volunteer=models.Exists(submitted),
            holds_seat=models.Exists(terms.filter(holder=models.OuterRef("pk"))),
            of_board=_yes(in_use & models.Q(models.Exists(board))),
            of_office=_yes(in_use & models.Q(models.Q(is_superuser=True) | models.Exists(office))),
        ).filter(
            models.Q(is_volunteer=True)
            | models.Q(holds_seat=True)
            | models.Q(of_board=True)
            | models.Q(of_office=True)
        )

    def with_standing(self, day: date) -> "DeclarantQuerySet":
        """Read along, as `standing`, `part` and `sector`, what each is counted under on a UK day.

        Each of the three is one expression with one value for every row, so that counts by them add up
        to the rows counted, whatever the rows.
        """
        newest = _model("Declaration").filter(person__user=models.OuterRef("pk"))
        newest = newest.order_by("-number")
        works = apps.get_model("workstreams", "Term")._default_manager.on(day)
        works = works.filter(holder=models.OuterRef("pk")).order_by("-starts_on", "pk")
        return self.annotate(
            newest_at=models.Subquery(newest.values("signed_at")[:1]),
            newest_is_nil=models.Subquery(newest.values("is_nil")[:1]),
            standing=models.Case(
                models.When(newest_at__isnull=True, then=models.Value("unanswered")),
                models.When(
                    newest_at__lt=clock.start_of(oldest_within_a_year(day)),
                    then=models.Value("overdue"),
                ),
                models.When(newest_is_nil=True, then=models.Value("nil")),
                default=models.Value("declared"),
            ),
            part=models.Case(
                models.When(of_office=True, then=models.Value("office")),
                models.When(of_board=True, then=models.Value("board")),
                models.When(holds_seat=True, then=models.Value("seat")),
                default=models.Value("volunteer"),
            ),
            sector=Coalesce(
                "person__organisation__sector",
                models.Subquery(works.values("organisation__sector")[:1]),
                models.Value(""),
            ),
        )

    def counted(self) -> list[tuple[str, str, str, int]]:
        """Return how many there are of each sector, part and standing, in one query."""
        # Through Any: what `with_standing` read along is known to no type.
        rows: Any = self.order_by()
        counts = rows.values("sector", "part", "standing").annotate(number=models.Count("pk"))
        return [(row["sector"], row["part"], row["standing"], row["number"]) for row in counts]


class HolderQuerySet(models.QuerySet["RegisterHolder"]):
    """Accounts whose interests the register publishes."""

    def in_the_register(self, day: date) -> "HolderQuerySet":
        """Return whose interests are published on a UK day: a line here for each kind of post."""
        holder = {"holder": models.OuterRef("pk")}
        posts = [apps.get_model("workstreams", "Term")._default_manager.on(day).filter(**holder)]
        holds_one = models.Q(pk__in=())
        for post in posts:
            holds_one |= models.Q(models.Exists(post))
        return self.filter(holds_one)


class WithholdingQuerySet(AppendOnlyRows, models.QuerySet["RegisterWithholding"]):
    """Marks in the register: set and read, never changed."""

    def oldest_first(self) -> "WithholdingQuerySet":
        """Return them in the order in which they were set: the last of an interest counts."""
        return self.order_by("pk")


class InterestPartyQuerySet(models.QuerySet["InterestParty"]):
    """What interests name of the register."""

    def declared_now(self) -> "InterestPartyQuerySet":
        """Return those of each person's newest declaration."""
        later = _model("Declaration").filter(
            person=models.OuterRef("interest__declaration__person"),
            number__gt=models.OuterRef("interest__declaration__number"),
        )
        return self.filter(~models.Exists(later))

    def declared_since(self, instant: datetime) -> "InterestPartyQuerySet":
        """Return those of each person's newest declaration, and of every one signed since an instant."""
        recent = models.Q(interest__declaration__signed_at__gte=instant)
        return self.declared_now() | self.filter(recent)


class SuggestionQuerySet(models.QuerySet["ConflictSuggestion"]):
    """Suggested conflicts, by whether somebody has to look at them."""

    def waiting(self) -> "SuggestionQuerySet":
        """Return those that nobody has settled."""
        return self.filter(state="suggested")

    def accepted(self) -> "SuggestionQuerySet":
        """Return those that are a conflict, and have yet to be dealt with."""
        return self.filter(state="accepted")

    def not_about(
        self, withheld: "models.QuerySet[Person, Any]", entries: Iterable[int]
    ) -> "SuggestionQuerySet":
        """Return those about nobody withheld, by their keys, nor any of the entries given (law 3)."""
        theirs = (
            models.Q(person__in=withheld)
            | models.Q(other__isnull=False, other__in=withheld)
            | models.Q(organisation__in=list(entries))
        )
        return self.filter(~theirs)


def _model(name: str) -> Any:
    return apps.get_model("participants", name)._default_manager


def _yes(condition: Any) -> models.Case:
    return models.Case(
        models.When(condition, then=models.Value(value=True)), default=models.Value(value=False)
    )


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


class ValidationQuerySet(models.QuerySet["Validation"]):
    """Validations, by who may work on them and what they wait for."""

    def of(self, user: User) -> "ValidationQuerySet":
        """Return an account's own."""
        return self.filter(person__user=user)

    def unsettled(self) -> "ValidationQuerySet":
        """Return those that wait to be settled, but of people who have withdrawn: they wait for nobody."""
        return self.filter(~_is_withdrawn(), state__in=self.model.OPEN)

    def judged_by(self, user: User) -> "ValidationQuerySet":
        """Return those that an account of the office may see and settle: none of its own (law 3).

        Neither itself nor anybody who works where its holder does is its holder's to judge.
        """
        return self.exclude(pk__in=self.withheld_from(user).order_by().values("pk"))

    def withheld_from(self, user: User) -> "ValidationQuerySet":
        """Return those that are withheld from an account: its holder's own, and their colleagues'."""
        people = apps.get_model("participants", "Person")._default_manager
        return self.filter(person__in=people.withheld_from(user).order_by().values("pk"))

    def with_what_they_wait_for(self, instant: datetime) -> "ValidationQuerySet":
        """Read along, as `waits_for`, who is to act next: the office, the person, a referee, or nobody.

        Of somebody who has withdrawn all that they submitted an open one waits for nobody, as "withdrawn".
        More evidence is what a validation waits for whose level is below what a live choice asks. And as
        `holds_up` how many choices of projects wait for it, by the live forms of the person.
        """
        undecided = _asking_choices().exclude(state="accepted")
        held_up = Coalesce(_number_of(undecided), 0)
        short = Coalesce(_number_of(_asking_choices().filter(_above_the_level_given())), 0)
        return self.annotate(
            waits_for=models.Case(
                models.When(_is_short(), then=models.Value("evidence")),
                models.When(state__in=("validated", "refused"), then=models.Value("nobody")),
                models.When(_is_withdrawn(), then=models.Value("withdrawn")),
                models.When(state="more asked", then=models.Value("person")),
                models.When(models.Exists(_asked_at(instant)), then=models.Value("referee")),
                default=models.Value("office"),
            ),
            holds_up=models.Case(
                models.When(state="refused", then=models.Value(0)),
                models.When(state="validated", then=short),
                default=held_up,
            ),
        )

    def in_order_of_need(self, instant: datetime) -> "ValidationQuerySet":
        """Order by who waits for whom: the office's own first, then a referee's, the person's, the settled.

        Of the settled those come first whose level is below what a choice asks. Among each what is overdue
        comes first, then what holds up most choices, then what is due soonest.
        Reads along `waits_for`, `holds_up` and `overdue`.
        """
        turn = models.Case(  # asked anew and not of `waits_for`, which would be worked out thrice
            models.When(_is_short(), then=models.Value(3)),
            models.When(state__in=("validated", "refused"), then=models.Value(4)),
            models.When(_is_withdrawn(), then=models.Value(4)),
            models.When(state="more asked", then=models.Value(2)),
            models.When(models.Exists(_asked_at(instant)), then=models.Value(1)),
            default=models.Value(0),
        )
        late = models.Q(state__in=("not started", "in progress"), due_on__lt=clock.day_of(instant))
        late &= ~_is_withdrawn()
        return (
            self.with_what_they_wait_for(instant)
            .annotate(
                turn=turn,
                overdue=models.Case(
                    models.When(late, then=models.Value(True)), default=models.Value(False)
                ),
            )
            .order_by("turn", "-overdue", models.F("holds_up").desc(), "due_on", "pk")
        )

    def waiting_for_office(self, instant: datetime) -> "ValidationQuerySet":
        """Return those whose next step is the office's."""
        return self.filter(
            ~models.Exists(_asked_at(instant)),
            ~_is_withdrawn(),
            state__in=("not started", "in progress"),
        )

    def short_of_a_choice(self) -> "ValidationQuerySet":
        """Return those given at a level below what a live choice of the person asks."""
        return self.filter(_is_short())

    def overdue_on(self, day: date) -> "ValidationQuerySet":
        """Return those that the office has taken longer over than it means to."""
        return self.filter(
            ~_is_withdrawn(), state__in=("not started", "in progress"), due_on__lt=day
        )

    def refused_before(self) -> "ValidationQuerySet":
        """Return those that are open again after a refusal: somebody else has to look at them."""
        return self.unsettled().filter(refused_by__isnull=False)

    def in_call(self, slug: str) -> "ValidationQuerySet":
        """Return those of people with a live form in one call."""
        live = apps.get_model("participants", "ExpressionOfInterest")._default_manager.filter(
            person=models.OuterRef("person"), state="submitted", call__slug=slug
        )
        return self.filter(models.Exists(live))

    def load(self, day: date) -> "models.QuerySet[Validation, Any]":
        """Return, for each caseworker and for nobody, how many are open and how many of them overdue."""
        late = models.Q(state__in=("not started", "in progress"), due_on__lt=day)
        return (
            self.unsettled()
            .order_by()
            .values("caseworker__name", "caseworker__email", "caseworker")
            .annotate(open=models.Count("pk"), late=models.Count("pk", filter=late))
            .order_by("-late", "-open", "caseworker__name", "caseworker")
        )

    def run_out_by(self, day: date) -> "ValidationQuerySet":
        """Return those given a year ago or more, by a UK calendar day."""
        given_before = clock.start_of(oldest_within_a_year(day))
        return self.filter(state="validated", validated_at__lt=given_before)


def _asked_at(instant: datetime) -> "RefereeRequestQuerySet":
    """Return, of the validation that is read along, the request that a referee can still answer."""
    return _referees().open_at(instant).filter(validation=models.OuterRef("pk"))


def _referees() -> "RefereeRequestQuerySet":
    return apps.get_model("participants", "RefereeRequest")._default_manager.all()


def _asking_choices() -> ChoiceQuerySet:
    """Return the choices that ask something, of the person of the validation that is read along."""
    return _choices().asking().filter(expression__person=models.OuterRef("person"))


def _number_of(choices: ChoiceQuerySet) -> models.Subquery:
    counted = choices.order_by().values("expression__person").annotate(number=models.Count("pk"))
    return models.Subquery(counted.values("number"))


def _above_the_level_given() -> models.Q:
    """Say of a choice that its project asks a higher level than the person's validation was given at."""
    above = models.Q()
    for place, level in enumerate(IdentityLevel.values):
        higher = IdentityLevel.values[place + 1 :]
        given = models.Q(expression__person__validation__level=level)
        above |= given & models.Q(project__identity_level__in=higher)
    return above


def _is_short() -> models.Q:
    """Say of a validation that it was given, at a level below what a live choice asks."""
    above = _asking_choices().filter(_above_the_level_given())
    return models.Q(state="validated") & models.Q(models.Exists(above))


def _is_withdrawn() -> models.Q:
    """Say of a validation that its person has withdrawn what they submitted, all of it."""
    forms = apps.get_model("participants", "ExpressionOfInterest")._default_manager.filter(
        person=models.OuterRef("person")
    )
    withdrew = models.Q(models.Exists(forms.filter(state="withdrawn")))
    return withdrew & ~models.Q(models.Exists(forms.filter(state="submitted")))


def _choices() -> ChoiceQuerySet:
    return apps.get_model("participants", "ProjectChoice")._default_manager.all()


class RefereeRequestQuerySet(models.QuerySet["RefereeRequest"]):
    """Requests to referees, by whether they can still be answered."""

    def open_at(self, instant: datetime) -> "RefereeRequestQuerySet":
        """Return those that can still be answered."""
        return self.filter(state="sent", expires_at__gt=instant)

    def run_out_by(self, instant: datetime) -> "RefereeRequestQuerySet":
        """Return those whose time is over, and which nobody has recorded yet."""
        return self.filter(state="sent", expires_at__lte=instant)

    def to_forget_on(self, day: date) -> "RefereeRequestQuerySet":
        """Return those that ended a year ago or more, by a UK calendar day, and still name the referee."""
        before = clock.start_of(oldest_within_a_year(day))
        ended = models.Q(answered_at__lt=before) | models.Q(
            answered_at__isnull=True, expires_at__lt=before
        )
        return self.filter(ended).exclude(state="sent").exclude(email="")

    def behind(self, digest: str) -> "RefereeRequestQuerySet":
        """Return the one that a link leads to."""
        return self.filter(links__digest=digest)

    def latest_ones(self) -> "RefereeRequestQuerySet":
        """Return the newest request of each validation."""
        later = self.model._default_manager.filter(
            validation=models.OuterRef("validation"), pk__gt=models.OuterRef("pk")
        )
        return self.filter(~models.Exists(later))


class CheckQuerySet(AppendOnlyRows, models.QuerySet["Check"]):
    """Checks towards validations: made and read, never changed."""

    def latest_ones(self) -> "CheckQuerySet":
        """Return the newest of each kind of each validation: the one that counts.

        Reads along, as `has_later_referee`, whether another referee was asked since.
        """
        later = self.model._default_manager.filter(
            validation=models.OuterRef("validation"),
            kind=models.OuterRef("kind"),
            pk__gt=models.OuterRef("pk"),
        )
        asked_since = _referees().filter(
            validation=models.OuterRef("validation"), pk__gt=models.OuterRef("referee")
        )
        return self.filter(~models.Exists(later)).annotate(
            has_later_referee=models.Exists(asked_since)
        )


class FlagSettlementQuerySet(AppendOnlyRows, models.QuerySet["FlagSettlement"]):
    """What was made of flags: written and read, never changed."""
