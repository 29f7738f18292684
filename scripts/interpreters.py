"""The other Pythons of this machine that the portal promises to run on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.check_python import NEWEST, OLDEST
from scripts.terminal import say


def others() -> Iterator[tuple[str, str]]:
    """Yield (version, path) of each other supported Python here, and say which are not."""
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        version = f"3.{minor}"
        if minor == sys.version_info.minor:
            continue
        found = next(filter(lambda path: is_python(path, version), candidates(version)), None)
        if found:
            yield version, found
        else:
            say(f"\nPython {version} is not on this machine: not tested on it.")


def candidates(version: str) -> Iterator[str]:
    """Yield where that Python may be: on the path, or among pyenv's versions."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))


def is_python(path: str, version: str) -> bool:
    """Say whether the program runs and is that version: a shim of pyenv may do neither."""
    code = "import ensurepip, sqlite3, ssl, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ran = subprocess.run([path, "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return ran.returncode == 0 and ran.stdout.strip() == version
