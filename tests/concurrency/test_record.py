"""Many write the record at once: one unbroken chain, and nobody waits for the slowest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from stepchange import audit, events
from stepchange.models import Event, Seal, Unsealed
from tests.builders import make_user


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
class TestConcurrentWriters:
    WRITERS, EACH = 8, 25

    def run_all(self, *workers) -> None:
        """Run each worker in a thread of its own, with a connection of its own."""
        failures: list[BaseException] = []

        def guarded(worker) -> None:
            try:
                worker()
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=guarded, args=[worker]) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert failures == []

    def test_they_keep_one_unbroken_chain(self):
        user = make_user()
        rolled_back = [0] * self.WRITERS

        def writer(number: int):
            def write_each() -> None:
                for turn in range(self.EACH):
                    try:
                        with transaction.atomic():
                            events.record(
                                "test.thing.done", user, by=user, facts={"w": number, "t": turn}
                            )
                            if (number + turn) % 10 == 0:
                                time.sleep(0.05)
                            if (number + turn) % 5 == 0:
                                rolled_back[number] += 1
                                raise InterruptedError
                    except InterruptedError:
                        pass

            return write_each

        self.run_all(*map(writer, range(self.WRITERS)))

        expected = self.WRITERS * self.EACH - sum(rolled_back)
        assert 0 < sum(rolled_back) < expected
        # No sweep has run: whoever held the pen took in what was committed meanwhile.
        assert audit.verify() == audit.Verdict(sealed=expected, anchored=expected)
        assert Event.objects.count() == expected

    def test_nobody_waits_for_the_slowest(self):
        user = make_user()
        slow_began, others_done = threading.Event(), threading.Event()
        order: list[str] = []

        def slowest() -> None:
            with transaction.atomic():
                events.record("test.thing.done", user, by=user, facts={"who": "slowest"})
                slow_began.set()
                # It ends only once all the others have: had one to wait for it, none would.
                assert others_done.wait(timeout=60)
            order.append("slowest")

        def quick() -> None:
            assert slow_began.wait(timeout=60)
            for turn in range(self.EACH):
                with transaction.atomic():
                    events.record("test.thing.done", user, by=user, facts={"turn": turn})
            order.append("quick")
            if order.count("quick") == self.WRITERS - 1:
                others_done.set()

        self.run_all(slowest, *[quick] * (self.WRITERS - 1))

        assert order == ["quick"] * (self.WRITERS - 1) + ["slowest"]
        total = (self.WRITERS - 1) * self.EACH + 1
        assert audit.verify() == audit.Verdict(sealed=total, anchored=total)
        assert Seal.objects.get(event__facts__who="slowest").sequence == total

    def test_no_writer_waits_for_a_sealer_that_is_stuck(self):
        user = make_user()
        pen_taken, written = threading.Event(), threading.Event()

        def stuck_sealer() -> None:
            with transaction.atomic():
                assert audit._take_pen()
                pen_taken.set()
                assert written.wait(timeout=60)

        def writer() -> None:
            assert pen_taken.wait(timeout=60)
            with transaction.atomic():
                events.record("test.thing.done", user, by=user)
            written.set()

        self.run_all(stuck_sealer, writer)

        assert (Unsealed.objects.count(), audit.seal()) == (1, 1)

    def test_what_is_committed_while_another_seals_is_taken_in_by_that_other(self, monkeypatch):
        user, written = make_user(), threading.Event()
        link: Callable[..., str] = audit.link

        def write() -> None:
            with transaction.atomic():
                events.record("test.thing.done", user, by=user, facts={"who": "late"})
            connection.close()

        def link_while_another_writes(*arguments: Any) -> str:
            if not written.is_set():
                written.set()
                late = threading.Thread(target=write)
                late.start()
                late.join(timeout=60)
            return link(*arguments)

        monkeypatch.setattr(audit, "link", link_while_another_writes)
        with transaction.atomic():
            events.record("test.thing.done", user, by=user, facts={"who": "first"})

        assert Unsealed.objects.count() == 0
        assert Seal.objects.get(event__facts__who="late").sequence == 2
