# The commands of every day. Other builds are presets of CMakePresets.json: `make test PRESET=asan-ubsan`.
PRESET ?= release
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup setup-ci build run reproduce mnist python test lint nightly bench bench-compare fuzz soak fresh clean

help: ## Lists these targets.
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r target says; do printf '  make %-13s %s\n' "$$target" "$$says"; done

setup: ## Installs what `make run` and `make test` need; does nothing where all is there.
	@scripts/setup.sh

setup-ci: ## Also installs the tools of lint, fuzz and fresh, and what some tests need that would otherwise be skipped.
	@scripts/setup.sh --ci

build: setup ## Builds the program, build/chandelier.
	@scripts/build.sh release chandelier

run: build ## Runs the quick study, the paper's comparison in half a minute, and writes its report.
	build/chandelier study run studies/quick.toml
	-@build/chandelier report studies/quick.toml

reproduce: build ## Runs the paper's protocol in full (hours to days; starts where it stopped) and writes its report.
	build/chandelier study run studies/paper.toml
	build/chandelier report studies/paper.toml

mnist: ## Fetches MNIST, for `--data mnist` and studies/quick-mnist.toml.
	@scripts/mnist.sh

python: ## Builds the Python package in build/python; `pip install .` installs it.
	@scripts/setup.sh --python
	@scripts/build.sh release chandelier_python
	@echo "try it: PYTHONPATH=$(CURDIR)/build/python $$(sed -n 's/^_Python3_EXECUTABLE:INTERNAL=//p' build/CMakeCache.txt)   (more: docs/python.md)"

test: setup ## Builds and runs all tests; PRESET=asan-ubsan, EXCEPT=<pattern of names>, ONLY=<pattern of names>.
	@scripts/test.sh $(PRESET) $(if $(EXCEPT),-E '$(EXCEPT)') $(if $(ONLY),-R '$(ONLY)')

soak: build ## Kills and restarts a small study and runs for an hour (MINUTES=60) and compares what they end with.
	@scripts/soak.sh $(or $(MINUTES),60)

lint: setup ## Checks format, include order and clang-tidy; LINT=changed reads only what changed since the last release.
	@LINT=$(LINT) scripts/lint.sh

nightly: ## Runs every check there is (some hours); STAGES="lint fuzz" runs some of them.
	@scripts/nightly.sh $(STAGES)

bench: setup ## Measures speed against the peak of this machine; bench/README.md says what each figure answers.
	@scripts/bench.sh

bench-compare: setup ## Compares the speed of BASE=<commit or folder of a build> with this tree; FILTER=^step/, REPETITIONS=8.
	@scripts/bench_compare.sh "$(BASE)" --filter "$(or $(FILTER),^step/)" --repetitions $(or $(REPETITIONS),8)

fresh: ## Tries README's two commands in a bare Debian 12, or 13 with SUITE=trixie (needs root and debootstrap).
	@scripts/fresh.sh $(or $(SUITE),bookworm)

fuzz: setup ## Feeds made-up bytes to every reader of input, each for FUZZ_SECONDS (60); needs clang.
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean: ## Removes what was built, but no results.
	rm -rf build build-dev build-asan-ubsan build-tsan build-fuzz
