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
.PHONY: help run test test-slow lint types format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Readers change no files, and watching them, .venv among them, makes the first page seconds slower.
run: $(VENV)/.installed ## install on first use, then serve the book on 127.0.0.1:8501
	$(PY) -m streamlit run Home.py --server.address 127.0.0.1 --server.port $(PORT) \
		--server.fileWatcherType none

# Two runs of pytest: what shares the machine, and what holds a stopwatch. Browser tests wait much
# while others compute, hence one worker more than there are cores. Each begins with a stretch of
# neighbours, and takes some of another's when it is done: few need a server and a Chromium.
# Beside others a test computes with one thread: as many as there are cores each would only stand in
# each other's way.
test: lint types ## lint, types, then every test except the slow ones
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not timing" $(PYTEST_ARGS)
	$(PY) -m pytest -m "timing and not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.installed-dev ## the tests that take minutes
	$(PY) -m pytest -m slow $(PYTEST_ARGS)

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
$(VENV)/.installed: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.installed

$(PY):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This book needs Python 3.11 or newer with its venv module, and '$(PYTHON)' is not that: name another, as in 'make run PYTHON=python3.12'." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
