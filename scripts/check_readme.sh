#!/usr/bin/env bash
# Checks that the tables in README.md are exactly those that the quick study prints on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release chandelier
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build/chandelier study run studies/quick.toml --out "$folder/quick" >"$folder/log"
build/chandelier study table "$folder/quick" >"$folder/table"

# The tables of README.md: indented blocks below "Test accuracy after ..." and "Differences in ...".
awk '/^    (Test accuracy after|Differences in)/ { inside = 1 } !/^    / { inside = 0 } inside { print substr($0, 5) }' \
  README.md >"$folder/readme"
[ -s "$folder/readme" ] || { echo "readme: README.md contains no table" >&2; exit 1; }
missing=$(grep -vxFf <(sed 's/ *$//' "$folder/table") "$folder/readme") || true
[ -z "$missing" ] || { printf 'readme: the quick study does not print these lines of README.md:\n%s\n' "$missing" >&2; exit 1; }
