# Every target sets up what it needs; only Python 3.11 or newer and make must be there.
#   make reproduce   the figures and the report, quick size      -> results/quick/
#   make paper       the same at full size, and paper_repro.md and figures/gallery/ updated
#   make deep        adds what the experiments on deep networks need: PyTorch and more
#   make figures     draw again from the tables of the last run  (PRESET=paper for the full ones)
#   make demo       the classroom page on this machine
#   make test, make lint, make clean; make bench: speed, to benchmarks/RESULTS.md

PYTHON ?= python3
PRESET ?= quick
BIN := .venv/bin

.PHONY: reproduce deep paper figures demo test lint bench clean

reproduce: .venv/installed
	$(BIN)/subnets reproduce --preset quick

deep: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[deep]'

paper: deep
	$(BIN)/subnets reproduce --preset paper --publish

figures: .venv/installed
	$(BIN)/subnets draw results/$(PRESET)

demo: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	$(BIN)/subnets demo --open

test: .venv/installed-test
	$(BIN)/python -m pytest

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

bench: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv results build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
