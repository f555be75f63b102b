# make demo   trains, tests and draws a network
# make test   runs every check
# make clean  removes what both have made
#
# Both set up .venv first, with the versions of constraints.txt. PYTHON is 3.11, 3.12 or 3.13.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
NET := specs/digits/lenet-bn.yaml
SOLVER := specs/digits/solver-bn.prototxt
MADE := out/digits/lenet-bn

.PHONY: demo test clean

demo: .venv/ready
	$(BIN)/netspec check $(NET) $(SOLVER)
	$(BIN)/netspec train --solver $(SOLVER)
	$(BIN)/netspec draw $(NET) -o $(MADE).svg
	$(BIN)/netspec draw $(NET) -o $(MADE).png
	$(BIN)/netspec test --solver $(SOLVER) --weights $(MADE)_iter_500.caffemodel
	@printf '%-9s%s\n' weights $(MADE)_iter_500.caffemodel log $(MADE)_log.jsonl \
		curve $(MADE)_curve.png diagram $(MADE).svg diagram $(MADE).png

test: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

clean:
	rm -rf .venv out build *.egg-info .*_cache .hypothesis

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv
	$(PIP) -e .
	@touch $@

.venv/ready-dev: .venv/ready
	$(PIP) -e '.[dev]'
	@touch $@
