"""A save that was under way while the form was withdrawn or submitted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from participants import workflow
from participants.models import ExpressionOfInterest
from stepchange.transitions import Refused
from tests.builders import make_submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> ExpressionOfInterest:
    return make_submitted()


def test_of_a_form_withdrawn_meanwhile_no_more_is_kept(sent):
    sent.pages.filter(page="updates").delete()
    as_read = ExpressionOfInterest.objects.get(pk=sent.pk)
    workflow.withdraw(sent, by=sent.person.user)

    with pytest.raises(Refused):
        workflow.save_page(as_read, "updates", {"campaigns": True}, revision=0, seen={})

    assert not sent.pages.filter(page="updates").exists()


def test_what_was_saved_before_the_withdrawal_stays_with_the_form(sent):
    as_read = ExpressionOfInterest.objects.get(pk=sent.pk)
    workflow.withdraw(sent, by=sent.person.user)

    with pytest.raises(Refused):
        workflow.save_page(as_read, "updates", {"campaigns": True}, revision=0, seen={})

    assert sent.pages.get(page="updates").answers == {"campaigns": False}


@pytest.mark.parametrize("seconds", [-1, 0, 1, 29])
def test_a_save_that_landed_after_the_form_was_read_is_a_change(sent, seconds):
    """It was stamped before the submission was received, and committed after its pages were read."""
    snapshot = sent.snapshots.get()
    row = sent.pages.get(page="experience")
    row.answers, row.saved_at = (
        {"experience": "More."},
        snapshot.taken_at - timedelta(seconds=seconds),
    )
    row.save()

    assert workflow.has_unsubmitted_changes(sent.person.user, sent)


def test_what_was_saved_just_before_and_submitted_is_none(sent):
    sent.pages.update(saved_at=sent.snapshots.get().taken_at - timedelta(seconds=5))

    assert not workflow.has_unsubmitted_changes(sent.person.user, sent)
