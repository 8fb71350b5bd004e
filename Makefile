# make run: the book on http://127.0.0.1:8501.  make test: every check.  make help: the rest.

PYTHON ?= python3
PORT ?= 8501
# Further arguments for pytest, as in: make test PYTEST_ARGS="-k rope"
PYTEST_ARGS ?=
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help run test-core test test-slow lint types format audit size clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Readers change no files, and watching them, .venv among them, makes the first page seconds slower.
run: $(VENV)/.installed ## install on first use, then serve the book on 127.0.0.1:8501
	$(PY) -m streamlit run Home.py --server.address 127.0.0.1 --server.port $(PORT) \
		--server.fileWatcherType none

# The tests of a page or a file stay on one worker (loadgroup): what is cold is paid for once. They
# begin in the order of tests/conftest.py, those with a browser first: these wait much while others
# compute, hence one worker more than there are cores. Beside others a test computes with one thread:
# as many as there are cores each would only stand in each other's way.
PYTEST := OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

test-core: $(VENV)/.installed-dev ## mathematics, data split, records, architecture: three minutes
	$(PYTEST) -m core $(PYTEST_ARGS)

# Pyright keeps one core busy for a minute, which the tests would leave to wait: it goes on beside
# them, and what it says stands below what they say. The gate fails where either does.
test: lint ## the gate: lint, types, and every test but the slow ones
	@said=$$(mktemp); $(MAKE) --no-print-directory types >$$said 2>&1 & types=$$!; \
	(set -x; $(PYTEST) -m "not slow" $(PYTEST_ARGS)); tested=$$?; \
	wait $$types; typed=$$?; cat $$said; rm $$said; \
	[ $$tested -eq 0 ] && [ $$typed -eq 0 ]

test-slow: $(VENV)/.installed-dev ## everything else: what a night finds, about an hour
	$(PYTEST) -m slow $(PYTEST_ARGS)

# Torch's CPU build is asked for by its release, since no list of vulnerabilities names local builds.
# Not a part of the gate: what is known of a release changes without a commit.
AUDIT := build/audit
audit: ## known vulnerabilities of all that requirements.txt brings; asks api.osv.dev
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	sed -e '/^--extra-index-url/d' -e 's/+cpu//' requirements.txt > $(AUDIT)/requirements.txt
	$(AUDIT)/bin/pip-audit --requirement $(AUDIT)/requirements.txt --vulnerability-service osv --strict

size: ## megabytes of the tree and of the history, beside what they may be
	@$(PYTHON) -m tools.size

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Pyright runs on Node: without it the check is skipped in plain sight, and fails where CI is true.
types: $(VENV)/.installed-dev
	@if command -v node >/dev/null; then \
		echo "$(BIN)/pyright"; $(BIN)/pyright; \
	elif [ "$(CI)" = true ]; then \
		echo "FAILED pyright: Node is not installed." >&2; exit 1; \
	else \
		echo "SKIPPED pyright: Node is not installed."; \
	fi

format: $(VENV)/.installed-dev ## sort imports and format the Python files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the virtual environment and every cache
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis screenshots build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is as new as the install it stands for, so nothing is installed twice for one pyproject.
# pip compiles 15,000 files one after another; on all cores that takes half the time.
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE := $(PY) -m compileall -qq -j 0 $(VENV)/lib || true

$(VENV)/.installed: pyproject.toml | $(PY)
	$(PY) tools/cpu_torch.py
	$(INSTALL) -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	$(PY) tools/cpu_torch.py
	$(INSTALL) -e ".[dev]"
	@$(COMPILE)
	@touch $@ $(VENV)/.installed

$(PY):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This book needs Python 3.11 or newer with its venv module, and '$(PYTHON)' is not that: name another, as in 'make run PYTHON=python3.12'." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
