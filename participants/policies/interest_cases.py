"""Who may assess a declared interest and say what comes of it, and what interests keep somebody out of."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants.models import ConflictSuggestion, Declaration, Interest, InterestCase, Person
from participants.policies.same_organisation import OWN, why_conflicted
from participants.policies.trust import declaration_is_due
from participants.querysets import anniversary
from projects.models import Project
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role, holds
from stepchange.transitions import Words

NOT_DECLARED = _("There is no declaration of interests in date.")
EXCLUDED = _("An interest that they declared excludes them from this project.")
CHECK_OVERDUE = _("It was not shown in time that what was agreed about an interest is done.")
UNDECIDED = _("An interest that they declared has yet to be decided about.")
CONFLICT = _(
    "The office found that what they have in common with somebody there is a conflict: it has to be dealt "
    "with first."
)


NAMES_AN_OWNER = ("participants.interest.managed", "participants.interest.check_moved")
DEAL_WITH_INTERESTS = (Role.OFFICE_MANAGER, Role.CASEWORKER, Role.ETHICS_REVIEWER)


# Who may ----------------------------------------------------------------------------------------------
def deals_with_interests(user: User) -> bool:
    """Say whether an account is of those of the office who deal with declared interests."""
    return user.is_active and (
        user.is_superuser or (user.is_staff and holds(user, *DEAL_WITH_INTERESTS))
    )


def who_deals_with_interests() -> QuerySet[User]:
    """Return the accounts of those of the office who deal with declared interests, by name."""
    named = User.objects.filter(groups__name__in=[role.value for role in DEAL_WITH_INTERESTS])
    staff = User.objects.filter(is_active=True, is_staff=True)
    return staff.filter(pk__in=named.values("pk")).order_by("name", "email")


def may_deal_with(by: User | None, case: InterestCase) -> Words | None:
    """Permit the office's caseworkers, managers and ethics reviewers, for who is none of their own.

    While the interest is declared: of one that is not said any more nothing is decided.
    """
    if by is None or not deals_with_interests(by):
        return _("Only a caseworker, an office manager or an ethics reviewer can do this.")
    if not is_declared(case):
        return _("They don’t declare this any more: nothing is to be decided about it.")
    return why_conflicted(by, case.person)


def may_take_no_action(by: User | None, case: InterestCase) -> Words | None:
    """Permit where it is no actual conflict: of one, something comes."""
    if case.nature == InterestCase.Nature.ACTUAL:
        return _("An actual conflict is not left as it is: manage it, or exclude them.")
    return may_deal_with(by, case)


def may_act_on(by: User | None, case: InterestCase) -> Words | None:
    """Permit a mitigation or an exclusion where there is something that it could be for."""
    if case.nature == InterestCase.Nature.NONE:
        return _(
            "It was assessed as no conflict: decide that no action is needed, or assess it again."
        )
    return may_deal_with(by, case)


def is_declared(case: InterestCase) -> bool:
    """Say whether the person's newest declaration says it."""
    number = case.interest.declaration.number
    return not case.person.declarations.filter(number__gt=number).exists()


def may_move_check(by: User | None, case: InterestCase) -> Words | None:
    """Permit until it is shown to be done."""
    if case.proved_at:
        return _("It is shown to be done: to decide anew, assess it again.")
    return may_deal_with(by, case)


def may_prove(by: User | None, case: InterestCase) -> Words | None:
    """Permit once, and never the person whose interest it is, nor who answers for what is done about it.

    Nor who answered for it before, since it was assessed: else it would be handed on to say so oneself.
    """
    if case.proved_at:
        return _("It is shown to be done already.")
    if refusal := may_deal_with(by, case):
        return refusal
    if by is not None and by.record_key in _owners_of(case):
        return _(
            "You answer, or answered, for what is done about this: somebody else looks at what shows that "
            "it is done, and records it."
        )
    return None


def _owners_of(case: InterestCase) -> set[str]:
    """Return the keys of the accounts that answered for it since it was assessed last, by the record."""
    named = Event.objects.about(case).of_kind(*NAMES_AN_OWNER)
    since = named.filter(at__gte=case.assessed_at) if case.assessed_at else named
    found = {str(facts.get("owner", "")) for facts in since.values_list("facts", flat=True)}
    return found | ({case.owner.record_key} if case.owner else set())


def why_not_owner(owner: User, case: InterestCase) -> Words | None:
    """Say why somebody can't answer for what is to be done; None if they can."""
    if not deals_with_interests(owner):
        return _("Choose somebody of the office who deals with interests.")
    conflict = why_conflicted(owner, case.person)
    if conflict is None:
        return None
    if conflict is OWN:
        return _("Nobody answers for what is done about their own interest.")
    return _("The person chosen may not judge about them either (law 3): choose somebody else.")


def why_not_check_on(day: date) -> Words | None:
    """Say why it can't be checked by a day; None if it can."""
    if day < clock.today():
        return _("Choose today or a day to come.")
    if day > anniversary(clock.today()):
        return _("Choose a day within a year: interests are declared anew by then.")
    return None


# What interests keep somebody out of (law 1) ------------------------------------------------------------
@dataclass(frozen=True)
class LiveInterest:
    """One interest of somebody's newest declaration, with what the office makes of it."""

    interest: Interest
    case: InterestCase | None

    def touches(self, project: Project) -> bool:
        """Say whether it is about a project: its own, or any, where it is general."""
        return self.interest.project_id in {None, project.pk}

    def bar(self, project: Project) -> Words | None:
        """Say why it keeps its person out of a project now; None if it does not."""
        if self.case and self.case.excludes(project):
            return EXCLUDED
        if not self.touches(project):
            return None
        if self.case is None or self.case.is_undecided:
            return UNDECIDED
        return CHECK_OVERDUE if self.case.is_overdue else None


@dataclass(frozen=True)
class Declared:
    """What somebody has declared as that stands now: their newest declaration and its interests."""

    declaration: Declaration | None
    interests: tuple[LiveInterest, ...]
    conflicts: tuple[ConflictSuggestion, ...] = ()
    """What the portal suggested and the office accepted as a conflict, whoever declared it."""

    @property
    def is_due(self) -> bool:
        """Say whether they have to declare (again)."""
        return declaration_is_due(self.declaration.signed_at if self.declaration else None)

    def bar(self, project: Project) -> Words | None:
        """Say why interests keep the person out of a project now; None if they do not."""
        if self.is_due:
            return NOT_DECLARED
        bars = [bar for each in self.interests if (bar := each.bar(project))]
        if any(each.touches(project) for each in self.conflicts):
            bars.append(CONFLICT)
        # What was decided comes before what has yet to be.
        order = (EXCLUDED, CONFLICT, CHECK_OVERDUE, UNDECIDED)
        return next((bar for bar in order if bar in bars), None)


def declared_by(person: Person) -> Declared:
    """Return what a person has declared as that stands now, in a handful of queries."""
    newest = person.declarations.order_by("-number").first()
    if newest is None:
        return Declared(None, ())
    accepted = ConflictSuggestion.objects.accepted().filter(person=person)
    return Declared(newest, interests_in(newest), tuple(accepted))


def interests_in(declaration: Declaration) -> tuple[LiveInterest, ...]:
    """Return what a declaration says, each interest with its case, by what is said and not by a flag."""
    said = list(declaration.interests.select_related("project", "declaration__person"))
    cases = (
        {InterestCase.key_of(case.interest): case for case in _cases_of(declaration.person)}
        if said
        else {}
    )
    return tuple(LiveInterest(each, cases.get(InterestCase.key_of(each))) for each in said)


def _cases_of(person: Person) -> QuerySet[InterestCase]:
    cases = InterestCase.objects.filter(person=person)
    read = cases.select_related(
        "interest__project", "interest__declaration__person", "excluded_stream"
    )
    return read.prefetch_related("excluded_from")


def interests_bar(person: Person, project: Project) -> Words | None:
    """Say why interests keep a person out of a project at this moment; None if they do not (law 1).

    Computed of facts and the clock: a declaration in date, and every interest of it that touches the
    project, or that is general, decided about, done in time, and not excluding from it; and no suggested
    conflict with it that the office accepted and has yet to deal with.
    """
    return declared_by(person).bar(project)
