# Asterism. `make help` lists the targets; each one sets up what it needs first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
UV_VERSION := 0.13.8

# A request may hold any character: it goes through the environment, never through the shell's or make's own reading.
export ASTERISM_DEMO_TEXT := $(value TEXT)
FAST ?=
SEEDS ?= 200
SEED ?=
BENCH ?=
ARGS ?=

.PHONY: help setup system heavy run test check build format sim bench docs lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

setup: ## create .venv from the lock, with the project in it
	@scripts/setup.sh env

system: ## install the Debian packages that the tests use (needs root only when one is missing)
	@scripts/setup.sh system

run: setup ## a demonstration: orchestrator, devices, one request, its answer; TEXT="..." for another request
	@exec $(PY) -m orchestrator.cli.demo $${ASTERISM_DEMO_TEXT:+"$$ASTERISM_DEMO_TEXT"}

heavy: setup ## build once, into a cache, what the heavy tests use: Helm, llama.cpp's server, Kubernetes (12 minutes on 2 cores)
	@scripts/setup.sh heavy

test: setup system $(if $(FAST),,heavy) ## every test; FAST=1 leaves out the slow, heavy and cluster ones, ARGS="..." goes to pytest
	@FAST="$(FAST)" scripts/test.sh $(ARGS)

check: setup ## lint, format, types, import contracts, what is tracked
	@scripts/check.sh

build: setup ## the source archive and the wheel, in dist/, looked through and tried in a fresh environment
	@scripts/build.sh

format: setup ## rewrite the code the way that check wants it
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

sim: setup ## the simulation: SEEDS=N seeds, or the one SEED=K again
	@scripts/sim.sh "$(SEEDS)" "$(SEED)"

bench: setup ## the programs of benchmarks/, or the one named by BENCH=name
	@scripts/bench.sh "$(BENCH)" $(ARGS)

docs: setup ## regenerate the pages that are made from code: protocol, its JSON Schema, skills
	@scripts/docs.sh

lock: setup ## resolve pyproject.toml again into requirements/lock.txt
	@scripts/lock.sh $(UV_VERSION)

clean: ## remove everything that the targets above made
	rm -rf .venv .cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
