#!/usr/bin/env bash
# Tests the report of a small real study in a browser: report_test.sh CHANDELIER. Skipped, with the reason, if node,
# Chromium or playwright-core is missing; `make setup-ci` installs them.
set -euo pipefail
here=$(dirname "$0")

skip() { # REASON
  printf 'report_in_browser: Skipped\n%s\n' "$1"
  exit 77
}
command -v node >/dev/null || skip "node is not installed"
[ -d "$here/node_modules/playwright-core" ] || skip "playwright-core is not installed in tests/browser"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "Chromium is not installed"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
node "$here/report_test.mjs" "$1" "$browser" "$folder" || status=$?
[ $status -ne 77 ] || skip "this build has no libraries to draw figures with"
exit $status
