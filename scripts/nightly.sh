#!/usr/bin/env bash
# Runs every check, which takes some hours on two cores: nightly.sh [STAGE...]. Continues after a stage that fails, and
# lists the failures at the end. Stages: lint test sanitizers fuzz soak fresh readme.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
stage() { # NAME COMMAND...
  local name=$1 began=$SECONDS
  shift
  echo "nightly: $name"
  if "$@"; then
    echo "nightly: $name: passed in $((SECONDS - began)) s"
  else
    failed+=("$name")
    echo "nightly: $name: FAILED after $((SECONDS - began)) s"
  fi
}

release=(env WERROR=ON) # the same flags in each stage, so that the release is built only once
[ $# -gt 0 ] || set -- lint test sanitizers fuzz soak fresh readme
make setup-ci || exit 1
for name in "$@"; do
  case $name in
    lint) stage lint make lint ;;
    test) stage test "${release[@]}" CHANDELIER_NO_SKIPS=1 make test ;;
    sanitizers)
      stage asan-ubsan make test PRESET=asan-ubsan
      stage tsan make test PRESET=tsan
      ;;
    fuzz) stage fuzz make fuzz FUZZ_SECONDS=60 ;;
    soak) stage soak "${release[@]}" make soak MINUTES=30 ;;
    fresh)
      stage "fresh bookworm" make fresh SUITE=bookworm
      stage "fresh trixie" make fresh SUITE=trixie
      ;;
    readme) stage readme "${release[@]}" scripts/check_readme.sh ;;
    *) echo "nightly: '$name' is not a stage; stages are lint test sanitizers fuzz soak fresh readme" >&2; exit 2 ;;
  esac
done

[ ${#failed[@]} -eq 0 ] || { printf 'nightly: FAILED: %s\n' "${failed[*]}"; exit 1; }
echo "nightly: all passed"
