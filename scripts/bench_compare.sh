#!/usr/bin/env bash
# Compares the benchmarks of this tree with those of BASE: bench_compare.sh BASE [FLAGS of bench/compare.py]. BASE is a
# commit, which is built in a temporary worktree, or a build folder, which is used as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { # REASON
  printf 'bench-compare: %s\n' "$1" >&2
  exit 2
}
base=${1:-}
[ -n "$base" ] || fail "BASE is missing; give BASE=<commit or build folder>"
shift

release_build() { # ROOT of a tree
  (cd "$1" && cmake --preset release >/dev/null)
  ! grep -q '^benchmark_DIR:PATH=.*NOTFOUND' "$1/build/CMakeCache.txt" ||
    fail "Google Benchmark is not installed; make setup-ci installs it"
  (cd "$1" && cmake --build --preset release --target chandelier_bench)
}

program=
for candidate in "$base"/{bench/,build/bench/,}chandelier_bench; do
  [ ! -x "$candidate" ] || { program=$candidate && break; }
done
if [ -z "$program" ]; then
  commit=$(git rev-parse --verify --quiet "$base^{commit}") || {
    [ ! -d "$base" ] ||
      fail "$base contains no chandelier_bench; build it with: cmake --build $base --target chandelier_bench"
    fail "$base is neither a folder nor a commit"
  }
  tree=$PWD/build/compare
  remove() { git worktree remove --force "$tree" 2>/dev/null || true; }
  remove
  trap remove EXIT
  git worktree add --quiet --force --detach "$tree" "$commit"
  [ -f "$tree/bench/main.cpp" ] || fail "$base has no benchmarks"
  release_build "$tree"
  program=$tree/build/bench/chandelier_bench
fi
release_build "$PWD"
python3 bench/compare.py "$program" build/bench/chandelier_bench "$@"
