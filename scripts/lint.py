"""`make lint`: every check that reads the source and runs nothing of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from scripts import environment, processes
from scripts.environment import ROOT
from scripts.processes import Command
from scripts.terminal import run_as_command, say

# What production asks for; `check` connects to none of it.
PRODUCTION = {
    "STEPCHANGE_MODE": "production",
    "SECRET_KEY": "only-for-the-deployment-check-0123456789-abcdefghijklmnopqrstuvwxyz",
    "FIELD_KEYS": "b25seS1mb3ItdGhlLWRlcGxveW1lbnQtY2hlY2shISE=",
    "DATABASE_URL": "postgres://portal:secret@database:5432/portal",
    "REDIS_URL": "redis://queue:6379/0",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example:587",
    "EMAIL_FROM": "Step-Change office <office@portal.example>",
    "OFFICE_EMAIL": "office@portal.example",
    "PUBLIC_URL": "https://portal.example",
    "ALLOWED_HOSTS": "portal.example",
    "TRUSTED_PROXIES": "",
}
TEST = {"STEPCHANGE_MODE": "test"}


def checks(python: Path) -> dict[str, tuple[Command, dict[str, str]]]:
    """Return every check by name: its command, and what it sets in the environment."""
    tools = python.parent
    manage: Command = [python, "manage.py"]
    compose = ["--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    return {
        "style": ([tools / "ruff", "check", "--output-format", "concise", "."], {}),
        "format": ([tools / "ruff", "format", "--check", "--output-format", "concise", "."], {}),
        "types": ([tools / "mypy", "."], TEST),
        "imports": ([tools / "lint-imports"], TEST),
        "templates": ([tools / "djlint", "templates", "--lint", "--quiet"], {}),
        "migrations": ([*manage, "makemigrations", "--check", "--dry-run"], TEST),
        "deployment": ([*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        "compose file": ([tools / "check-jsonschema", *compose], {}),
        "Dockerfile": ([tools / "hadolint", "Dockerfile"], {}),
    }


def failures(python: Path) -> list[str]:
    """Run every check and return the names of those that found something."""
    failed = []
    for name, (command, extra) in checks(python).items():
        started = time.monotonic()
        status = processes.run(command, environment=os.environ | extra)
        say(f"  {'ok  ' if status == 0 else 'FAIL'}  {name} ({time.monotonic() - started:.1f} s)")
        if status:
            failed.append(name)
    return failed


def main() -> int:
    """Run every check; the exit status is that of the worst."""
    os.chdir(ROOT)
    return 1 if failures(environment.ensure(environment.DEVELOPMENT)) else 0


if __name__ == "__main__":
    run_as_command(main)
