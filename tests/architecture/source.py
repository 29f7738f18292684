"""The portal's own source, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("stepchange", "workstreams", "projects", "participants", "reviews", "communications")


@dataclass(frozen=True)
class Module:
    """One file: where it stands, and what it says."""

    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path from the root, as a message names it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def role(self) -> str:
        """What a module of this name is for: `workflow` for workflow.py and for workflow/moves.py."""
        inner = self.path.relative_to(ROOT).with_suffix("").parts[1:]
        return inner[0]

    def walk(self) -> Iterator[ast.AST]:
        """Yield every node."""
        return ast.walk(self.tree)

    def at(self, node: ast.AST) -> str:
        """Name a line, for a message."""
        return f"{self.place}:{getattr(node, 'lineno', 0)}"


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the apps, migrations aside."""
    files = [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    return tuple(Module(path, ast.parse(path.read_text())) for path in files)
