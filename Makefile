# `make run` and `make test` do all their own set-up: see scripts/setup.sh and README.md.
# Prerequisites: make, Python 3.11 or 3.12 with its venv module.
#
#   PYTHON=…     the interpreter of the virtual environment
#   CHROMIUM=…   the browser of the browser tests
#   ARGS=…       more arguments for the program that runs

export PYTHON CHROMIUM
PY := .venv/bin/python
ARGS ?=

.PHONY: help run test test-all lint format bench clean setup-test chromium

help:
	@echo "make run     set up and start the app on http://localhost:8501"
	@echo "make test    set up and check: ruff, pyright, pytest, browser tests"
	@echo "make test-all  the same with the tests that are slow"
	@echo "make lint    ruff and pyright alone"
	@echo "make format  let ruff sort imports and format the code"
	@echo "make bench   measure, and compare with the figures of docs/benchmarks.md"
	@echo "make clean   remove the virtual environment and all caches"

run:
	@scripts/setup.sh run
	$(PY) -m streamlit run app.py $(ARGS)

# The slow ones show in another look, in other data or at greater length what a quicker one shows.
test: CHOSEN := and not slow
test test-all: setup-test chromium lint
	@chromium=$$(scripts/chromium.sh) && export CHROMIUM="$$chromium" && set -x && \
	$(PY) -m pytest -n 2 --dist worksteal -m "not browser $(CHOSEN)" $(ARGS) && \
	$(PY) -m pytest -n 2 --dist worksteal -m "browser $(CHOSEN)" $(ARGS)

lint: setup-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright

format: setup-test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: setup-test chromium
	@chromium=$$(scripts/chromium.sh) && export CHROMIUM="$$chromium" && set -x && \
	$(PY) -m playground bench $(ARGS)

setup-test:
	@scripts/setup.sh test

# Fails early, before minutes of other checks, where no browser can be had.
chromium: setup-test
	@scripts/chromium.sh >/dev/null

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .benchmarks build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
