# Every chore of the project. `make` alone lists them; each line of help stands beside its target.

PYTHON ?= python3
BIN := .venv/bin
CODE := castmark contracts infra services sdk simulator tests .ci/pins.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run stop clean test proofs lint format soak bench bench-long
.PHONY: kafka postgres cluster pins schemas

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: .venv/.stamp ## create .venv with the pinned runtime packages (instant when up to date)

setup-dev: .venv/.stamp-dev ## the same, with the tools for tests, lint and benchmarks

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed: make setup PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo 'On Debian: apt-get install python3-venv' >&2; exit 1; }

.venv/.stamp: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/.stamp-dev: .venv/.stamp requirements-dev.txt requirements-oracles.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-oracles.txt
	@touch $@

run: setup ## start the whole platform: one process, SQLite, nothing to install
	$(BIN)/castmark up

stop: ## stop what `make run` or `make cluster` started
	@test ! -x $(BIN)/castmark || $(BIN)/castmark down

clean: stop ## stop, then delete the data in var/, caches and builds (.venv stays)
	rm -rf var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache

test: setup-dev ## lint and every test, side by side; BUDGETS=strict fails where time ran over
	@$(MAKE) --no-print-directory --jobs=2 --keep-going lint proofs

proofs: setup-dev # every test; `make test` is what people call
	@CASTMARK_BUDGETS=$(or $(BUDGETS),1) .ci/proofs

lint: setup-dev ## formatting, ruff, mypy --strict, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: setup-dev ## rewrite the code in the one format, sort imports
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

soak: setup-dev ## the long forms of torture and simulation, with a fresh seed (an hour and more)
	@.ci/proofs soak

bench: setup-dev ## measure every promised figure beside its peer; prints a table, writes JSON
	$(BIN)/python -m tests.benchmarks

bench-long: setup-dev ## the same at full length
	$(BIN)/python -m tests.benchmarks --long

kafka: setup ## a real Kafka in the foreground until Ctrl-C (Java 17; KAFKA_BROKERS=3 for three)
	$(BIN)/python -m infra.local.kafka up

postgres: setup ## a private PostgreSQL in the foreground until Ctrl-C
	$(BIN)/python -m infra.local.postgres up

cluster: setup ## every service in its own process, on real Kafka and PostgreSQL
	$(BIN)/castmark cluster

pins: .venv/bin/python ## look up the newest versions, write requirements*.txt
	$(BIN)/python .ci/pins.py

schemas: setup ## write schemas and AsyncAPI anew from the contracts, add missing golden payloads
	$(BIN)/python -m castmark.schemas
	$(BIN)/python -m tests.contracts_kept.golden
