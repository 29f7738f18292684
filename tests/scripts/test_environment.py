import os
import re
import subprocess

import pytest

from scripts import debian, environment
from scripts.terminal import Refusal


@pytest.fixture
def lock(tmp_path):
    """A lock that asks for nothing, so that it installs without the network."""
    path = tmp_path / "requirements.txt"
    path.write_text("# nothing\n")
    return path


@pytest.fixture
def python_without_venv(tmp_path):
    """Stand in for Debian's Python without python3-venv: it can make no environment."""
    path = tmp_path / "python3"
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    return path


def test_the_environment_is_made_once_and_then_left_alone(lock, tmp_path, monkeypatch):
    folder = tmp_path / "environment"

    python = environment.ensure(lock, folder)

    assert subprocess.run([python, "-c", "import pip"], check=False).returncode == 0
    monkeypatch.setattr(environment, "_create", lambda *_: pytest.fail("made again"))
    monkeypatch.setattr(environment, "_install", lambda *_: pytest.fail("installed again"))
    assert environment.ensure(lock, folder) == python


def test_a_changed_lock_is_installed(lock, tmp_path, monkeypatch):
    folder = tmp_path / "environment"
    environment.ensure(lock, folder)
    lock.write_text("# nothing, put otherwise\n")
    installed = []
    monkeypatch.setattr(environment, "_install", lambda lock, _python: installed.append(lock))

    environment.ensure(lock, folder)
    environment.ensure(lock, folder)

    assert installed == [lock]


def test_a_lock_that_cannot_be_installed_leaves_no_stamp(lock, tmp_path):
    folder = tmp_path / "environment"
    lock.write_text("no-hash-no-install==1.0\n")

    with pytest.raises(Refusal, match=r"Could not install requirements\.txt"):
        environment.ensure(lock, folder)

    assert not (folder / "installed-locks").exists()


def test_a_missing_venv_is_told_in_one_line_to_who_may_not_install(
    lock, tmp_path, python_without_venv, monkeypatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(Refusal) as refused:
        environment.ensure(lock, tmp_path / "environment", str(python_without_venv))

    assert str(refused.value) == (
        "Missing: python3-venv. Install with:\n  sudo apt-get install python3-venv"
    )


def test_a_missing_venv_is_installed_by_root(lock, tmp_path, python_without_venv, monkeypatch):
    installed = []
    monkeypatch.setattr(debian, "install", installed.append)

    with pytest.raises(Refusal, match="Could not create environment"):  # by a stand-in
        environment.ensure(lock, tmp_path / "environment", str(python_without_venv))

    assert installed == [["python3-venv"]]


def test_the_development_lock_holds_all_of_the_runtime_lock():
    def pins(path):
        return set(re.findall(r"^([a-z0-9.-]+==[^ ;\\]+)", path.read_text(), re.MULTILINE))

    assert len(pins(environment.RUNTIME)) > 30
    assert pins(environment.RUNTIME) <= pins(environment.DEVELOPMENT)
