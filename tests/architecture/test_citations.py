"""The decision records that the source and the documents cite exist, under that number and name."""

import re

from tests.architecture.source import APPS, ROOT

DECISIONS = {path.name for path in (ROOT / "docs/decisions").glob("*.md")}
NUMBERS = {int(name[:4]) for name in DECISIONS}
ABOUT_RESTORES = 14


def cited() -> list[tuple[str, str]]:
    found = []
    folders = [*APPS, "scripts", "tests", "benchmarks", "docs", "frontend"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in [*files, *ROOT.glob("*.md"), *ROOT.glob("*.toml")]:
        if path.suffix in {".py", ".md", ".toml", ".scss"} and "node_modules" not in path.parts:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text()))
    return found


def test_every_decision_that_is_cited_exists():
    wrong = [
        (place, name)
        for place, text in cited()
        for name in re.findall(r"\b\d{4}-[a-z][a-z0-9-]+\.md\b", text)
        if name not in DECISIONS
    ]
    unknown = [
        (place, number)
        for place, text in cited()
        for number in re.findall(r"\bdecision (\d+)\b", text)
        if int(number) not in NUMBERS
    ]

    assert wrong == []
    assert unknown == []


def test_what_is_said_of_restores_is_where_it_is_cited():
    text = (ROOT / "stepchange/settings.py").read_text()

    assert f"a backup was restored (decision {ABOUT_RESTORES})" in text
    assert f"{ABOUT_RESTORES:04}-after-a-restore.md" in DECISIONS
