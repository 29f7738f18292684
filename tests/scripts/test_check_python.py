import ast
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import check_python
from scripts.check_python import complaint


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_supported_pythons_pass(version):
    assert complaint(version) is None


def test_a_python_that_is_too_old_is_told_what_to_use_instead():
    assert complaint((3, 9)) == (
        "Python 3.9 is too old: Step-Change runs on Python 3.11, 3.12 or 3.13.\n"
        "If you have one of them, name it:  make run PYTHON=python3.11"
    )


def test_a_python_that_we_never_tried_is_refused_too():
    assert (complaint((3, 14)) or "").startswith("Python 3.14 is newer than any that we test")


def test_a_python_that_is_too_old_can_read_the_check():
    source = Path(check_python.__file__).read_text()

    ast.parse(source, feature_version=(3, 6))
    assert "import annotations" not in source


def test_the_check_fails_with_one_plain_message(tmp_path):
    source = Path(check_python.__file__).read_text().replace("OLDEST = (3, 11)", "OLDEST = (3, 99)")
    (tmp_path / "check.py").write_text(source)

    ran = subprocess.run(
        [sys.executable, tmp_path / "check.py"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert "is too old" in ran.stderr
    assert "Traceback" not in ran.stderr
