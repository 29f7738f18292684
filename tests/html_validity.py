"""Asks the Nu HTML checker, the W3C's own, what is wrong with pages: `assert not problems(html)`.

Starting Java takes most of the time, so a test of many pages asks once, with `problems_of`.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKER = Path(__file__).parent / "html_checker/node_modules/vnu-jar/build/dist/vnu.jar"
JAVA = ("java", "-Xss1m", "-XX:+UseSerialGC", "-jar")
OPTIONS = ("--format", "json", "--stdout", "--exit-zero-always", "--no-langdetect")


def problems(html: str) -> list[str]:
    """Return the errors and warnings of one page, each as one line; none if it is valid."""
    return problems_of({"page": html}).get("page", [])


def problems_of(pages: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the errors and warnings of each page that has any; pages are HTML by any name."""
    with tempfile.TemporaryDirectory() as folder:
        names = {f"{number}.html": name for number, name in enumerate(pages)}
        for file, name in names.items():
            (Path(folder) / file).write_text(pages[name], encoding="utf-8")
        found: dict[str, list[str]] = {}
        for message in _messages(Path(folder)):
            if message["type"] != "info" or message.get("subType") == "warning":
                name = names[Path(message["url"]).name]
                found.setdefault(name, []).append(_one_line(message))
        return found


def _messages(folder: Path) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [*JAVA, CHECKER, *OPTIONS, "--html", folder], capture_output=True, text=True, check=False
    )
    if ran.returncode or not ran.stdout:
        raise RuntimeError(f"The HTML checker did not run ({CHECKER.name}): {ran.stderr.strip()}")
    messages: list[dict[str, Any]] = json.loads(ran.stdout)["messages"]
    return messages


def _one_line(message: Mapping[str, Any]) -> str:
    extract = " ".join(str(message.get("extract", "")).split())
    return f"line {message.get('lastLine', '?')}: {message['message']} ({extract})"
