# `make` alone lists the targets. Everything needs only Python 3.11 or newer, make and a network.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(firstword $(foreach name,python3 python,$(if $(shell command -v $(name)),$(name))) python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.up-to-date
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
LAB_ARGS ?=

.PHONY: help setup lab test test-long test-near bench gpu-check build check-quality mutants floors \
	nbgrader release lock site slides hub

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## make the environment in .venv (CPU=1: PyTorch without CUDA, 2 GB in place of 6)
	@echo "The environment in $(VENV) is up to date."

lab: $(STAMP) ## open the course in JupyterLab (without a display: print the address and serve)
	@$(BIN)/gancourse lab $(LAB_ARGS)

test: $(STAMP) ## run every check: linters, build, package tests, all notebooks
	@$(BIN)/python tools/test.py

test-long: $(STAMP) ## the same at full length, and then what measures the machine's speed
	@$(BIN)/python tools/test.py --long

test-near: $(STAMP) ## the tests nearest to a change, in a minute: make test-near FILE=path
	@$(BIN)/python tools/near.py $(FILE)

bench: $(STAMP) ## measure training speed beside the textbook loops, into docs/bench
	@$(BIN)/python tools/bench

gpu-check: $(STAMP) ## on a machine with a GPU: numbers, resume, lessons and speed, into docs/gpu
	@$(BIN)/python tools/gpu_check.py

build: $(STAMP) ## rebuild the maps, bundles and notebooks whose sources changed
	@$(BIN)/python tools/build

check-quality: $(STAMP) ## measure the exercises' checks: correct answers accepted, mistakes caught
	@$(BIN)/python tools/check_quality.py

mutants: $(STAMP) ## plant small mistakes in the package and list those that no test notices
	@$(BIN)/python tools/mutants.py

nbgrader: $(STAMP) ## export the sheets as an nbgrader course to nbgrader_course
	@$(BIN)/python tools/nbgrader_export.py --out nbgrader_course

site: $(STAMP) ## build the course as a web site in site/, from the committed notebooks
	@$(BIN)/python tools/website

slides: $(STAMP) ## build a deck of slides of each lesson in slides/ (needs node and npm)
	@$(BIN)/python tools/website/slides.py

hub: $(STAMP) ## start a JupyterHub with the course on this machine, for trying
	@$(BIN)/python tools/hub.py

release: $(STAMP) ## put together a release in dist: wheel, site, slides, sheets, checksums
	@$(BIN)/python tools/release.py --uv "$(UV)"

lock: $(STAMP) ## resolve the dependencies anew into requirements.lock
	$(UV) pip compile pyproject.toml --universal --all-extras --generate-hashes -o requirements.lock

floors: $(STAMP) ## run the fast tests on the lowest versions that pyproject.toml allows
	@$(BIN)/python tools/floors.py --uv "$(UV)"

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) tools/setup.py --uv "$(UV)" --venv "$(VENV)" $(if $(CPU),--cpu)
	@touch $@
