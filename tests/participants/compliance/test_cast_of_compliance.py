"""The demonstration shows every standing, and conflicts that wait and were dismissed."""

from io import StringIO

import pytest
from django.core.management import call_command

from participants.cast_compliance import DECLARED_LONG_AGO
from participants.models import ConflictSuggestion, Declarant, RegisterHolder, Standing
from participants.policies.register import published_of
from stepchange import clock

pytestmark = pytest.mark.django_db


def test_every_standing_but_not_answered_is_there(loaded):
    roster = Declarant.objects.on_the_roster(clock.today()).with_standing(clock.today())
    stand = set(roster.values_list("standing", flat=True))

    assert stand >= {Standing.DECLARED, Standing.NIL, Standing.OVERDUE}
    assert roster.get(standing=Standing.OVERDUE).email == DECLARED_LONG_AGO


def test_the_record_of_the_demonstration_explains_every_row(loaded):
    """`make demo`, then `manage.py verify_audit`: what was made without its event is found here."""
    call_command("verify_audit", stdout=StringIO(), stderr=StringIO())


def test_suggestions_wait_and_one_was_dismissed(loaded):
    assert ConflictSuggestion.objects.waiting().count() >= 3
    assert ConflictSuggestion.objects.filter(state="dismissed").count() == 1


def test_the_register_publishes_some_interests_and_withholds_others(loaded):
    holders = list(RegisterHolder.objects.in_the_register(clock.today()))
    entries = [entry for said in published_of(holders).values() for entry in said.entries]

    assert {entry.party for entry in entries if not entry.withheld} >= {
        "Brindlewick Shopping Centres",
        "Ostrelle Bank",
    }
    assert any(entry.withheld for entry in entries)
