# Step-Change: the commands. Each is a small script in scripts/; `make help` lists them.

PYTHON ?= python3
PYTHON_OK = @$(PYTHON) scripts/check_python.py
ENVIRONMENT = $(PYTHON_OK) && $(PYTHON) -m scripts.environment
.DEFAULT_GOAL := help
.PHONY: help run test lint fmt shell lock assets screenshots bench scan clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: ## start the demonstration (PORT=8000), from a clean clone to the browser; Ctrl-C stops it
	$(PYTHON_OK)
	@$(PYTHON) -m scripts.run

test: ## run the whole suite, or the tiers with a word in their name (ONLY=browser)
	$(PYTHON_OK)
	@$(PYTHON) -m scripts.test

lint: ## check style, types, imports, templates, migrations, deployment
	$(PYTHON_OK)
	@$(PYTHON) -m scripts.lint

fmt: ## put the Python code in the house format
	$(ENVIRONMENT)
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

shell: ## open a Python shell on the demonstration's database
	$(ENVIRONMENT)
	@.venv/bin/python manage.py shell

lock: ## resolve the dependencies of pyproject.toml anew, with hashes
	$(ENVIRONMENT)
	@scripts/lock.sh

assets: ## build the styles and scripts of static/ from frontend/ (needs Node.js)
	@frontend/build.sh

screenshots: ## photograph the demonstration for the README (needs Chromium)
	$(ENVIRONMENT)
	@.venv/bin/python -m scripts.screenshots

bench: ## measure what the design promises, on a throw-away PostgreSQL (minutes)
	$(ENVIRONMENT)
	@.venv/bin/python -m benchmarks.audit
	@.venv/bin/python -m benchmarks.ledger
	@.venv/bin/python -m benchmarks.public_pages

scan: ## test on a real server that nobody can tell who has an account (minutes)
	$(ENVIRONMENT)
	@.venv/bin/python -m benchmarks.enumeration

clean: ## forget the demonstration, its logs and what the tools cached (keeps .venv)
	@scripts/clean.sh
