# make demo   sets up .venv, installs, and solves a task: no key, no GPU, about three minutes after installing
# make test   sets up what it needs and runs the tests
# The other targets are for developers; docs/development.md says what they do.

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt

# PyTorch's own index has CPU builds of a tenth the size; it is used where it can be reached.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

.PHONY: demo test test-all lint bench clean system

demo: $(VENV)/.installed
	$(BIN)/text2reward run "Push and close a sliding window by its handle." \
	    --env metaworld/window-close-v3 --model composer $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-all: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest --all $(ARGS)
	$(BIN)/python bench/people.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/ppo_throughput.py

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: install Python 3.11, or name another one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: $(VENV)/bin/python constraints.txt
	@if $(BIN)/python -c "import urllib.request as u; u.urlopen('$(TORCH_INDEX)/torch/', timeout=5)" 2>/dev/null; then \
	    echo "installing torch (CPU)"; $(PIP) --extra-index-url $(TORCH_INDEX) torch; \
	else echo "installing torch"; $(PIP) torch; fi
	@touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory system
	@echo "installing text2reward"; $(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing the tools for tests"; $(PIP) --editable ".[dev]"
	@touch $@

# Videos need an OpenGL that draws without a display. Where it is missing and we may install it, we do;
# elsewhere runs go on without videos and say what to install.
system:
	@if ! $(BIN)/python -c "import ctypes.util as c, sys; sys.exit(not (c.find_library('OSMesa') or c.find_library('EGL')))"; then \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "installing libosmesa6 for videos"; \
	        { apt-get update -qq && apt-get install -y -qq --no-install-recommends libosmesa6; } >/dev/null 2>&1 \
	            || echo "libosmesa6 could not be installed: runs will have no videos"; \
	    else echo "no OpenGL found: install libosmesa6 for videos (Debian: apt-get install libosmesa6)"; fi; fi

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
