#!/usr/bin/env bash
# docs/add_an_error_normalization.md says that a rule takes four files, and lists them: those of its example must be
# just the files that name it.
set -euo pipefail
cd "$(dirname "$0")/../.."
guide=docs/add_an_error_normalization.md

listed=$(sed -n 's/^| `\([a-z_/]*error_<name>[^`]*\|src[^`]*\|tests[^`]*\)` |.*/\1/p' "$guide" | sed 's/<name>/dendritic/' | LC_ALL=C sort)
naming=$(grep -rlE 'error_dendritic\b|"dendritic"' src tests/support | LC_ALL=C sort)
[ "$(wc -l <<<"$listed")" -le 4 ] || { echo "the guide lists more than four files"; exit 1; }
[ "$listed" = "$naming" ] || { diff <(echo "$listed") <(echo "$naming"); echo "the guide lists other files (<)"; exit 1; }
