"""The roles an account can hold, each with the least it needs in the office's console.

The table is the truth: groups and their permissions follow it after each migration. Co-chairs and
deputies hold seats, which are rows with terms; everything else about who may do what is in `policies`.
"""

from enum import StrEnum
from typing import Any

from stepchange.models import User


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
    "workstreams.{verb}_seat",
    "workstreams.{verb}_term",
    "workstreams.{verb}_organisation",
    "projects.{verb}_project",
    "projects.{verb}_milestone",
)


def _each(*verbs: str) -> tuple[str, ...]:
    return tuple(pattern.format(verb=verb) for pattern in _PROGRAMME for verb in verbs)


PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.OFFICE_MANAGER: (
        *_each("view", "change", "add"),
        "participants.view_expressionofinterest",
        "communications.view_email",
        "communications.view_contactmessage",
        "stepchange.view_event",
        "stepchange.view_user",
    ),
    Role.CASEWORKER: (*_each("view"), "participants.view_expressionofinterest"),
    Role.COMMUNICATIONS_OFFICER: (
        *_each("view"),
        "communications.view_email",
        "communications.view_contactmessage",
    ),
    Role.AUDITOR: (*_each("view"), "stepchange.view_event", "communications.view_email"),
    Role.BOARD: (),
    Role.ETHICS_REVIEWER: (),
    Role.CO_CHAIR: (),
}


def holds(user: User, *roles: Role) -> bool:
    """Say whether the account is active and holds one of the roles, asked afresh each time."""
    return user.is_active and user.groups.filter(name__in=[role.value for role in roles]).exists()


def needs_second_factor(user: User) -> bool:
    """Say whether the account may act only behind a second factor (design.md, section 10)."""
    return user.is_staff or user.is_superuser or holds(user, *Role)


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
