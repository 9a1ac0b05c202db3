# Everyday commands. Other builds are presets in CMakePresets.json: `make test PRESET=asan-ubsan`.
PRESET ?= release
FUZZ_SECONDS ?= 60
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help setup setup-ci build install package run reproduce mnist python test lint nightly bench bench-compare fuzz soak fresh clean

help: ## Lists these targets.
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r target says; do printf '  make %-13s %s\n' "$$target" "$$says"; done

setup: ## Installs what `make run` and `make test` need; does nothing if all of it is there.
	@scripts/setup.sh

setup-ci: ## Also installs the tools of lint, fuzz and fresh, and what tests need that would otherwise be skipped.
	@scripts/setup.sh --ci

build: setup ## Builds the program, build/chandelier.
	@scripts/build.sh release chandelier

install: build ## Installs the program, its manual pages and the C++ library below PREFIX (/usr/local).
	@cmake --build --preset release --target chandelier_manual
	@cmake --install build --prefix '$(PREFIX)'

package: ## Makes a Debian package of the program, build/chandelier_*.deb.
	@scripts/setup.sh --package
	@scripts/build.sh release chandelier
	@cmake --build --preset release --target chandelier_manual
	@cd build && cpack

run: build ## Runs the quick study (the paper's comparison in half a minute) and writes its report.
	build/chandelier study run studies/quick.toml
	-@build/chandelier report studies/quick.toml

reproduce: build ## Runs the paper's full protocol (hours to days; continues where it stopped) and writes its report.
	build/chandelier study run studies/paper.toml
	build/chandelier report studies/paper.toml

mnist: ## Downloads MNIST, for `--data mnist` and studies/quick-mnist.toml.
	@scripts/mnist.sh

python: ## Builds the Python package in build/python; `pip install .` installs it.
	@scripts/setup.sh --python
	@scripts/build.sh release chandelier_python
	@echo "to use it: PYTHONPATH=$(CURDIR)/build/python $$(sed -n 's/^_Python3_EXECUTABLE:INTERNAL=//p' build/CMakeCache.txt)   (more: docs/python.md)"

test: setup ## Builds and runs all tests; PRESET=asan-ubsan, EXCEPT=<pattern of names>, ONLY=<pattern of names>.
	@scripts/test.sh $(PRESET) $(if $(EXCEPT),-E '$(EXCEPT)') $(if $(ONLY),-R '$(ONLY)')

soak: build ## Kills and restarts a small study and single runs for an hour (MINUTES=60) and compares the results.
	@scripts/soak.py $(or $(MINUTES),60)

lint: setup ## Checks format, include order and clang-tidy; LINT=changed runs clang-tidy only on changed files.
	@LINT=$(LINT) scripts/lint.sh

nightly: ## Runs every check (some hours); STAGES="lint fuzz" runs some of them.
	@scripts/nightly.sh $(STAGES)

bench: setup ## Measures speed relative to the peak of this machine; bench/README.md explains each figure.
	@scripts/bench.sh

bench-compare: setup ## Compares the speed of BASE=<commit or build folder> with this tree; FILTER=^step/, REPETITIONS=8.
	@scripts/bench_compare.sh "$(BASE)" --filter "$(or $(FILTER),^step/)" --repetitions $(or $(REPETITIONS),8)

fresh: ## Tries README's two commands in a bare Debian 12, or 13 with SUITE=trixie (needs root and debootstrap).
	@scripts/fresh.sh $(or $(SUITE),bookworm)

fuzz: setup ## Fuzzes everything that reads input, each for FUZZ_SECONDS (60); needs clang.
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean: ## Removes all builds, but no results.
	rm -rf build build-dev build-asan-ubsan build-tsan build-fuzz
