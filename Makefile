PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test check bench bench-peers lock clean

help:
	@echo 'make run     serve Dateline with its demo collection: http://127.0.0.1:8000  (ARGS="--port 9000")'
	@echo 'make test    run the tests  (ARGS="-k chunking")'
	@echo 'make check   style, types, and which module may import which'
	@echo 'make bench   measure speed beside others  (ARGS="--articles FOLDER"; make bench-peers first adds LangChain and the like)'
	@echo 'make lock    write the versions in .venv to constraints.txt'
	@echo 'make clean   remove .venv and the caches; your data folder stays'
	@echo
	@echo 'The first run makes .venv: Python 3.11 or newer, 3 GB of disk, a network connection, a few minutes.'

run: .python
	@$(PYTHON) tools/setup.py
	@$(BIN)/dateline serve --demo $(ARGS)

test: .python
	@$(PYTHON) tools/setup.py --dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .python
	@$(PYTHON) tools/setup.py --dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: .python
	@$(PYTHON) tools/setup.py
	@$(BIN)/python -m benchmarks $(ARGS)

bench-peers: .python
	@$(PYTHON) tools/setup.py
	@$(BIN)/python -m benchmarks.peers $(ARGS)

lock: .python
	@$(PYTHON) tools/setup.py --lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist artefacts
	find index qa tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: .python
.python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) is not on PATH. Install Python 3.11 or newer, or say where one is: make run PYTHON=/path/to/python3" >&2; \
		exit 1; }
