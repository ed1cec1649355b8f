# The portal's few commands; `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
ARGS ?=
REQUIRE ?=
export PORT

.PHONY: help run ours test bench pictures lint python

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /  /' | awk -F'  ' '{printf "make %-8s %s\n", $$1, $$2}'

run: python ## start the portal with an example organisation, at http://127.0.0.1:8000 (PORT= changes it)
	@$(PYTHON) bin/setup.py run
	@$(PY) bin/start.py example

ours: python ## start the portal with your own, empty database
	@$(PYTHON) bin/setup.py run
	@$(PY) bin/start.py ours

test: python ## run every test, on SQLite and on PostgreSQL with Redis (ARGS= goes to pytest)
	@$(PYTHON) bin/setup.py dev
	@$(PY) -m tests.run $(if $(REQUIRE),--require $(REQUIRE)) $(ARGS)

bench: python ## measure the pages, as ratios
	@$(PYTHON) bin/setup.py dev
	@$(PY) -m tests.bench $(ARGS)

pictures: python ## take the pictures of docs/pictures from the example
	@$(PYTHON) bin/setup.py dev
	@$(PY) -m tests.pictures $(ARGS)

lint: python ## check form, types and templates
	@$(PYTHON) bin/setup.py dev
	$(PY) -m ruff check --quiet .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(PY) -m djlint templates --lint --quiet

python:
	@command -v $(PYTHON) >/dev/null || { echo "PMO Portal needs Python 3.11 or newer, and $(PYTHON) is not there: please install it, or name another with PYTHON=." >&2; exit 1; }
