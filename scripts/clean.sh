#!/usr/bin/env bash
# Forget what was made here: the demonstration in var/ and the caches; the environments stay.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
