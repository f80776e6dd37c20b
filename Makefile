# Thin: each target is one command of the project's own programs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PROFILE ?= full
DNS ?= coredns
ARGS ?=

BIN := target/release
# What a failure's report says to type to run its step again.
export PERSYS_REPRODUCE := make e2e ARGS="--only {step}"

LAB_RUN = $(BIN)/persys-lab run --bin-dir $(BIN) --dns $(DNS) --

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1|/' | column -t -s '|'

.PHONY: e2e
e2e: tools build ## Run every scenario against the reference platform in a local lab
	@$(LAB_RUN) run --profile $(PROFILE) $(ARGS)

.PHONY: smoke
smoke: ## The same with the steps that take no time
	@$(MAKE) --no-print-directory e2e PROFILE=smoke

.PHONY: test
test: tools ## Run every test of the project, a lab run among them
	@scripts/test.sh

.PHONY: doctor
doctor: build ## Say what this machine lacks, and the mend
	@$(BIN)/persys-lab doctor --bin-dir $(BIN) --dns $(DNS)

.PHONY: tools
tools: ## Install the programs that are missing
	@DNS=$(DNS) scripts/setup.sh

.PHONY: build
build: ## Build all programs in release mode
	@scripts/step.sh "building in release mode" cargo build --release --locked --workspace --bins

.PHONY: clean
clean: ## Remove what labs that were killed left behind, and old results
	@if [ -x $(BIN)/persys-lab ]; then $(BIN)/persys-lab clean; fi
	rm -rf results
