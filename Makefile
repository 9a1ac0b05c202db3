# The commands of every day. Other builds are presets of CMakePresets.json: `make test PRESET=asan-ubsan`.
PRESET ?= release

.DEFAULT_GOAL := help
.PHONY: help setup setup-ci build run test lint clean

help: ## Lists these targets.
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r target says; do printf '  make %-9s %s\n' "$$target" "$$says"; done

setup: ## Installs what `make run` and `make test` need; does nothing where all is there.
	@scripts/setup.sh

setup-ci: ## Installs also the tools of `make lint` and of the tests that are skipped without them.
	@scripts/setup.sh --ci

build: setup ## Builds the program, build/chandelier.
	@scripts/build.sh release chandelier

run: build ## Runs the quick study: the paper's comparison, in half a minute.
	build/chandelier study run studies/quick.toml

test: setup ## Builds and runs all tests.
	@scripts/test.sh $(PRESET)

lint: setup ## Checks the format, the order of includes and what clang-tidy finds.
	@scripts/lint.sh

clean: ## Removes what was built, but no results.
	rm -rf build build-dev build-asan-ubsan build-tsan
