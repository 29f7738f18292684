"""The account of a session, read with whether it holds any role."""

import pytest
from django.contrib.auth.models import Group, Permission

from stepchange.authentication import AccountBackend
from stepchange.models import User
from stepchange.roles import Role, grant, needs_second_factor, withdraw
from tests.builders import make_user
from tests.office import make_holder

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_whoever_holds_a_role_needs_a_second_factor_and_it_costs_no_more(
    role, django_assert_num_queries
):
    holder, other, group = make_user(), make_user(), Group.objects.get(name=role.value)
    holder.groups.add(group)

    with django_assert_num_queries(2):
        told = [AccountBackend().get_user(user.pk) for user in (holder, other)]
        assert [needs_second_factor(user) for user in told] == [True, False]
    assert told == [holder, other]

    holder.groups.remove(group)
    assert not needs_second_factor(AccountBackend().get_user(holder.pk))


def test_a_role_given_or_taken_away_is_told_of_an_account_already_read():
    user, manager = make_user(), make_holder(Role.OFFICE_MANAGER)
    read = AccountBackend().get_user(user.pk)
    assert read is not None
    assert not needs_second_factor(read)

    grant(read, role=Role.BOARD, by=manager, reason="Elected")
    assert needs_second_factor(read)
    withdraw(read, role=Role.BOARD, by=manager, reason="Stood down")
    assert not needs_second_factor(read)

    read = AccountBackend().get_user(user.pk)
    assert read is not None
    grant(user, role=Role.BOARD, by=manager, reason="Elected")
    read.refresh_from_db()
    assert needs_second_factor(read)


def test_a_group_that_is_no_role_needs_none():
    user = make_user()
    user.groups.add(Group.objects.create(name="Choir"))

    assert not needs_second_factor(AccountBackend().get_user(user.pk))


def test_an_account_that_is_closed_or_gone_belongs_to_no_session():
    user = make_user(is_active=False)

    assert AccountBackend().get_user(user.pk) is None
    assert AccountBackend().get_user(User.objects.latest("pk").pk + 1) is None


def test_it_is_read_whole():
    user = User.objects.get(pk=make_user(name="Amina Thistlewood").pk)

    read = AccountBackend().get_user(user.pk)

    assert {
        name: value for name, value in vars(read).items() if name not in ("_state", "holds_any")
    } == {name: value for name, value in vars(user).items() if name != "_state"}


def test_what_an_account_may_do_comes_of_its_roles_alone(django_assert_num_queries):
    user, permission = make_user(), Permission.objects.get(codename="view_user")
    user.user_permissions.add(permission)

    with django_assert_num_queries(1):
        assert not user.has_perm("stepchange.view_user")

    user.groups.add(Group.objects.get(name=Role.OFFICE_MANAGER.value))
    assert User.objects.get(pk=user.pk).has_perm("stepchange.view_user")
