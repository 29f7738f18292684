"""The roles an account can hold, each with the least it needs in the office's console.

The table is the truth: groups and their permissions follow it after each migration. Co-chairs and
deputies hold seats, which are rows with terms; everything else about who may do what is in `policies`.
"""

from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import Refused, Words, permit, require_reason


class Role(StrEnum):
    """A group of accounts; the value is the group's name."""

    OFFICE_MANAGER = "Office manager"
    CASEWORKER = "Caseworker"
    COMMUNICATIONS_OFFICER = "Communications officer"
    AUDITOR = "Auditor"
    BOARD = "Programme board"
    ETHICS_REVIEWER = "Ethics reviewer"
    CO_CHAIR = "Co-chair"


_PROGRAMME = (
    "workstreams.{verb}_workstream",
    "workstreams.{verb}_call",
    "workstreams.{verb}_keyactivity",
    "workstreams.{verb}_passage",
    "workstreams.{verb}_seat",
    "workstreams.{verb}_term",
    "workstreams.{verb}_organisation",
    "projects.{verb}_project",
    "projects.{verb}_milestone",
)


# Who has declared, what of it may be published, and conflicts that the portal suggests.
_COMPLIANCE = ("participants.view_declarant", "participants.view_registerholder")
_CONFLICTS = (
    *_COMPLIANCE,
    "participants.change_registerholder",
    "participants.view_conflictsuggestion",
    "participants.change_conflictsuggestion",
)
# Forms taken by telephone or on paper.
_ENTERED = tuple(f"participants.{verb}_enteredform" for verb in ("view", "add", "change"))

# Declared interests, which are assessed, and the declarations that say them.
_INTERESTS = (
    "participants.view_declaration",
    "participants.view_interestcase",
    "participants.change_interestcase",
)


# The evidence of who somebody is.
_CASES = ("participants.view_validation", "participants.change_validation")


# Members of projects, who waits in reserve, and what the programme holds to be fair.
_MEMBERS = ("reviews.view_membership", "reviews.view_reserveplace")
_MEMBERS_CHANGED = (
    *_MEMBERS,
    "reviews.change_membership",
    "reviews.change_reserveplace",
    "reviews.view_fairnesssettings",
    "reviews.change_fairnesssettings",
)


# Joint decisions: what waits for whom, how it was decided, and what the office does about it.
_DECISIONS = ("participants.view_projectchoice", "reviews.view_decision")
_DECISIONS_RELEASED = (
    *_DECISIONS,
    "participants.change_projectchoice",
    "reviews.view_split",
    "reviews.change_split",
    "reviews.add_release",
)


def _each(*verbs: str) -> tuple[str, ...]:
    return tuple(pattern.format(verb=verb) for pattern in _PROGRAMME for verb in verbs)


PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.OFFICE_MANAGER: (
        *_each("view", "change", "add"),
        "participants.view_expressionofinterest",
        "participants.view_person",
        "participants.change_person",
        "participants.view_extension",
        "participants.add_extension",
        "participants.change_extension",
        *_ENTERED,
        *_CONFLICTS,
        *_INTERESTS,
        "participants.view_invitation",
        "participants.add_invitation",
        "participants.change_invitation",
        "participants.view_secondfactorreset",
        "participants.change_secondfactorreset",
        *_CASES,
        *_MEMBERS_CHANGED,
        *_DECISIONS_RELEASED,
        "communications.view_email",
        "communications.change_email",
        "communications.view_generation",
        "communications.change_generation",
        "communications.view_contactmessage",
        "stepchange.view_event",
        "stepchange.view_user",
        "stepchange.change_user",
    ),
    Role.CASEWORKER: (
        *_each("view"),
        "participants.view_expressionofinterest",
        "participants.view_person",
        "participants.view_extension",
        *_ENTERED,
        *_CONFLICTS,
        *_INTERESTS,
        "participants.view_secondfactorreset",
        "participants.change_secondfactorreset",
        *_CASES,
        *_MEMBERS,
        *_DECISIONS,
    ),
    Role.COMMUNICATIONS_OFFICER: (
        *_each("view"),
        "communications.view_email",
        "communications.change_email",
        "communications.view_generation",
        "communications.change_generation",
        "communications.view_contactmessage",
    ),
    Role.AUDITOR: (
        *_each("view"),
        *_COMPLIANCE,
        "reviews.view_fairnesssettings",
        "stepchange.view_event",
        "communications.view_email",
        "communications.view_generation",
    ),
    Role.BOARD: (),
    Role.ETHICS_REVIEWER: (*_COMPLIANCE, *_INTERESTS),  # in the console, of who may open it
    Role.CO_CHAIR: (),
}

# Roles that open the console; holding one makes an account office staff.
OF_THE_OFFICE = (
    Role.OFFICE_MANAGER,
    Role.CASEWORKER,
    Role.COMMUNICATIONS_OFFICER,
    Role.AUDITOR,
)
# Given by hand. A co-chair's comes with a seat.
GRANTED = (*OF_THE_OFFICE, Role.BOARD, Role.ETHICS_REVIEWER)


IN_WORDS: dict[Role, Words] = {
    Role.OFFICE_MANAGER: gettext_lazy("an office manager of the coordination office"),
    Role.CASEWORKER: gettext_lazy("a caseworker of the coordination office"),
    Role.COMMUNICATIONS_OFFICER: gettext_lazy(
        "a communications officer of the coordination office"
    ),
    Role.AUDITOR: gettext_lazy("an auditor of the coordination office"),
    Role.BOARD: gettext_lazy("a member of the programme board"),
    Role.ETHICS_REVIEWER: gettext_lazy("an ethics reviewer"),
    Role.CO_CHAIR: gettext_lazy("a co-chair"),
}
"""Each role as it is told to somebody who is not told the name."""


def held_by(user: User) -> list[Role]:
    """Return the roles that an account holds now, the office's first. One query."""
    names = set(user.groups.values_list("name", flat=True))
    return [role for role in Role if role.value in names]


def holds(user: User, *roles: Role) -> bool:
    """Say whether the account is active and holds one of the roles, asked afresh each time."""
    return user.is_active and user.groups.filter(name__in=[role.value for role in roles]).exists()


def with_roles_told(users: QuerySet[User]) -> QuerySet[User]:
    """Read along with accounts whether each holds any role at all, as `holds_any`."""
    groups = User.groups.through.objects.filter(user=OuterRef("pk"))
    named = groups.filter(group__name__in=[role.value for role in Role])
    return users.annotate(holds_any=Exists(named))


def needs_second_factor(user: User) -> bool:
    """Say whether the account may act only behind a second factor (design.md, section 10).

    What was read along with it counts, until a role is given or taken here or the account read anew.
    """
    if user.is_staff or user.is_superuser:
        return True
    told: bool | None = getattr(user, "holds_any", None)
    return holds(user, *Role) if told is None else user.is_active and told


def may_change_roles(by: User | None, user: User) -> Words | None:
    """Permit office managers, and nobody for themselves."""
    if by is None or not by.is_active or not (by.is_superuser or holds(by, Role.OFFICE_MANAGER)):
        return _("Only an office manager can do this.")
    if by.pk == user.pk:
        return _("Nobody changes their own roles: ask another office manager.")
    return None


def grant(user: User, *, role: Role, by: User, reason: str) -> None:
    """Give an account a role, with the reason; it acts on their next click. Raises Refused."""
    with transaction.atomic():
        held = _roles_to_change(user, role, by, reason)
        if role in held:
            raise Refused(_("They hold this role already."))
        user.groups.add(_group(role))
        _forget_what_was_told(user)
        _settle_staff(user, held | {role})
        record("stepchange.user.role_granted", user, by=by, reason=reason, facts={"role": role})


def withdraw(user: User, *, role: Role, by: User, reason: str) -> None:
    """Take a role from an account, with the reason; it acts on their next click. Raises Refused."""
    with transaction.atomic():
        held = _roles_to_change(user, role, by, reason)
        if role not in held:
            raise Refused(_("They do not hold this role."))
        user.groups.remove(_group(role))
        _forget_what_was_told(user)
        _settle_staff(user, held - {role})
        record("stepchange.user.role_withdrawn", user, by=by, reason=reason, facts={"role": role})


def _roles_to_change(user: User, role: Role, by: User, reason: str) -> set[Role]:
    """Lock the account and return its roles. Raises Refused."""
    permit(may_change_roles(by, user))
    if role not in GRANTED:
        raise Refused(_("This role comes with a seat: appoint the holder there."))
    require_reason(reason)
    User.objects.select_for_update().get(pk=user.pk)
    names = set(user.groups.values_list("name", flat=True))
    return {known for known in Role if known.value in names}


def _forget_what_was_told(user: User) -> None:
    """Have the next question about an account's roles asked afresh."""
    vars(user).pop("holds_any", None)
    vars(user).pop("held_roles", None)


def _group(role: Role) -> Any:
    from django.contrib.auth.models import Group

    return Group.objects.get(name=role.value)


def _settle_staff(user: User, roles: set[Role]) -> None:
    user.is_staff = user.is_superuser or any(role in OF_THE_OFFICE for role in roles)
    user.save(update_fields=["is_staff"])


def synchronise_groups(**_: Any) -> None:
    """Make the groups and their permissions what the table says; changes nothing else."""
    from django.contrib.auth.models import Group, Permission

    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in PERMISSIONS.items():
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[name] for name in names if name in known])
