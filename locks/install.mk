# Set-up of the environment by the locks, and the locks themselves.

PYTHON ?= python3
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check
UV := .venv/bin/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11
# Marks of what was installed, so that it is done once.
RUN := .venv/.run
DEV := .venv/.dev
ASSETS := .venv/.assets
NODE := .clients/.tried

assets: .venv/bin/python ## fetch htmx and Swagger UI for the pages, as the lock of npm says
	@.venv/bin/python -m mockserver.console.vendoring
lock: .venv/bin/python ## raise the locked versions
	$(PIP) "uv==0.13.8"
	$(UV) pyproject.toml --extra contract --extra redis --group build -o locks/requirements.lock
	$(UV) pyproject.toml --all-extras --group build --group dev -c locks/requirements.lock -o locks/requirements-dev.lock
	$(UV) --group npm -o mockserver/console/npm/npm.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("mockserver needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
$(NODE): tests/clients/programs/node/package-lock.json | .venv/bin/python
	@$(PY) -m tests.clients.programs.installation --no-system && touch $@
# Tried once: the pages go without them where they cannot be fetched; `make assets` tries again.
$(ASSETS): mockserver/console/npm/package-lock.json mockserver/console/npm/npm.lock | .venv/bin/python
	@.venv/bin/python -m mockserver.console.vendoring || true; touch $@
$(RUN): locks/requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing the server and the contract suite into .venv: about a minute, once"
	@$(PIP) --require-hashes -r $< && $(PIP) --no-deps --no-build-isolation -e . && touch $@
# The packages for tests include those for the server, so that one step installs both.
$(DEV): locks/requirements-dev.lock locks/requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing the server and the tools for tests into .venv: about a minute, once"
	@$(PIP) --require-hashes -r $< && $(PIP) --no-deps --no-build-isolation -e . && touch $(RUN) $@
