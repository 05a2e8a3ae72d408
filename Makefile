# Three commands do all: `make check`, `make test` and `make demo`. They set up what they need by themselves.

PYTHON ?= python3
VENV_BIN := $(CURDIR)/.venv/bin
# How many pytest workers. Engine tests wait longer than they compute: the engine waits 5 s or more after a failed `up`.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS ?= $(shell expr 2 \* $(CORES))
CHECK_WORKERS ?= $(shell expr $(CORES) + 1)
PYTEST = $(VENV_BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PYTEST_ARGS ?=
BENCH_ARGS ?=
# What depends on the versions of packages, the oldest SDK on the engine included.
LOWEST_TESTS := tests/api tests/lifecycle tests/emulator tests/cli tests/test_background.py \
	tests/test_credential_sources.py tests/dynamic/test_arguments.py tests/engine/test_main_job.py \
	tests/engine/test_drift.py tests/engine/test_mistakes.py
# The oldest typer with the newest click: only tests turn its warnings into errors.
CLICK_WARNING := ignore:'click.:DeprecationWarning

# Workers and the many processes that tests start read each other's compiled files.
unexport PYTHONDONTWRITEBYTECODE

# SDKs before 3.235 keep hidden outputs from the provider, so a refresh writes the defaults to the inputs (docs/previews.md).
NOT_WITH_LOWEST := --deselect "tests/cli/test_review_engine.py::test_review_of_engine_previews_matches_golden[drift]" \
	--deselect "tests/engine/test_drift.py::test_what_is_no_deviation_is_no_drift[dynamic]"

.DEFAULT_GOAL := help
.PHONY: bench-fleet test-lowest reference schema docs pictures help setup engine lint types check test test-long demo bench lock audit wheel clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv from the locked packages (PYTHON=... chooses the interpreter)
	@$(PYTHON) -m tools.environment

engine: setup ## Find or build the Pulumi engine and print the folder to put on PATH
	@$(VENV_BIN)/python -m tools.engine

lint: setup ## Check style and formatting
	@echo "[test] ruff" >&2
	@$(VENV_BIN)/ruff check
	@$(VENV_BIN)/ruff format --check

types: setup ## Check types
	@echo "[test] mypy (its first run takes longest)" >&2
	@$(VENV_BIN)/mypy

check: lint types ## Check style and types, and run the tests that need no engine
	@echo "[check] pytest" >&2
	@$(PYTEST) -n $(CHECK_WORKERS) -m "not engine and not slow and not long" $(PYTEST_ARGS)

test: lint types ## Check style and types, and run the tests, on the real engine too
	@$(VENV_BIN)/python -m tools.engine >/dev/null
	@$(VENV_BIN)/python -m tools.language_hosts yaml >/dev/null
	@echo "[test] pytest" >&2
	@$(PYTEST) -m "not long" $(PYTEST_ARGS)

test-long: setup ## Run what `make test` leaves out: every fault at every call, longer random runs, ...
	@$(VENV_BIN)/python -m tools.engine >/dev/null
	@$(VENV_BIN)/python -m tools.language_hosts yaml go nodejs >/dev/null
	@echo "[test] pytest, the long tests" >&2
	@$(PYTEST) -m long --hypothesis-profile=long $(PYTEST_ARGS)
	@FAULT_MATRIX=all MODEL_EXAMPLES=100 COMPARISON_RUNS=100 OPENAPI_EXAMPLES=50 GROWTH_APPLICATIONS=100 \
		$(PYTEST) tests/faults tests/model tests/cli/test_review_comparison.py \
		tests/emulator/test_openapi.py tests/engine/test_growth.py $(PYTEST_ARGS)

test-lowest: setup ## Run tests with the lowest versions that pyproject.toml allows, the SDK's too
	@$(PYTHON) -m tools.environment --lowest
	@$(VENV_BIN)/python -m tools.engine >/dev/null
	@echo "[test] pytest with the lowest versions" >&2
	@build/lowest/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		-W "$(CLICK_WARNING)" $(NOT_WITH_LOWEST) $(LOWEST_TESTS) $(PYTEST_ARGS)

demo: setup ## Show the main job on the real engine, against the emulator
	@$(VENV_BIN)/python -m tools.demo

bench: setup ## Measure the provider beside one that does nothing (BENCH_ARGS, such as --help)
	@$(VENV_BIN)/python -m benchmarks $(BENCH_ARGS)

bench-fleet: setup ## Measure stacks by groups of tenants beside one large stack
	@$(VENV_BIN)/python -m benchmarks.fleet $(BENCH_ARGS)

reference: setup ## Write the tables of inputs, outputs and calls in docs/ from the docstrings
	@$(VENV_BIN)/python -m tools.reference

schema: setup ## Write the schema of the native plugin from the property tables and docstrings
	@$(VENV_BIN)/python -m olt_provider.native.schema

docs: setup ## Build the documentation's site into build/site; a warning is a failure
	@$(VENV_BIN)/python -m sphinx -b html --fail-on-warning --keep-going --nitpicky --quiet docs build/site
	@echo "build/site/index.html"

pictures: setup ## Draw the pictures of README and docs
	@$(VENV_BIN)/python -m tools.pictures

lock: setup ## Pin all packages, with hashes, for all supported Pythons
	@$(VENV_BIN)/python -m tools.lock

audit: setup ## Look the locked packages up in the databases of known vulnerabilities
	@$(VENV_BIN)/pip-audit --require-hashes --disable-pip --requirement requirements/dev.txt

wheel: setup ## Build the wheel and the source archive into dist/
	@$(VENV_BIN)/python -m build --no-isolation --outdir dist

clean: ## Remove what is made in the checkout; the cache outside it stays
	rm -rf .venv .venv.lock build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
