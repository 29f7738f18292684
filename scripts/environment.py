"""The virtual environments, made from the hash-locked requirements and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from scripts import debian
from scripts.processes import Command
from scripts.terminal import Refusal, run_as_command, say

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"  # a superset of the above, resolved with it
SHARED = ROOT / ".venv"  # `make run` and `make test` share one environment


def ensure(lock: Path, folder: Path = SHARED, base: str = sys.executable) -> Path:
    """Return the interpreter of the environment in `folder`, holding what `lock` lists.

    Needs the network only when the environment is new or the lock has changed.
    """
    python = folder / "bin" / "python"
    stamp = folder / "installed-locks"
    installed = stamp.read_text().split() if stamp.exists() else []
    if not _runs(python, "import pip"):
        _create(folder, base)
        installed = []
    if digest(lock) not in installed:
        _install(lock, python)
        stamp.write_text("\n".join(sorted({digest(lock), digest(RUNTIME)})) + "\n")
    return python


def main() -> int:
    """Have the development environment, for the commands that use nothing else."""
    ensure(DEVELOPMENT)
    return 0


def _create(folder: Path, base: str) -> None:
    """Make an empty environment, after Debian's package for making one where that is missing."""
    if not _runs(base, "import ensurepip, venv"):
        debian.install(["python3-venv"])
    say(f"Creating {folder.name} ...")
    if subprocess.run([base, "-m", "venv", "--clear", folder]).returncode:
        raise Refusal(f"Could not create {folder.name}; Python's reason is above.")


def _install(lock: Path, python: Path) -> None:
    say(f"Installing {lock.name} (a minute or so, this once) ...")
    pip: Command = [
        python,
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
        "--disable-pip-version-check",
    ]
    if subprocess.run([*pip, "--require-hashes", "-r", lock]).returncode:
        raise Refusal(
            f"Could not install {lock.name}; pip's reason is above. This once it needs the network."
        )


def _runs(python: Path | str, code: str) -> bool:
    """Say whether this interpreter is there and can do that."""
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def digest(lock: Path) -> str:
    """Return the digest by which a lock is known to be installed."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


if __name__ == "__main__":
    run_as_command(main)
