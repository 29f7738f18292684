"""Bring the demonstration's database and static files up to date, in one start of Django.

Run by the environment's interpreter, from `scripts.run`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    """Migrate, load the programme and the demonstration, collect what static files changed."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("load_programme")
    call_command("load_demonstration")
    collect_static_if_changed()


def collect_static_if_changed() -> None:
    """Collect and compress the static files, unless the sources are those of the last time."""
    stamp = settings.VAR / "static-sources"
    sources = _digest_of_sources()
    collected = Path(settings.STATIC_ROOT, "staticfiles.json").exists()
    if collected and stamp.exists() and stamp.read_text() == sources:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(sources)


def _digest_of_sources() -> str:
    """Return one digest of our own static files and of the lock, which fixes everybody else's."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(folder)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
