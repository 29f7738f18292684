import sys

import pytest

from scripts import interpreters

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def shim(tmp_path):
    """A program that has the name of a Python and is none, as pyenv's shims may be."""
    path = tmp_path / "python3.12"
    path.write_text("#!/bin/sh\necho 'python3.12: command not found' >&2\nexit 127\n")
    path.chmod(0o755)
    return path


def test_a_python_is_told_by_running_it(shim):
    assert interpreters.is_python(sys.executable, HERE)
    assert not interpreters.is_python(sys.executable, "3.99")
    assert not interpreters.is_python(str(shim), "3.12")
    assert not interpreters.is_python(str(shim.parent / "absent"), "3.12")


def test_the_pythons_found_are_those_not_running(monkeypatch):
    monkeypatch.setattr(interpreters, "candidates", lambda version: iter([f"/opt/{version}"]))
    monkeypatch.setattr(interpreters, "is_python", lambda path, version: True)

    found = dict(interpreters.others())

    assert found == {
        version: f"/opt/{version}" for version in ("3.11", "3.12", "3.13") if version != HERE
    }


def test_a_python_that_is_not_here_is_named(monkeypatch, capsys):
    monkeypatch.setattr(interpreters, "candidates", lambda version: iter([]))

    assert list(interpreters.others()) == []

    said = capsys.readouterr().out
    assert said.count("is not on this machine: not tested on it.") == 2


def test_a_python_of_pyenv_is_found(shim, tmp_path, monkeypatch):
    real = tmp_path / "versions" / "3.12.4" / "bin" / "python"
    real.parent.mkdir(parents=True)
    real.touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(shim.parent))

    assert list(interpreters.candidates("3.12")) == [str(shim), str(real)]
