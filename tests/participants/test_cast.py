"""The demonstration: a complete cast, and dates around today."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from participants.cast import load_demonstration
from projects.loading import read_fixture
from projects.models import Milestone, Project
from stepchange import clock
from stepchange.configuration import Mode
from stepchange.models import User
from stepchange.roles import needs_second_factor
from workstreams.models import Call, Organisation, Seat, Term

pytestmark = pytest.mark.django_db


def test_the_call_opened_a_week_ago_and_closes_24_days_after_it_opened(loaded):
    call = Call.objects.get()
    opened = call.opens_at.astimezone(clock.UK).date()

    assert opened == clock.today() - timedelta(days=7)
    assert clock.last_day_before(call.closes_at) == opened + timedelta(days=24)
    assert call.delivery_on == opened + timedelta(days=31)
    assert call.is_rolling
    assert call.is_open(clock.now())
    assert call.days_left(clock.now()) == 17


def test_milestones_move_with_the_call(loaded):
    opened = clock.today() - timedelta(days=7)

    assert [
        (each.slug, each.due_on, each.has_moved, each.state) for each in Milestone.objects.all()
    ] == [
        ("office-established", opened - timedelta(days=8), False, "met"),
        ("projects-shared", opened - timedelta(days=8), False, "met"),
        ("call-sent", opened, False, "met"),
        ("delivery-commences", opened + timedelta(days=31), False, "planned"),
    ]


def test_a_second_run_changes_nothing_not_even_on_another_day(loaded):
    before = list(Call.objects.values()), list(Milestone.objects.values()), User.objects.count()

    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert load_demonstration() is False

    assert before == (
        list(Call.objects.values()),
        list(Milestone.objects.values()),
        User.objects.count(),
    )


def test_everybody_signs_in_with_the_one_password(loaded):
    password = read_fixture("demonstration")["password"]

    assert User.objects.count() == 58
    for address in ("office@stepchange.example", "volunteer40@stepchange.example"):
        assert authenticate(email=address, password=password) is not None


def test_whoever_needs_a_second_factor_has_one(loaded):
    for user in User.objects.all():
        assert is_mfa_enabled(user) == needs_second_factor(user), user.email


def test_each_work_stream_has_both_co_chairs_in_seat(loaded):
    held = Term.objects.on(clock.today()).filter(seat__kind=Seat.Kind.CO_CHAIR)

    assert held.count() == 10
    assert set(held.values_list("seat__side", flat=True)) == {"business", "police"}
    assert Organisation.objects.exclude(state="published").count() == 0


def test_what_projects_need_is_invented_only_here(loaded):
    assert Project.objects.filter(places__isnull=True).count() == 0
    assert Project.objects.filter(needs="").count() == 0


def test_production_is_refused(settings):
    settings.MODE = Mode.PRODUCTION

    with pytest.raises(RuntimeError, match="never loaded in production"):
        load_demonstration()


def test_the_shared_code_is_told_only_in_the_demonstration(settings, capsys):
    settings.IS_DEMONSTRATION = False
    with pytest.raises(CommandError, match="Only the demonstration"):
        call_command("demo_code")

    settings.IS_DEMONSTRATION = True
    call_command("demo_code")
    assert len(capsys.readouterr().out.strip()) == 6
