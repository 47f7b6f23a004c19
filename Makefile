# Every target sets up what it needs and is missing; a second run takes seconds.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.dev-ready
# More arguments for pulumi (preview, up, destroy), pytest (test), the evaluation (eval) or the benchmarks (bench).
ARGS ?=
# How many tests run at once: four on two cores. With three a quarter of the machine waited for processes and servers.
WORKERS ?= $$(( $$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN) * 2 ))
PACK := $(foreach pack,blast_radius certificates secrets,--policy-pack policies/$(pack) --policy-pack-config policies/$(pack)/dev.json)

# Programs are all called __main__, so each is checked by itself.
TYPED := components/sophia_infra engine evaluation policies tests $(sort $(dir $(wildcard bench/*.py)))
PROGRAMS := $(wildcard __main__.py components/__main__.py examples/*/__main__.py)

# Prints the folder of an engine, which is got if there is none, and puts it on PATH.
engine = engine="$$($(PYTHON) -m engine $(VENV))"; export PATH="$$engine:$(CURDIR)/$(BIN):$$PATH"

# The dev stack keeps its state in this checkout and holds no secret, so its passphrase is empty. Its settings are those
# of the environment sophia/dev, esc/dev.yaml.
DEV := --stack dev --config-file .pulumi-state/dev.yaml
define dev_stack
$(engine)
unset PULUMI_ACCESS_TOKEN PULUMI_CONFIG_PASSPHRASE_FILE
# Without its metadata files: a kill may leave one of them empty, and the state unreadable.
export PULUMI_BACKEND_URL="file://$(CURDIR)/.pulumi-state?metadata=skip" PULUMI_CONFIG_PASSPHRASE=
export PULUMI_SKIP_UPDATE_CHECK=true PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
mkdir -p .pulumi-state
pulumi stack select dev --create --non-interactive >/dev/null
sophia esc config sophia/dev --stack dev --file .pulumi-state/dev.yaml >/dev/null
endef

# All tools that tests need are there first; a missing engine is then a failure and not a skip.
define pytest
$(PYTHON) -m engine.debian
$(PYTHON) -m engine.pebble >/dev/null
$(PYTHON) -m engine.esc >/dev/null
$(engine)
export SOPHIA_ENGINE_BIN="$$engine" SOPHIA_REQUIRE_ENGINE=1
# Tests wait thousands of times for what they write; memory is the disk where it has room and may hold programs.
room="$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1 || true)"
if [ "$${room:-0}" -gt 4000000 ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts; then export PYTEST_DEBUG_TEMPROOT=/dev/shm; fi
python -m pytest -n $(WORKERS) --dist worksteal -o tmp_path_retention_policy=failed
endef

# Without a terminal there is nobody to ask.
yes = $$([ -t 0 ] || echo --yes)

.ONESHELL:
.PHONY: help setup preview up destroy test soak lint eval bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Get what is missing: virtual environment, dependencies, Pulumi engine
	@$(engine)
	echo "Ready: Pulumi $$(pulumi version). To use it yourself: export PATH=\"$$engine:$(CURDIR)/$(BIN):\$$PATH\""

preview: $(READY) ## Show what the dev stack would change, with advice and the policies' verdict
	@$(dev_stack)
	pulumi preview --diff $(DEV) $(PACK) $(ARGS)

up: $(READY) ## Apply the dev stack
	@$(dev_stack)
	pulumi up $(DEV) $(PACK) $(yes) $(ARGS)

destroy: $(READY) ## Remove everything that the dev stack made
	@$(dev_stack)
	SOPHIA_BLAST_RADIUS=max_exposure=critical pulumi destroy --run-program $(DEV) $(yes) $(ARGS)

test: $(DEV_READY) ## Run every test but the soak
	@$(pytest) -m "not soak" $(ARGS)

soak: $(DEV_READY) ## Run the long tests: whole histories on the engine, and fuzzers that draw anew each time
	@$(PYTHON) -m engine.conformance >/dev/null
	$(pytest) -m "soak or hypothesis" --hypothesis-profile explore $(ARGS)

lint: $(DEV_READY) ## Check style, types and which module imports which
	@export PATH="$(CURDIR)/$(BIN):$$PATH"
	ruff check .
	ruff format --check .
	PYTHONPATH=components lint-imports
	mypy $(TYPED)
	for program in $(PROGRAMS); do mypy "$$program"; done

eval: $(DEV_READY) ## Score the advice on a labelled set, by the rules and by models of known character
	@export PATH="$(CURDIR)/$(BIN):$$PATH"
	python -m evaluation $(ARGS)

bench: $(DEV_READY) ## Measure against peers, side by side
	@$(engine)
	python -m bench $(ARGS)

clean: ## Remove what set-up made, but not the dev stack's state (.pulumi-state, .sophia, zones)
	@rm -rf $(VENV) build policies/kit/build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -maxdepth 3 -name '*.egg-info' -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed; $(PYTHON) is {sys.version.split()[0]}")'
	$(PYTHON) -m engine.debian venv
	$(PYTHON) -m venv $(VENV)

$(READY): requirements.txt pyproject.toml | $(BIN)/pip
	@echo "installing requirements.txt into $(VENV)" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(DEV_READY): requirements-dev.txt $(READY)
	@echo "installing requirements-dev.txt into $(VENV)" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
