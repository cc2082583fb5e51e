.DEFAULT_GOAL := help
.PHONY: run test fmt lint help suites test-browser test-redis goldens coverage contract power power-drill retries harden soak stories clients people image image-check bench bench-peers bench-any public-files bench-redis pages docs clean assets lock

PORT ?= 8080
PY := PYTHONPATH=. .venv/bin/python
PYTEST := .venv/bin/python -m pytest --dist worksteal
STYLE := .venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/lint-imports --no-logo && .venv/bin/codespell
# They judge the whole server, and take their time; CI runs them after `make test`.
SUITES := any_files/test_broken_files.py clients forward contract/foreign contract/fuzzing contract/lists contract/sizes contract/stateful \
	contract/traffic contract/test_batch_styles.py contract/test_job_lies.py contract/test_own_lies.py contract/test_partial_answers.py \
	contract/test_planted_faults.py contract/test_power.py contract/test_replays_and_words.py contract/test_runs_end.py \
	contract/test_suite.py contract/test_transports.py catalogue/test_cases.py cli/test_contract.py cli/test_contract_facts.py \
	cli/test_contract_over_http.py cli/test_drill.py cli/test_record.py drill/test_batch_styles.py drill/test_crashes.py \
	drill/test_real_server.py testing/test_client_process.py invariants server/test_forwarding.py server/test_sending.py \
	server/test_shadow.py stories tools
# Without its cache each of the many processes that tests start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

include locks/install.mk

#: every day
run: $(RUN) $(ASSETS) ## set up and serve on PORT (8080)
	@exec env STARTED_BY_MAKE=1 .venv/bin/mockserver run --port $(PORT)
test: $(DEV) ## set up, then format, lint, types and tests; EVERY_CASE=1 runs every case of every test
	@# Types are checked beside the tests, and a third process works while the others wait for what they started.
	@.venv/bin/mypy > .venv/.types 2>&1 & types=$$!; $(STYLE) && $(PYTEST) -n 3 $(addprefix --ignore tests/,$(SUITES)); tested=$$?; \
	wait $$types; typed=$$?; cat .venv/.types; exit $$((tested || typed))
fmt: $(DEV) ## format and mend what can be mended
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .
lint: $(DEV) ## format, lint, imports, spelling, types
	$(STYLE) && .venv/bin/mypy
help: ## this list
	@awk -F':.*## ' '/^#: /{print "\n" substr($$0, 4)} /^[a-z-]+:.*## /{printf "  %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

#: before a push: CI runs these too
suites: $(DEV) $(NODE) ## real clients, other servers, invariants, stories, tools
	$(PYTEST) -n 3 $(addprefix tests/,$(SUITES))
test-browser: $(DEV) $(ASSETS) ## the pages in a real Chromium, which is installed if it may be; QUICK=1 runs a part
	@$(PY) -m tests.browser.installation
	BROWSER_REQUIRED=1 EVERY_CASE=$(if $(QUICK),,1) $(PYTEST) -n 2 --dist loadfile tests/browser
test-redis: $(DEV) ## everything on a real Redis, which is installed if it may be; QUICK=1 runs a part
	@$(PY) -m tests.redis_store.installation
	REDIS_REQUIRED=1 EVERY_CASE=$(if $(QUICK),,1) $(PYTEST) -n 2 tests/redis_store/on_redis
	$(PY) -m tests.redis_store.behaviour $(if $(QUICK),--quick)
image-check: $(RUN) ## build and start what the Dockerfile and the action say, on a fresh clone, without docker; QUICK=1 runs a part
	@PYTHON=$(PYTHON) $(PY) -m tests.tools.image_check
image: $(RUN) ## build and start the image by docker, podman or buildah
	@$(PY) -m tests.tools.image_check build

#: beside a change: what changed, which lines are tested
goldens: $(DEV) ## compare answers, reports, help and pages with recordings; RECORD=1 makes these
	$(PY) -m tests.tools.goldens $(if $(RECORD),record,compare)
coverage: $(DEV) ## which lines the tests run, 95 in a hundred at least
	$(PYTEST) -n 2 --cov --cov-report=term -o "norecursedirs=tests/browser .*" $(addprefix --ignore tests/,catalogue contract/test_suite.py $(SUITES))

#: depth, by minutes to an hour
contract: $(DEV) ## every test of the contract suite, then 200 examples an operation with a seed by chance
	EVERY_CASE=1 $(PYTEST) -n 3 tests/contract
	@seed=$${CONTRACT_SEED:-$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}; echo "again: CONTRACT_SEED=$$seed make contract"; \
	EVERY_CASE=1 CONTRACT_SEED=$$seed CONTRACT_EXAMPLES=$${CONTRACT_EXAMPLES:-200} $(PYTEST) -n 2 tests/contract/test_suite.py
power: $(DEV) ## plant each fault and write which checks find it to report/power.md; an ended run is continued
	.venv/bin/python -W ignore -m tests.contract.planted_faults.power
power-drill: $(DEV) ## drill right clients and clients with planted faults, by cases and by exploring
	$(PY) -m tests.tools.power_drill $(PARTS)
retries: $(DEV) ## drill well-known retry libraries, and compare with docs/retries.md; RECORD=1 writes it
	$(PY) -m tests.tools.retries
harden: $(DEV) ## three times 20,000 hostile calls, then 100 kills of workers and of Redis
	$(PY) -m tests.tools.harden.hostile
	@$(PY) -m tests.redis_store.installation
	$(PY) -m tests.tools.harden.kills
soak: $(DEV) ## the invariants on 10,000 walks instead of 100
	SOAK_SEQUENCES=10000 $(PYTEST) -n 2 tests/invariants
stories: $(DEV) ## sixty stories of calls, exported in each form and run again on a fresh server
	STORIES=60 $(PYTEST) -n 2 tests/stories
clients: $(DEV) ## real clients in Node, Ruby and PHP against this server; installs those that it can
	$(PY) -m tests.clients.programs.installation && $(PYTEST) -n 2 tests/clients -rs
people: $(DEV) ## a newcomer's first hour, checked on a fresh clone
	@$(PY) -m tests.browser.installation || true; $(PY) -m tests.tools.people.people $(POINTS)

#: figures of speed
bench: $(DEV) ## every goal of speed with its figure, against the floor; RECORD=1 writes docs/speed.md
	$(PY) -m tests.tools.bench.bench
bench-peers: $(DEV) ## Prism, openapi-backend and Mockoon beside it, installed by npm into .bench-peers
	$(PY) -m tests.tools.bench.bench peers
bench-any: $(DEV) ## start and memory for generated files of up to 1,000 operations, beside Prism
	$(PY) -m tests.tools.bench.any_file
public-files: $(DEV) ## serve and call each OpenAPI file of the folder FILES; RECORD=1 writes docs/public-files.md
	$(PY) -m tests.tools.public_files.table $(FILES)
bench-redis: $(DEV) ## batches a second on a real Redis, by one worker and by four, and sizes to plan with
	@$(PY) -m tests.redis_store.installation && $(PY) -m tests.redis_store.speed && $(PY) -m tests.redis_store.sizing

#: pages and packages
pages: $(DEV) ## write the generated parts of the pages in docs
	$(PY) -m tests.docs.pages && $(PY) -m tests.support.commands_page
docs: $(DEV) ## the pages as a static site in build/docs, which loads nothing from elsewhere
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet && echo build/docs/index.html
clean: ## drop everything that was made here
	rm -rf .venv build mockserver/console/assets mockserver/console/npm/.downloads .bench-peers .retries .clients .coverage .*_cache .hypothesis report
