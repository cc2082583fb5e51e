# Set-up of the environment by the locks, and the locks themselves.

# The newest one that the tests run on. One on the path may fail: a shim of pyenv for a version that is not active.
NEWEST := for name in python3.13 python3.12 python3.11; do $$name -c 'import ensurepip, venv' 2>/dev/null && echo $$name && break; done
PYTHON ?= $(or $(shell $(NEWEST)),python3)
PIP := .venv/bin/python -m pip install --disable-pip-version-check
COMPILE := .venv/bin/uv pip compile --quiet --universal --upgrade --generate-hashes --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11
# Marks of what was installed, so that it is done once; LOCKED is that of the packages alone.
LOCKED := .venv/.locked
RUN := .venv/.run
DEV := .venv/.dev
ASSETS := .venv/.assets
NODE := .clients/.tried

HAS_UV := $(shell command -v uv 2>/dev/null)
# By uv where there is one. It does not read the settings of pip, so that pip tries what uv could not install.
# Of what pip says, the name of each package is shown, on a terminal one in place of the other.
define install
	@echo "installing $(1) into .venv, once: $(if $(HAS_UV),some seconds,a minute or two; with uv on the path some seconds)"
	@rm -f $(LOCKED); { { $(if $(HAS_UV),uv pip install --python .venv/bin/python --require-hashes -r $< ||) \
	$(PIP) --no-compile --progress-bar off --require-hashes -r $<; } && touch $(LOCKED); } | { \
	if test -t 2; then end='\r'; else end='\n'; fi; n=0; all=$$(grep -c == $<); \
	while read -r word name rest; do case $$word in \
	Collecting|Processing) n=$$((n + 1)); printf "  %3d of %d  %-60.60s$$end" $$n $$all "$${name##*/}" ;; \
	Installing) printf "  %-72s\n" "all are here; now they are unpacked" ;; esac; done; }
	@test -e $(LOCKED) && $(PIP) --quiet --no-deps --no-build-isolation -e .
endef

assets: .venv/bin/python ## fetch htmx and Swagger UI for the pages, as the lock of npm says
	@.venv/bin/python -m mockserver.console.vendoring
lock: .venv/bin/python ## raise the locked versions
	$(PIP) --quiet "uv==0.13.8"
	$(COMPILE) pyproject.toml --all-extras --group build -o locks/requirements.lock
	$(COMPILE) pyproject.toml --extra redis --group build -c locks/requirements.lock -o locks/requirements-server.lock
	$(COMPILE) pyproject.toml --all-extras --group build --group dev -c locks/requirements.lock -o locks/requirements-dev.lock
	$(COMPILE) --group npm -o mockserver/console/npm/npm.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("mockserver needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
$(NODE): tests/clients/programs/node/package-lock.json | .venv/bin/python
	@$(PY) -m tests.clients.programs.installation --no-system && touch $@
# Tried once: the pages go without them where they cannot be fetched; `make assets` tries again.
$(ASSETS): mockserver/console/npm/package-lock.json mockserver/console/npm/npm.lock | .venv/bin/python
	@echo "fetching htmx and Swagger UI for the pages, once: seconds with npm, half a minute without"
	@.venv/bin/python -m mockserver.console.vendoring || true; touch $@
$(RUN): locks/requirements.lock pyproject.toml | .venv/bin/python
	$(call install,the server and the contract suite)
	@touch $@
# The packages for tests include those for the server, so that one step installs both.
$(DEV): locks/requirements-dev.lock locks/requirements.lock pyproject.toml | .venv/bin/python
	$(call install,the server and the tools for tests)
	@touch $(RUN) $@
