#!/usr/bin/env bash
# Builds and runs the benchmarks: bench.sh [FLAGS of Google Benchmark].
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
if grep -q '^benchmark_DIR:PATH=.*NOTFOUND' build/CMakeCache.txt; then
  echo "bench: Google Benchmark is not installed; make setup-ci installs it" >&2
  exit 1
fi
scripts/build.sh release chandelier_bench
build/bench/chandelier_bench "$@"
