# Two commands do everything on a machine that has make and Python 3.11 or newer: `make demo` and `make test`.
# What each step has done is marked by a stamp file in .venv, so that a second call starts at once.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PACKAGES := ioc detectors models streams api benchmarks

# The first Python that is new enough. `make PYTHON=/path/to/python3.12 demo` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

CONSOLE := $(shell find api/console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports unit docs lock install install-test clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: install ## Install what is needed, then show the product on sample cameras
	@$(BIN)/ioc demo

test: install-test ## Install what is needed, then run every check and every test
	@status=0; \
	$(MAKE) --no-print-directory --keep-going check || status=$$?; \
	$(MAKE) --no-print-directory unit || status=$$?; \
	exit $$status

check: lint types imports ## Style, types and layers

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-test
	$(BIN)/mypy
	$(BIN)/mypy hatch_build.py

imports: install-test
	$(BIN)/lint-imports

unit: install-test ## The tests alone; `make unit ARGS="-k broker"` runs some of them
	$(BIN)/python -m pytest $(ARGS)

docs: install-test ## Write docs/reference/ anew from the code
	$(BIN)/python docs/generate.py

install: $(VENV)/.demo $(VENV)/.project
install-test: $(VENV)/.test $(VENV)/.project

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Cần Python 3.11 trở lên / Python 3.11 or newer is needed:" \
		"apt-get install python3 python3-venv, rồi / then: make PYTHON=python3 demo" >&2; exit 1; }
	@echo ">> Môi trường ảo / virtual environment: $(VENV) ($(PYTHON))"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "Thiếu mô-đun venv của Python /" \
		"Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.build: requirements/build.txt | $(VENV)/.python
	@echo ">> Công cụ dựng / build tools (1/3)"
	$(PIP) install --require-hashes --no-deps --progress-bar on -r $<
	@touch $@

$(VENV)/.demo: requirements/demo.txt | $(VENV)/.python
	@echo ">> Thư viện / libraries (2/3)"
	$(PIP) install --require-hashes --no-deps --progress-bar on -r $<
	@touch $@

$(VENV)/.test: requirements/test.txt | $(VENV)/.python
	@echo ">> Thư viện và công cụ kiểm thử / libraries and test tools (2/3)"
	$(PIP) install --require-hashes --no-deps --progress-bar on -r $<
	@touch $@ $(VENV)/.demo

$(VENV)/.project: pyproject.toml hatch_build.py LICENSE $(CONSOLE) $(VENV)/.build
	@echo ">> Dự án và giao diện / the project and its console (3/3)"
	$(BIN)/python hatch_build.py
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

# The locks hold the hashes of every platform's wheels and name no index; each is made under the versions of the larger one.
UV := build/lock/bin/uv
COMPILE := $(UV) pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-config --quiet \
	--no-emit-index-url --no-emit-find-links --no-emit-package ioc --custom-compile-command "make lock" $(UPGRADE)

lock: $(UV) ## Lock the requirements anew; `make lock UPGRADE=--upgrade` takes newer versions
	$(COMPILE) pyproject.toml --extra test -o requirements/test.txt
	$(COMPILE) pyproject.toml --extra demo -c requirements/test.txt -o requirements/demo.txt
	$(PYTHON) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" \
		| $(COMPILE) -c requirements/test.txt -o requirements/build.txt -

$(UV):
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv

clean: ## Remove what was built or installed here, data excepted
	rm -rf $(VENV) build dist api/console/dist api/console/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
