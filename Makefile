.PHONY: help run assets test thorough test-browser test-redis pictures coverage fmt lint style unit contract power harden soak stories clients people bench bench-peers bench-redis goldens pages docs lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev
RUN := $(VENV)/.run
TYPES := $(VENV)/.types
ASSETS_TRIED := $(VENV)/.assets
# Clients of languages that are on this machine already.
NODE := .clients/.tried
STYLE := $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports --no-logo && $(BIN)/codespell
PYTEST := $(BIN)/python -m pytest
# Without its cache each of the many processes that tests start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
# Suites that judge the whole server; to count lines they would take nearly twice as long, and add none.
SUITES := contract/test_suite.py catalogue clients invariants journeys stories
SLOW := contract clients invariants catalogue journeys stories testing cli/test_contract.py cli/test_contract_over_http.py server/test_uvicorn_server.py

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: $(RUN) $(ASSETS_TRIED) ## set up and serve on PORT (8080)
	@STARTED_BY_MAKE=1 $(BIN)/mockserver run --port $(PORT)

assets: $(VENV)/bin/python ## fetch htmx and Swagger UI for the pages, as package-lock.json says
	@$(BIN)/python -m mockserver.console.vendoring

test: $(DEV) $(NODE) ## set up, then everything that must hold: format, lint, types, all tests
	@# mypy uses one core for a while: it runs beside the others, and its words come after theirs.
	@# A third process works while the others wait for what they started: a sixth of the tests' time is waiting.
	@$(BIN)/mypy > $(TYPES) 2>&1 & types=$$!; \
	$(STYLE) && $(PYTEST) -n 3 --dist worksteal; tested=$$?; \
	wait $$types; typed=$$?; cat $(TYPES); exit $$((tested || typed))

test-browser: $(DEV) $(ASSETS_TRIED) ## the pages in a real Chromium, which is installed if it may be; QUICK=1 as on each push
	@PYTHONPATH=. $(BIN)/python -m tests.browser.installation
	BROWSER_REQUIRED=1 EVERY_CASE=$(if $(QUICK),,1) $(PYTEST) -n 2 --dist loadfile tests/browser

test-redis: $(DEV) ## everything on a real Redis, which is installed if it may be, with one worker and with four; QUICK=1 a part of it
	@PYTHONPATH=. $(BIN)/python -m tests.redis_store.installation
	REDIS_REQUIRED=1 EVERY_CASE=$(if $(QUICK),,1) $(PYTEST) -n 2 --dist worksteal tests/redis_store/on_redis
	PYTHONPATH=. $(BIN)/python -m tests.redis_store.behaviour $(if $(QUICK),--quick)

pictures: $(DEV) $(ASSETS_TRIED) ## the pictures of the console in docs
	PYTHONPATH=. $(BIN)/python -m tests.browser.pictures

thorough: $(DEV) ## every case of every test; make test runs a part of the cases
	EVERY_CASE=1 $(PYTEST) -n 3 --dist worksteal

coverage: $(DEV) ## which lines the tests run, 95 in a hundred at least
	$(PYTEST) -n 2 --dist worksteal --cov --cov-report=term -o "norecursedirs=tests/browser .*" $(addprefix --ignore tests/,$(SUITES))

lint: style ## format check, lint, types, imports, spelling
	$(BIN)/mypy

style: $(DEV)
	$(STYLE)

unit: $(DEV) ## the quick tests: no sockets, no generated calls, no catalogue
	$(PYTEST) -n 2 --dist worksteal $(addprefix --ignore tests/,$(SLOW))

contract: $(DEV) ## every test of the contract suite, then 200 examples an operation instead of 2 with a seed by chance
	EVERY_CASE=1 $(PYTEST) -n 3 --dist worksteal tests/contract
	@seed=$${CONTRACT_SEED:-$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}; \
	echo "CONTRACT_SEED=$$seed make contract     does it again"; \
	EVERY_CASE=1 CONTRACT_SEED=$$seed CONTRACT_EXAMPLES=$${CONTRACT_EXAMPLES:-200} $(PYTEST) -n 2 --dist worksteal tests/contract/test_suite.py

power: $(DEV) ## planted faults, and what finds each; goes on where it was ended; report/power.md, .json
	$(BIN)/python -W ignore -m tests.contract.planted_faults.power

harden: $(DEV) ## three times 20,000 hostile calls, then 100 kills of workers and of Redis, which is installed if it may be
	PYTHONPATH=. $(BIN)/python -m tests.harden.hostile
	@PYTHONPATH=. $(BIN)/python -m tests.redis_store.installation
	PYTHONPATH=. $(BIN)/python -m tests.harden.kills

soak: $(DEV) ## the invariants on 10,000 walks instead of 100
	SOAK_SEQUENCES=10000 $(PYTEST) -n 2 tests/invariants

stories: $(DEV) ## sixty stories of calls, exported in each form and run again on a fresh server
	STORIES=60 $(PYTEST) -n 2 tests/stories

clients: $(DEV) ## real clients in Node, Ruby and PHP against this server; installs what can be had
	PYTHONPATH=. $(BIN)/python -m tests.clients.programs.installation
	$(PYTEST) -n 2 tests/clients -rs

people: $(DEV) ## what people expect of the first hour, checked on a fresh clone
	@PYTHONPATH=. $(BIN)/python -m tests.browser.installation || true
	PYTHONPATH=. $(BIN)/python -m tests.people.people $(POINTS)

fmt: $(DEV) ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## every goal of speed with its figure, against the floor; RECORD=1 writes docs/speed.md
	PYTHONPATH=. $(BIN)/python -m tests.bench.bench

bench-peers: $(DEV) ## Prism, openapi-backend and Mockoon beside it, installed by npm into .bench-peers
	PYTHONPATH=. $(BIN)/python -m tests.bench.bench peers

bench-redis: $(DEV) ## batches a second on a real Redis, by one worker and by four, and what to size by
	@PYTHONPATH=. $(BIN)/python -m tests.redis_store.installation
	@PYTHONPATH=. $(BIN)/python -m tests.redis_store.speed
	@PYTHONPATH=. $(BIN)/python -m tests.redis_store.sizing

goldens: $(DEV) ## what the program answers, recorded and compared; RECORD=1 records, PART=cases a part, JOBS=2
	PYTHONPATH=. $(BIN)/python -m tests.tools.goldens $(if $(RECORD),record,compare) $(addprefix --part ,$(PART))

pages: $(DEV) ## write the generated parts of the pages in docs
	PYTHONPATH=. $(BIN)/python -m tests.docs.pages
	PYTHONPATH=. $(BIN)/python -m tests.support.commands_page

docs: $(DEV) ## the pages as a static site in build/docs, which loads nothing from elsewhere
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "build/docs/index.html"

lock: $(VENV)/bin/python ## raise the locked versions
	$(BIN)/python -m pip install --quiet "uv==0.13.8"
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml --extra contract --extra redis --group build -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml --all-extras --group build --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 --group npm -o requirements-npm.lock

clean: ## drop everything that was made here
	rm -rf $(VENV) build .assets mockserver/console/assets .bench-peers .clients .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .goldens report

$(NODE): tests/clients/programs/node/package-lock.json | $(VENV)/bin/python
	@PYTHONPATH=. $(BIN)/python -m tests.clients.programs.installation --no-system
	@touch $@

# Tried once: the pages go without them where they cannot be fetched; `make assets` tries again.
$(ASSETS_TRIED): package-lock.json requirements-npm.lock | $(VENV)/bin/python
	@$(BIN)/python -m mockserver.console.vendoring || true
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("mockserver needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the server and the contract suite into $(VENV): about a minute, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The packages for tests include those for the server, so that one step installs both.
$(DEV): requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the server and the tools for tests into $(VENV): about a minute, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(RUN) $@
