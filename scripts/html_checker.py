"""Installs the Nu HTML checker, which `tests/html_validity.py` asks, as its lock names it."""

from __future__ import annotations

import subprocess

from scripts.environment import ROOT, digest
from scripts.processes import Command
from scripts.terminal import Refusal, say

FOLDER = ROOT / "tests" / "html_checker"
LOCK = FOLDER / "package-lock.json"
STAMP = FOLDER / "node_modules" / ".installed-lock"


def ensure() -> None:
    """Have the checker in place; needs the network once, and when the lock has changed."""
    if STAMP.exists() and STAMP.read_text() == digest(LOCK):
        return
    say("Installing the HTML checker (30 MB, this once) ...")
    # Its install script would fetch a Java of its own; ours is Debian's.
    npm: Command = [
        "npm",
        "ci",
        "--prefix",
        FOLDER,
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ]
    if subprocess.run(npm).returncode:
        raise Refusal("Could not install the HTML checker; npm's reason is above.")
    STAMP.write_text(digest(LOCK))
