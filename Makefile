# Two commands do everything: `make close` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

unexport PYTHONDONTWRITEBYTECODE
# Where it is set, each process compiles anew what it imports: half of the seconds until a command does anything.

.PHONY: close test quick mutation coverage test-integration lint bench ledger constraints clean help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/ —/'

close: $(READY) ## set up, and close the worked example
	$(BIN)/juesuan close examples/wuhan-2020 --out out/wuhan-2020 --archive archive

test: $(READY) lint ## ruff, mypy, import-linter and every test that needs no server and no browser
	$(BIN)/pytest -n 2 --dist loadfile -m "not integration"

quick: $(READY) ## the tests that a change touches, nearest first, within a minute
	$(BIN)/ruff check --quiet .
	$(BIN)/python tests/quick.py

mutation: $(READY) ## corrupt a correct closing in hundreds of ways, and see which check says so (docs/mutations.md)
	$(BIN)/pytest -n 2 --dist loadfile tests/mutation

coverage: $(READY) ## the same tests, with branch coverage of src/juesuan (at least 95 %)
	$(BIN)/pytest -n 2 --dist loadfile -m "not integration" --cov --cov-report=term-missing:skip-covered

test-integration: $(READY) ## tests that need a browser or a server; installs Debian's packages where it may
	bash infra/test-machine.sh
	$(BIN)/pytest -n 2 --dist loadfile -m integration

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measurements, with peers in the same run
	$(BIN)/pytest tests/benchmarks --benchmark-only
	$(BIN)/python tests/benchmarks/ledger_bench.py
	$(BIN)/python tests/benchmarks/rules_bench.py
	$(BIN)/python tests/benchmarks/closing_bench.py
	$(BIN)/python tests/benchmarks/city_bench.py
	$(BIN)/python tests/benchmarks/evidence_bench.py

ledger: $(READY) ## make the example's ledger again (it comes out the same)
	$(BIN)/python examples/wuhan-2020/make_ledger.py

constraints: ## pin every dependency anew, with hashes (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --group dev --all-extras pyproject.toml \
		--generate-hashes --no-header --no-annotate --output-file constraints.txt

$(READY): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("juesuan needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib src || true  # libraries have files for other Pythons
	$(BIN)/python -m pip check
	@touch $@

clean: ## remove what the commands above made
	rm -rf $(VENV) .tools out archive .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
