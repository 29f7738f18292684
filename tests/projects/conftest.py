"""The programme, as its fixture has it."""

from datetime import date

import pytest

from projects.loading import load_programme
from stepchange import clock
from workstreams.models import Call


@pytest.fixture
def programme(db) -> Call:
    """Load the Call to Action and return its call, which opened a week ago and has 17 days left."""
    load_programme()
    today = clock.today()
    Call.objects.update(
        opens_at=clock.start_of(date.fromordinal(today.toordinal() - 7)),
        closes_at=clock.end_of(date.fromordinal(today.toordinal() + 17)),
        delivery_on=date.fromordinal(today.toordinal() + 24),
    )
    return Call.objects.get()
