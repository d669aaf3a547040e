# Two commands do all the set-up on a machine that has Python 3.11 and make:
#   make demo    environment, install, compile with a progress bar, backtest of the packaged sample
#   make test    the whole suite: lint, types, layers, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
NUMBA_OFF := NUMBA_DISABLE_JIT=1

.PHONY: demo test deep lint coverage sizes clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/bull warmup
	$(BIN)/bull demo

# one pytest run, last, so that its own summary line ends the output
test: $(VENV)/installed lint
	$(BIN)/bull warmup
	$(BIN)/python -m pytest --numprocesses logical --dist worksteal

# what takes minutes: long stretches of real data against slow twins
deep: $(VENV)/installed
	$(BIN)/python -m pytest -m deep

lint: $(VENV)/installed
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# coverage of the kernels, which only plain Python can see
coverage: $(VENV)/installed
	$(NUMBA_OFF) $(BIN)/coverage run -m pytest tests/contracts tests/unit tests/scenarios
	$(BIN)/coverage report

# lines of files and functions against the caps of tests/unit/test_structure.py
sizes: $(VENV)/installed
	$(BIN)/python tests/unit/test_structure.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
