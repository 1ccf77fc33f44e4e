# Everything anybody runs on this project. `make` alone says what there is.
#
# A bare machine needs Python 3.11 or newer (with its venv module) and make; the rest is installed from
# the lock files, hashes checked, into .venv. PYTHON=/path/to/python picks an interpreter by hand. 3.14 comes last: for it
# not every dependency is built yet, and then a compiler is needed.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3
SOAK ?= 30
LASTS ?= 30
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo check format lint types contracts test walks bench soak several reference plans lock clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Serve on 127.0.0.1:8000, with SQLite and no account anywhere
	@$(BIN)/firebreak serve

demo: $(VENV)/.run ## Watch one incident from the first call to the last follow-up, within a minute
	@$(BIN)/firebreak demo

check: lint types contracts test ## Everything that CI checks

lint: $(VENV)/.check ## Format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.check ## Types, strictly
	$(BIN)/mypy --strict engine api

contracts: $(VENV)/.check ## Who may import whom
	$(BIN)/lint-imports --no-logo

test: $(VENV)/.check ## Only the tests; TESTS=tests/incident for some of them
	$(BIN)/pytest -q -n $(WORKERS) $(TESTS)

walks: $(VENV)/.check ## Hold the verifier against 10,000 playbooks made up by dice, on the real core (half an hour)
	WALKS=10000 $(BIN)/pytest -q -n $(WORKERS) --timeout 3600 tests/analysis/proving

bench: $(VENV)/.check ## Measure, beside the goals
	$(BIN)/python -m benchmarks

soak: $(VENV)/.check ## Kill, drain, storm, fail over and fill, SOAK times as long as CI does, which takes SOAK=1; about an hour
	SOAK=$(SOAK) FIREBREAK_CRASH_ROUNDS=$(shell expr 20 '*' $(SOAK)) $(BIN)/pytest -q -n 0 --timeout 7200 tests/journeys/test_soak.py tests/runtime/test_crash.py \
	tests/store/test_disk_and_locks.py tests/runtime/test_storm.py tests/journeys/test_overload.py tests/journeys/test_postgres_faults.py \
	tests/journeys/test_failover.py tests/journeys/test_fleet.py tests/api/test_made_up.py

several: $(VENV)/.check ## Kill two servers' PostgreSQL and one of three workers, and print what the independent checker found; LASTS=60 for a minute
	LASTS=$(LASTS) $(BIN)/python -m tests.journeys.fleet_run

format: $(VENV)/.check ## Format the code and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: $(VENV)/.check ## Write the reference in docs/language.md again, from the models
	$(BIN)/python -c "from pathlib import Path; from engine.authoring.reference import with_reference; \
	page = Path('docs/language.md'); page.write_text(with_reference(page.read_text('utf-8')), 'utf-8')"

plans: $(VENV)/.run ## Print the plan of every shipped playbook again, into playbooks/plans
	@mkdir -p playbooks/plans
	@for file in playbooks/*.yaml; do case "$$file" in *.test.yaml|*/organisation.yaml) continue;; esac; \
	$(BIN)/firebreak graph "$$file" --format html --output "playbooks/plans/$$(basename "$$file" .yaml).html" || exit 1; done

lock: ## Resolve the lock files again (needs uv)
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	printf 'hatchling>=1.25\neditables>=0.5\n' | $(COMPILE) - --constraint requirements-dev.lock --output-file requirements-build.lock

clean: ## Remove the virtual environment and all caches; never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "firebreak needs Python 3.11 or newer; install it, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements-build.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies into $(VENV)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements-build.lock -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q engine api
	@touch $@

$(VENV)/.check: requirements-build.lock requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies into $(VENV)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements-build.lock -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q engine api
	@touch $@ $(VENV)/.run
