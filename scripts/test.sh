#!/usr/bin/env bash
# Builds a preset and runs its tests: test.sh PRESET [FLAGS of ctest]. With CHANDELIER_NO_SKIPS=1, skipped tests are an
# error, unless the reason is the CPU. TARGET builds only one test program; choose its label with -L.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
scripts/build.sh "$preset" ${TARGET:+"$TARGET"}

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# The sanitizers of this compiler fail if the kernel randomizes addresses over too wide a range.
fixed=()
case $preset in *san*) ! setarch -R true 2>/dev/null || fixed=(setarch -R) ;; esac
"${fixed[@]}" ctest --preset "$preset" --parallel "$(getconf _NPROCESSORS_ONLN)" "$@" --output-junit "$report"

skipped=$(sed -n '/: Skipped$/{n;s/^/skipped: /p;}' "$report") # ctest does not print the reasons
[ -z "$skipped" ] || echo "$skipped"
if [ "${CHANDELIER_NO_SKIPS:-}" = 1 ]; then
  ! head -n 10 "$report" | grep -qE '^\s*disabled="[1-9]' || { echo "test: tests are disabled" >&2; exit 1; }
  ! grep -v '^skipped: this CPU has no ' <<<"${skipped:-skipped: this CPU has no need}" >/dev/null ||
    { echo "test: tests were skipped, which CHANDELIER_NO_SKIPS=1 forbids" >&2; exit 1; }
fi
