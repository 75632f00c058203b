# `make run` starts the portal, `make test` checks it. Both need Python 3.11 or newer with pip, nothing else.
#
# A stamp file says that an install matches its lock file, so the second run skips it.

.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PY = .venv/bin/python
VAR_DIR ?= var
# What `make test` gives to pytest, e.g. `make pytest TESTS="-k links"`.
TESTS ?= -n 2 tests
SOURCES = csp_portal customers software orders cancellations activity

.PHONY: run test install frontend browser lint format types layers templates migrations pytest soak mutants bench lock clean distclean

run: .venv/.runtime node_modules/.stamp
	@$(PY) manage.py run

test: .venv/.test node_modules/.stamp browser lint types layers templates migrations pytest

install: .venv/.test node_modules/.stamp

.venv/.runtime: requirements.txt requirements-uv.txt
	@echo "Installing the Python packages of the portal."
	@PYTHON="$(PYTHON)" sh .ci/install_python.sh requirements.txt
	@touch $@

.venv/.test: requirements-test.txt requirements-uv.txt
	@echo "Installing the Python packages of the tests."
	@PYTHON="$(PYTHON)" sh .ci/install_python.sh requirements-test.txt
	@touch $@ .venv/.runtime

node_modules/.stamp: package.json package-lock.json
	@echo "Installing the front-end packages."
	@sh .ci/install_frontend.sh
	@touch $@

frontend: node_modules/.stamp

browser:
	@echo "Looking for Chromium, nginx, poppler-utils and fonts."
	@sh .ci/install_browser.sh

lint:
	@echo "Linting and checking the format (ruff)."
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format:
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format .
	@find templates -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --target-version 5.2

types:
	@echo "Checking types (mypy)."
	@$(PY) -m mypy $(SOURCES) bench tests manage.py

layers:
	@echo "Checking who imports whom (import-linter)."
	@$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

templates:
	@echo "Checking the style of the templates (djade)."
	@find templates -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --target-version 5.2 --check

# It cannot ask the database whether the migrations there are consistent, and need not.
migrations:
	@echo "Looking for model changes without a migration."
	@$(PY) -W "ignore:Got an error checking a consistent:RuntimeWarning" manage.py makemigrations --check --dry-run

pytest:
	@echo "Running the tests."
	@$(PY) -m pytest $(TESTS)

# Live random histories beside plain models: 100,000 of links, 1,000 of accounts; `make test` lives 2,000 and 100.
soak: .venv/.test node_modules/.stamp
	@SEQUENCES=$${SEQUENCES:-100000} HISTORIES=$${HISTORIES:-1000} $(PY) -m pytest -n 2 tests/test_random_billing.py tests/test_random_downloads.py

# Plant known faults, one at a time, and see that the suite notices each (tests/mutants/).
mutants: .venv/.test node_modules/.stamp
	@$(PY) -m tests.mutants $(MUTANTS)

# How fast it is and how large, in one table; `make bench BENCH="starts bytes"` measures a part (docs/bench.md).
bench: .venv/.test node_modules/.stamp browser
	@$(PY) -m bench $(BENCH)

# Ask for the newest versions that pyproject.toml allows.
lock:
	@.tools/bin/uv pip compile -q --upgrade --universal --generate-hashes --python-version 3.11 --no-header \
		--no-annotate pyproject.toml -o requirements.txt
	@.tools/bin/uv pip compile -q --upgrade --universal --generate-hashes --python-version 3.11 --no-header \
		--no-annotate pyproject.toml --group test -c requirements.txt -o requirements-test.txt

clean:
	@echo "Removing the data, the logs and the secrets of this checkout."
	@if [ -x $(PY) ]; then $(PY) -m csp_portal.embedded "$(VAR_DIR)"; else rm -rf "$(VAR_DIR)"; fi
	@rm -rf staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

distclean: clean
	@rm -rf .venv .tools node_modules
