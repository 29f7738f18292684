import os
import re
import sys
import threading
import time

import pytest

from scripts import processes, services, test
from scripts.terminal import Refusal
from scripts.test import Tally, Tier, counted, run_all

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture
def report(tmp_path):
    def write(*, tests=0, failures=0, errors=0, skipped=0):
        path = tmp_path / "report.xml"
        path.write_text(REPORT.format(tests, failures, errors, skipped))
        return path

    return write


def test_a_good_run_is_counted(report):
    assert counted(report(tests=12), status=0) == Tally(passed=12)


def test_failures_errors_and_skips_are_told_apart_from_passes(report):
    tally = counted(report(tests=12, failures=2, errors=1, skipped=3), status=1)

    assert tally == Tally(passed=6, failed=3, skipped=3)


def test_a_run_that_ended_badly_without_a_failed_test_still_fails(report, tmp_path):
    assert counted(report(tests=5), status=2) == Tally(passed=5, failed=1)
    assert counted(tmp_path / "none.xml", status=4) == Tally(failed=1)


def test_a_tier_that_chose_no_test_fails(report):
    no_tests_collected = 5

    assert counted(report(), status=no_tests_collected) == Tally(failed=1)


def test_the_last_line_is_one_that_a_machine_reads():
    assert str(Tally(3, 1) + Tally(4, 0)) == "7 passed, 1 failed"
    assert str(Tally(3, 0, 2)) == "3 passed, 0 failed, 2 skipped"


def test_the_suite_does_not_see_the_portal_that_the_shell_is_set_up_for(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://the-real-one/portal")
    monkeypatch.setenv("STEPCHANGE_MODE", "production")

    variables = test.suite_environment(PUBLIC_URL="http://localhost")

    assert "DATABASE_URL" not in variables
    assert variables["STEPCHANGE_MODE"] == "test"
    assert variables["PUBLIC_URL"] == "http://localhost"


def test_what_is_missing_is_told_all_at_once(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(services, "postgresql_programs", lambda: None)
    monkeypatch.setattr(test.shutil, "which", lambda program: None)

    with pytest.raises(Refusal) as refused:
        test.install_what_is_missing()

    assert str(refused.value).endswith(
        "sudo apt-get install redis-server chromium default-jre-headless npm postgresql"
    )


def refuse():
    raise Refusal("No network, no packages.")


def test_a_tier_that_cannot_run_fails_and_the_next_one_runs(capsys):
    tiers = [Tier("on Python 3.12", refuse), Tier("on SQLite", lambda: Tally(passed=5))]

    assert run_all(tiers) == Tally(passed=5, failed=1)

    said = capsys.readouterr().out
    assert "No network, no packages." in said
    assert "s  on Python 3.12: 0 passed, 1 failed\n" in said
    assert "s  on SQLite: 5 passed, 0 failed\n" in said


def test_only_the_tiers_asked_for_run(capsys):
    tiers = [Tier("browser", lambda: Tally(passed=3)), Tier("lint", refuse)]

    assert run_all(tiers, wanted="brow") == Tally(passed=3)
    assert run_all(tiers, wanted="nothing") == Tally()

    assert "No tier has 'nothing' in its name." in capsys.readouterr().out


def test_two_run_side_by_side_and_are_counted_together(capsys):
    both = threading.Barrier(2, timeout=10)

    def meet():
        both.wait()  # broken, and raising, unless the other runs at the same time
        return Tally(passed=1)

    assert run_all([Tier("left", meet), Tier("right", meet)]) == Tally(passed=2)


def test_whoever_interrupts_one_interrupts_the_other_and_what_it_runs_and_begins_no_more(capsys):
    started = threading.Event()

    def run_long():
        started.set()
        status = processes.run([sys.executable, "-c", "import time; time.sleep(60)"])
        return Tally(failed=1 if status else 0)

    def interrupted():
        started.wait(10)
        raise KeyboardInterrupt

    tiers = [Tier("left", interrupted), Tier("right", run_long), Tier("never", refuse)]
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all(tiers, at_once=2)

    assert time.monotonic() - began < 30
    assert "No network" not in capsys.readouterr().out


def test_a_suite_says_what_its_tests_said_and_keeps_to_a_folder_of_its_own(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(test, "REPORTS", tmp_path)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "var is $STEPCHANGE_VAR, queue $REDIS_URL"; exit 5\n')
    python.chmod(0o755)

    tally = test.suite("Tests of this", python, {"PATH": os.environ["PATH"]}, "database")

    assert tally == Tally(failed=1)
    assert f"var is {tmp_path}/tests-of-this/var, queue redis://" in capsys.readouterr().out


def test_only_the_newest_of_the_other_pythons_runs_the_whole_suite(monkeypatch, tmp_path):
    others = [("3.12", "/opt/3.12"), ("3.13", "/opt/3.13")]
    monkeypatch.setattr(test.interpreters, "others", lambda: iter(others))

    chosen = {
        tier.name: tier.run.args[-1]
        for tier in test.on_sqlite(tmp_path)
        if "on Python" in tier.name
    }

    everything = "not browser and not postgresql and not once"
    assert chosen == {
        "quick tests on Python 3.12 and SQLite": f"{everything} and not database",
        "tests on Python 3.13 and SQLite": everything,
    }


@pytest.mark.parametrize(("others", "runs"), [([], True), ([("3.13", "/opt/3.13")], False)])
def test_this_python_runs_sqlite_whole_when_no_other_does(monkeypatch, tmp_path, others, runs):
    monkeypatch.setattr(test.interpreters, "others", lambda: iter(others))

    names = [tier.name for tier in test.on_sqlite(tmp_path)]

    assert ("tests of the database on SQLite" in names) is runs


def test_every_test_is_in_one_tier_of_production_s_database(tmp_path):
    tiers = {tier.name: tier.run.args for tier in test.tiers(tmp_path, "postgres://x@h:1/postgres")}
    ours = {name: tier for name, tier in tiers.items() if name.endswith("on PostgreSQL")}
    everything, *left_out = ours.pop("tests on PostgreSQL")[-1]
    others = [folder for tier in ours.values() for folder in tier[-1]]

    assert everything == "tests"
    assert sorted(left_out) == sorted(f"--ignore={folder}" for folder in others)
    assert all((test.ROOT / folder).is_dir() for folder in others)
    own = {tier[2]["DATABASE_URL"] for name, tier in tiers.items() if name.endswith("PostgreSQL")}
    assert len(own) == len(ours) + 1


def test_every_test_of_a_browser_is_where_the_browser_s_tiers_look():
    drives = re.compile(r"\bplaywright\b|mark\.browser")
    found = {
        path for path in (test.ROOT / "tests").rglob("*.py") if drives.search(path.read_text())
    }
    journeys = [test.ROOT / folder for folder in test.JOURNEYS]

    elsewhere = {path for path in found if not {*path.parents} & {*journeys}}
    assert elsewhere == set()
