#!/usr/bin/env bash
# Lock what pyproject.toml asks for, by hash; the development lock holds the runtime lock's versions.
# A version that still serves is kept: `scripts/lock.sh --upgrade` takes the newest of everything.
set -euo pipefail
cd "$(dirname "$0")/.."

compile=(.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11
         --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet "$@")
"${compile[@]}" --output-file requirements.txt
"${compile[@]}" --extra dev --constraint requirements.txt --output-file requirements-dev.txt
