"""Debian packages: installed when we may, else named in the one line that installs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from scripts.terminal import Refusal, say

WAIT_FOR_LOCK = ("-o", "DPkg::Lock::Timeout=300")


def install(packages: Sequence[str]) -> None:
    """Install the packages as root; anybody else is told the line to run."""
    names = " ".join(packages)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Refusal(f"Missing: {names}. Install with:\n  sudo apt-get install {names}")
    say(f"Installing Debian packages: {names}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    update = ["apt-get", *WAIT_FOR_LOCK, "update", "-qq"]
    add = ["apt-get", *WAIT_FOR_LOCK, "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (update, add):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
            raise Refusal(f"Could not install {names}; apt-get's reason is above.")
