"""Who may settle a suggested conflict and mark the register: nobody about themself or their own."""

from django.utils.translation import gettext_lazy as _

from participants.evidence import says_too_little
from participants.models import ConflictSuggestion, Person, RegisterHolder, WorkedFor
from participants.policies.houses import entries_of
from participants.querysets import oldest_within_a_year
from stepchange import clock
from stepchange.models import User
from stepchange.roles import Role, holds
from stepchange.transitions import Words
from workstreams.models import Organisation, Term

OF_CASEWORK = (Role.OFFICE_MANAGER, Role.CASEWORKER)
NOT_OF_CASEWORK = _("Only an office manager or a caseworker can do this.")


def does_casework(by: User | None, _subject: object = None) -> Words | None:
    """Permit office managers and caseworkers whose account is in use."""
    if by is not None and by.is_active and (by.is_superuser or holds(by, *OF_CASEWORK)):
        return None
    return NOT_OF_CASEWORK


def own_entries(user: User) -> set[int]:
    """Return the keys of the entries of the register that are an account's own, now or within a year.

    By what its person works for and by the seats it holds; none for who has no organisation.
    """
    today = clock.today()
    first = oldest_within_a_year(today)
    works = Person.objects.filter(user=user, organisation__isnull=False)
    worked = WorkedFor.objects.counting_since(clock.start_of(first)).filter(person__user=user)
    seats = Term.objects.held_since(first, today).filter(holder=user)
    mine = {
        *works.values_list("organisation", flat=True),
        *worked.values_list("organisation", flat=True),
        *seats.values_list("organisation", flat=True),
    }
    return entries_of(mine)


def may_settle_suggestion(by: User | None, suggestion: ConflictSuggestion) -> Words | None:
    """Permit casework on others: nobody settles what is about themself or their own organisation."""
    if refusal := does_casework(by):
        return refusal
    if by is None:
        return NOT_OF_CASEWORK
    sides = [side for side in (suggestion.person, suggestion.other) if side]
    if by.pk in {side.user_id for side in sides}:
        return _("This is about yourself: somebody else of the office has to settle it.")
    shown = ConflictSuggestion.objects.filter(pk=suggestion.pk)
    withheld = Person.objects.withheld_from(by).order_by().values("pk")
    if not shown.not_about(withheld, own_entries(by)).exists():
        return _(
            "This is about your own organisation: somebody else of the office has to settle it."
        )
    return None


def why_not_reason(reason: str) -> Words | None:
    """Say what to write where a reason says too little for another to follow it."""
    if says_too_little(reason) is None:
        return None
    return _("Say why in a few words, so that another could follow it: what you know, and how.")


def touches_own(
    by: User, person: Person | None, other: Person | None, entry: Organisation | None
) -> bool:
    """Say whether a question about two sides is about whoever asks it, or their own organisation."""
    people = {side.pk for side in (person, other) if side}
    if Person.objects.withheld_from(by).filter(pk__in=people).exists():
        return True
    return entry is not None and entry.pk in own_entries(by)


def settled_by_itself(by: User | None, _suggestion: ConflictSuggestion) -> Words | None:
    """Permit the portal alone: facts change by themselves."""
    return None if by is None else _("The portal does this by itself.")


def may_mark_register(by: User | None, holder: RegisterHolder) -> Words | None:
    """Permit casework on others' interests."""
    if refusal := does_casework(by):
        return refusal
    if by is not None and by.pk == holder.pk:
        return _("These are your own interests: somebody else of the office has to decide this.")
    return None
