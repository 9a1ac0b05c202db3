#!/usr/bin/env bash
# Checks the format, the order of includes and what clang-tidy finds; says all that is wrong before it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in clang-format clang-tidy; do
  command -v $tool >/dev/null || { echo "lint: $tool is not installed; make setup-ci installs it" >&2; exit 1; }
done

# clang-tidy needs the commands of the compiler and the header that is generated.
scripts/build.sh release chandelier_commit

status=0
find src python tests fuzz bench \( -name '*.hpp' -o -name '*.cpp' \) -print0 | xargs -0 clang-format --dry-run -Werror ||
  { echo "lint: clang-format -i FILE mends the format" >&2; status=1; }
scripts/check_includes.sh || status=1
MAKEFLAGS='' make --no-print-directory -f scripts/tidy.mk -j "$(getconf _NPROCESSORS_ONLN)" --keep-going --output-sync || status=1
exit $status
