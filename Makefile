# Thin: each target is one command of the project's own programs.
SHELL := /bin/bash
.DEFAULT_GOAL := help

DNS ?= coredns
ARGS ?=
LABS ?= 2
FOR ?= 3m

BIN := target/release
# The same programs with the feature `defects`, apart from those that are used.
SEEDED := target/seeded
comma := ,
space := $() $()
ESSENTIALS := --only basic-workflow $(patsubst %,--only reconciliation/%-container-restarted,stopped killed)
CHAOS = $(if $(PLAN),--plan "$(PLAN)",$(if $(SEED),--seed $(SEED)) --for $(FOR))
# What a failure's report says to type to run its step again. Not for `test`, whose programs have reports of their own.
e2e smoke full: export PERSYS_REPRODUCE := make e2e $(if $(filter-out coredns,$(DNS)),DNS=$(DNS) )ARGS="{options}"

LAB_RUN = $(BIN)/persys-lab run --bin-dir $(BIN) --dns $(DNS)

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1|/' | column -t -s '|'

.PHONY: e2e
e2e: tools build ## Prove the whole way and its repairs, in half a minute (ARGS: options of the verifier)
	@$(LAB_RUN) -- run $(if $(filter --only% --label% --profile%,$(ARGS)),,$(ESSENTIALS)) $(ARGS)

.PHONY: smoke
smoke: tools build ## Prove the whole way alone, in seconds
	@$(LAB_RUN) -- run --profile smoke $(ARGS)

.PHONY: full
full: tools build ## Run all seven scenarios, in three minutes: in LABS labs side by side (2)
	@$(LAB_RUN) --labs $(LABS) -- run --profile full $(ARGS)

.PHONY: chaos
chaos: tools build ## Break machines at random while users ask at random (SEED, FOR=3m or PLAN=file; ARGS: more options)
	@$(LAB_RUN) -- chaos $(CHAOS) $(ARGS)

.PHONY: test
test: tools ## Run every test of the project, a lab run among them
	@scripts/test.sh

.PHONY: fuzz
fuzz: ## Feed every reader with what an engine makes up (SECONDS_EACH: 60 for each of them)
	@scripts/fuzz.sh

.PHONY: audit
audit: tools build seeded ## Break the reference on purpose, and see which step notices what (ARGS: options of the audit)
	@$(BIN)/persys-verifier audit --bin-dir $(SEEDED)/release $(ARGS) -- --dns $(DNS)

.PHONY: seeded
seeded:
	@scripts/step.sh "building the platform with its defects" cargo build --release --locked --target-dir $(SEEDED) --bins \
	  $(patsubst %,-p persys-%,gateway prow agent cli) --features $(subst $(space),$(comma),$(patsubst %,persys-%/defects,gateway prow agent cli))

.PHONY: defects
defects: ## Write reference/DEFECTS.md: what the reference can be told to do wrong
	@scripts/step.sh "building the verifier" cargo build --locked -p persys-verifier
	@target/debug/persys-verifier audit --document > reference/DEFECTS.md.new && mv reference/DEFECTS.md.new reference/DEFECTS.md

.PHONY: coverage
coverage: ## Write docs/coverage.md: which steps prove which line of the strategy
	@scripts/step.sh "building the verifier" cargo build --locked -p persys-verifier
	@target/debug/persys-verifier coverage > docs/coverage.md.new && mv docs/coverage.md.new docs/coverage.md

.PHONY: doctor
doctor: ## Say what this machine lacks, and the mend
	@DNS=$(DNS) scripts/setup.sh --check
	@$(MAKE) --no-print-directory build
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
