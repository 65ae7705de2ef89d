# From a fresh clone: `make demo` makes a video, `make test` and `make check` judge the code.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# OpenCV's wheels expect the first two of the system; the virtual performers draw with OpenGL without a screen.
LIBRARIES := libGL.so.1 libgthread-2.0.so.0 libEGL.so.1 libEGL_mesa.so.0
PACKAGES := libgl1 libglib2.0-0 libegl1 libegl-mesa0 libgl1-mesa-dri

APT := $(shell [ "$$(id -u)" = 0 ] && command -v apt-get)
INSTALL := $(APT) update -q && DEBIAN_FRONTEND=noninteractive $(APT) install -q -y --no-install-recommends

.PHONY: help venv system demo docs test test-slow test-all test-pythons check bench clean

help:
	@echo "make demo      videos of a trombonist and a cellist"
	@echo "make test      the fast tests"
	@echo "make test-slow the slow ones"
	@echo "make test-all  every test"
	@echo "make test-pythons  the wheel in every supported Python that is installed"
	@echo "make check     lint, format, types, layers"
	@echo "make docs      the site, in site/"
	@echo "make bench     benchmarks"
	@echo "make venv      only the environment, in $(VENV)/"
	@echo "make clean     remove $(VENV)/, demo/ and site/"

venv: $(READY)

# Done again when the dependencies change; the code itself is installed in place.
$(READY): pyproject.toml constraints.txt | system
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

# What pip cannot install. Only Linux has ldconfig; elsewhere the wheels bring what they need.
system:
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && [ ! -x $(BIN)/python ]; then \
	  if [ -n "$(APT)" ]; then $(INSTALL) python3-venv; \
	  else echo "Python's venv is missing; as root: apt-get install python3-venv"; exit 1; fi; \
	fi
	@if [ -x /sbin/ldconfig ]; then \
	  for library in $(LIBRARIES); do \
	    /sbin/ldconfig -p | grep -q -F $$library && continue; \
	    if [ -n "$(APT)" ]; then $(INSTALL) $(PACKAGES); break; \
	    else echo "$$library is missing; as root: apt-get install $(PACKAGES)"; fi; \
	  done; \
	fi

demo: venv
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh demo
	@echo "The videos:" && ls demo/*.mp4

test: venv
	$(BIN)/pytest -q -n auto --dist worksteal -m "not slow"

test-slow: venv
	$(BIN)/pytest -q -n auto --dist worksteal -m slow

test-all: test test-slow

# Wheel and sdist in a new environment of every supported Python that is here.
test-pythons: venv
	EVERY_PYTHON=1 $(BIN)/pytest -q tests/integration/test_release.py

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/lint-imports

# Warnings are errors. The variable silences a banner about another version of MkDocs.
docs: venv
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: venv
	$(BIN)/pytest -q benchmarks --benchmark-autosave

clean:
	rm -rf $(VENV) demo site
