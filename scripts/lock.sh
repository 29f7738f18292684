#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml anew; the development lock holds the runtime lock's versions.
set -euo pipefail
cd "$(dirname "$0")/.."

compile=(.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade
         --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet)
"${compile[@]}" --output-file requirements.txt
"${compile[@]}" --extra dev --constraint requirements.txt --output-file requirements-dev.txt
