#!/usr/bin/env bash
# Checks format, include order and clang-tidy's findings, and reports all problems before it fails. With LINT=changed,
# clang-tidy checks only files changed since the merge base with main or, on main itself, since the last release.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in clang-format clang-tidy; do
  command -v $tool >/dev/null || { echo "lint: $tool is not installed; make setup-ci installs it" >&2; exit 1; }
done

base() { # prints a commit, or nothing if it is unknown; everything is checked then
  [ "${LINT:-all}" = changed ] || return 0
  local merge_base
  merge_base=$(git merge-base HEAD origin/main 2>/dev/null) || true
  if [ -n "$merge_base" ] && [ "$merge_base" != "$(git rev-parse HEAD)" ]; then
    echo "$merge_base"
  elif [ "$(git rev-parse --is-shallow-repository)" = false ]; then # the last tag, or the commit that set the version
    git describe --tags --abbrev=0 HEAD^ 2>/dev/null ||
      git log -1 --format=%H -G'^project\(chandelier VERSION' HEAD^ -- CMakeLists.txt || true
  fi
}

status=0
find src python tests fuzz bench examples \( -name '*.hpp' -o -name '*.cpp' \) -print0 | xargs -0 clang-format --dry-run -Werror ||
  { echo "lint: clang-format -i FILE fixes the format" >&2; status=1; }
scripts/check_includes.sh || status=1
MAKEFLAGS='' make --no-print-directory -f scripts/tidy.mk BASE="$(base)" -j "$(getconf _NPROCESSORS_ONLN)" --keep-going \
  --output-sync || status=1
exit $status
