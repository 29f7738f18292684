"""The ledger among failing machines, on both brokers: 0 lost, 0 doubled, what is uncertain listed.

Real worker processes, a real mail server, real kills. The last test puts a naive design through the
same: it loses and doubles, so the harness can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import pytest

from communications import doorbell
from communications.models import Email
from stepchange import clock
from tests.communications.cast import make_participant, submit
from tests.communications.machinery import BROKERS, Machinery, machinery, wait_until
from tests.communications.sink import DROP, SILENCE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("referees_not_written_to"),
]

SETTLED = {"sent", "failed", "uncertain"}


@pytest.fixture(scope="module", params=BROKERS)
def shared(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machinery]:
    """Share a broker, a mail server and two workers among the tests of each broker."""
    with machinery(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def machines(shared: Machinery, transactional_db, monkeypatch, settings) -> Machinery:
    """Yield them well and idle, and ring for real."""
    shared.sink.forget()
    settings.LEDGER_JOURNAL = shared.folder / "ledger"
    monkeypatch.setattr(doorbell, "celery_app", shared.application())
    if not shared.workers:
        shared.start(2)
    return shared


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> None:
    """Ring for real here."""
    monkeypatch.setattr(doorbell, "_broken_until", None)


def states() -> Counter[str]:
    return Counter(Email.objects.values_list("state", flat=True))


def accepted(machines: Machinery) -> Counter[str]:
    """Return how often the mail server accepted each row's message."""
    return Counter(str(letter["Message-ID"]) for letter in machines.sink.letters)


def assert_none_lost_none_doubled(machines: Machinery, count: int) -> None:
    """Assert that each row is settled, and that what it says is what the mail server knows."""
    kept = accepted(machines)
    assert max(kept.values(), default=0) <= 1
    assert sum(states().values()) == count
    for email in Email.objects.all():
        assert email.state in SETTLED
        known = {"sent": {1}, "failed": {0}, "uncertain": {0, 1}}[email.state]
        assert kept[email.message_id] in known, (email.state, email.why)


def arrival_of(machines: Machinery, number: int) -> float:
    """Wait until so many letters were accepted, and return for how long."""
    return wait_until(lambda: len(machines.sink.letters) >= number, 20)


def all_settled() -> bool:
    return set(states()) <= SETTLED


def test_a_receipt_is_on_its_way_within_five_seconds_at_the_median(machines: Machinery):
    took = []
    for number in range(1, 8):
        submit(make_participant())
        took.append(arrival_of(machines, number))
    assert median(took) < 5, took
    wait_until(all_settled, 10)
    assert_none_lost_none_doubled(machines, 7)


def test_every_ring_delivered_many_times_to_two_workers_sends_each_once(machines: Machinery):
    machines.sink.pause_at_dot = 0.05
    for _ in range(8):
        submit(make_participant())
        for _again in range(3):
            doorbell.ring()
    wait_until(lambda: states() == {"sent": 8}, 30)
    assert_none_lost_none_doubled(machines, 8)


def test_what_the_broker_lost_goes_out_with_the_next_sweep(machines: Machinery):
    machines.pause(on=True)
    for _ in range(5):
        submit(make_participant())
    machines.empty_the_broker()
    machines.pause(on=False)
    doorbell.ring()  # as the schedule does every five seconds
    wait_until(lambda: states() == {"sent": 5}, 30)
    assert_none_lost_none_doubled(machines, 5)


CASES = {
    "busy": (("recipient", "421 Busy"), "sent"),
    "greylisted": (("recipient", "450 Greylisted"), "sent"),
    "unknown": (("recipient", "550 Nobody here"), "failed"),
    "gone": (("recipient", DROP), "sent"),
    "silent": (("recipient", SILENCE), "sent"),
    "later": (("dot", "451 Later"), "sent"),
    "refused": (("dot", "550 Refused"), "failed"),
    "gone-with-it": (("dot", DROP), "uncertain"),
    "silent-with-it": (("dot", SILENCE), "uncertain"),
    "good": (("", ""), "sent"),
}


def _each_was_met() -> bool:
    """Say whether each row met what waited for it there.

    What was put off unmet, with others of its connection, is sent again.
    """
    # In this order: a row that is put off between the two questions is seen by the second.
    are_idle = set(states()) <= SETTLED | {"delayed"} and sum(states().values()) == len(CASES)
    met = [f"{name}@users.example" for name, (_does, ends) in CASES.items() if ends == "sent"]
    put_off = Email.objects.filter(state="delayed").exclude(address__in=met)
    if put_off.update(due_at=clock.now()):
        doorbell.ring()
        return False
    return are_idle


def test_whatever_the_mail_server_does_each_row_ends_as_it_must(machines: Machinery):
    for name, (behaviour, _state) in CASES.items():
        machines.sink.recipients_at[f"{name}@users.example"] = behaviour
        person = make_participant(f"{name}@users.example")
        machines.pause(on=True)
        submit(person)
    machines.pause(on=False)
    doorbell.ring()
    wait_until(_each_was_met, 40)
    machines.sink.behave()
    Email.objects.filter(state="delayed").update(due_at=clock.now())
    doorbell.ring()
    wait_until(all_settled, 30)
    found = {email.address.partition("@")[0]: email.state for email in Email.objects.all()}
    assert found == {name: state for name, (_, state) in CASES.items()}
    assert_none_lost_none_doubled(machines, len(CASES))


def test_workers_killed_in_the_middle_and_their_broker_emptied(machines: Machinery):
    machines.sink.pause_at_dot = 0.03
    machines.pause(on=True)
    for _ in range(20):
        submit(make_participant())
    machines.pause(on=False)
    doorbell.ring()
    wait_until(lambda: len(machines.sink.letters) > 5, 30)
    machines.kill()
    machines.empty_the_broker()
    assert set(states()) - SETTLED, "they had finished before they were killed"
    machines.start()
    past = clock.now() - timedelta(minutes=10)
    Email.objects.filter(state__in=["claimed", "sending"]).update(claimed_at=past)
    doorbell.ring()
    wait_until(all_settled, 60)
    assert_none_lost_none_doubled(machines, 20)
    assert states()["uncertain"] <= 4  # one a thread
    assert states()["sent"] >= 16


def test_a_naive_design_loses_and_doubles_in_the_same_machinery(machines: Machinery):
    machines.kill()
    app = machines.application("naive", task_default_queue="naive")
    rows = [
        Email.objects.create(
            notice="naive",
            subject_key=str(number),
            recipient_key="x",
            heading=f"Letter {number}",
            address=f"{number}@users.example",
        )
        for number in range(12)
    ]

    def ask(email: Email, times: int = 1) -> None:
        for _ in range(times):
            app.send_task("naive.send", args=[email.pk], queue="naive")

    lost, twice, dropped = rows[:4], rows[4:8], rows[8:]
    for email in lost:
        ask(email)
    machines.empty_the_broker()
    machines.sink.pause_at_dot = (
        0.5  # half of what a worker waits: long enough for both to be at it
    )
    for email in twice:
        ask(email, times=2)
    for email in dropped:
        machines.sink.recipients_at[email.address] = ("dot", DROP)
        ask(email)
    machines.start(1, app="tests.communications.naive")
    wait_until(lambda: {email.address for email in dropped} <= set(machines.sink.recipients), 30)
    machines.sink.recipients_at.clear()
    wait_until(lambda: Email.objects.filter(state="sent").count() == 8, 30)
    kept = Counter(machines.sink.recipients)
    machines.kill()
    assert [kept[email.address] for email in lost] == [0] * 4
    assert max(kept[email.address] for email in twice) > 1
    assert max(kept[email.address] for email in dropped) > 1
    with pytest.raises(AssertionError):
        assert_none_lost_none_doubled(machines, 12)
