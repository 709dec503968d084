# Tuaton: every command of the house. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PORT_BASE ?= 8000
OUT ?=
export OUT
ONCE ?=
CARD ?=
PEER ?=
ROUNDS ?=
OPS ?=
CHECK ?=
PYTHON := .venv/bin/python
# one file of tests at a time on each of two cores, folder by folder: by number of tests, the few that are whole journeys
# in browsers would all come last, at once
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything the demonstration needs (.venv, front end, fonts)
	@deploy/set-up

demo: setup ## run everything and the whole journey [ONCE=1] [OUT=dir] [PORT_BASE=8000] [CARD=real]
	@exec $(PYTHON) -m idp.cli demo --port-base $(PORT_BASE) $(if $(OUT),--out "$$OUT") $(if $(ONCE),--once) $(if $(CARD),--card $(CARD))

test: setup-test ## run every test, real parts included
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE)

test-long: setup-test ## the same, each property asked ten times as often
	@LONG=1 $(PYTHON) -m pytest $(SIDE_BY_SIDE)

bench: setup-test ## CPU time of each operation [PEER=dir] [ROUNDS=3] [OPS=flow,refresh] [CHECK=1]
	@$(PYTHON) -m tests.bench $(if $(PEER),--peer '$(PEER)') $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(OPS),--ops $(OPS)) $(if $(CHECK),--check)

check: setup-test ## style, types, import contracts
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

screens: setup-test ## pictures of the screens, Thai and English, phone and desktop [OUT=dir]
	@$(PYTHON) -m tests.screens --out '$(or $(OUT),out/screens)'

compose-check: setup-test ## check docker-compose.yml and every command in it, without Docker
	@$(PYTHON) -m pytest -q tests/deploy

setup-test: setup
	@deploy/set-up-tests

.PHONY: help setup setup-test demo test test-long bench check screens compose-check
