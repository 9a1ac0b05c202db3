#!/usr/bin/env bash
# Builds and runs the benchmarks: bench.sh [FLAGS of Google Benchmark]. Without flags, runs all of them, including PyTorch.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
if grep -q '^benchmark_DIR:PATH=.*NOTFOUND' build/CMakeCache.txt; then
  echo "bench: Google Benchmark is not installed; make setup-ci installs it" >&2
  exit 1
fi
scripts/build.sh release chandelier_bench
build/bench/chandelier_bench "$@"
[ $# -eq 0 ] || exit 0

# Use the first Python that has PyTorch.
for python in python3 /usr/bin/python3; do
  ! "$python" -c "import torch" &>/dev/null || exec "$python" bench/pytorch/bench.py
done
echo
echo "PyTorch is not installed (Debian: python3-torch), so a step is not compared with it."
