"""A tick that accepts words: since when it stands, whoever sends it, and what a browser can't claim."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.http import QueryDict

from participants.forms.acceptance import (
    FIRST_VERSION,
    Acceptance,
    AcceptanceField,
    accepted_since,
)
from participants.texts import Statement

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
EARLIER = "2026-11 at 2026-11-02T08:00:00+00:00"
STATEMENT = Statement(version="2026-11", words="Words.", tick="I agree", missing="Tick to agree")


@pytest.mark.parametrize(
    ("kept", "sent", "stands"),
    [
        (None, "", ""),  # no tick
        (EARLIER, "", ""),  # taken away again
        (None, "2026-11", "2026-11 at 2026-11-23T09:30:00+00:00"),
        (EARLIER, "2026-11", EARLIER),  # saved again: it has stood since
        (EARLIER, EARLIER, EARLIER),  # the office shows what was kept
        (EARLIER, "2026-12", "2026-12 at 2026-11-23T09:30:00+00:00"),  # other words
        # Kept before the instant was: none is made up for it, so a save without a change is none.
        (True, FIRST_VERSION, FIRST_VERSION),
        (FIRST_VERSION, FIRST_VERSION, FIRST_VERSION),
        (True, "2026-12", "2026-12 at 2026-11-23T09:30:00+00:00"),
        ("2026-11 at nonsense", "2026-11", "2026-11 at 2026-11-23T09:30:00+00:00"),
        (None, "2026-11 at nonsense", ""),
        (None, "v" * 99, f"{'v' * 40} at 2026-11-23T09:30:00+00:00"),
    ],
)
def test_since_when_a_tick_stands(kept: Any, sent: Any, stands: str):
    with time_machine.travel(NOW, tick=False):
        since = accepted_since({"voluntary": kept}, "voluntary", sent)

    assert since == stands
    with time_machine.travel(NOW.replace(hour=18), tick=False):
        again = Acceptance.read(since) if since else None
        assert accepted_since({"voluntary": since}, "voluntary", again and again.version) == since


@pytest.mark.parametrize("claimed", ["2026-11", EARLIER, "2026-11 at 1999-01-01T00:00:00+00:00"])
def test_a_browser_says_which_words_it_showed_and_never_since_when(claimed: str):
    box = AcceptanceField(STATEMENT).widget
    sent = QueryDict(mutable=True)
    sent["voluntary"] = claimed

    assert box.value_from_datadict(sent, {}, "voluntary") == "2026-11"
    assert box.value_from_datadict({"voluntary": claimed}, {}, "voluntary") == claimed  # as kept
    assert box.value_from_datadict(QueryDict(), {}, "voluntary") == ""
