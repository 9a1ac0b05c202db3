#!/usr/bin/env bash
# Configures a preset and builds it, or one of its targets: build.sh PRESET [TARGET]. WERROR=ON turns warnings into errors.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset "$1" -DCMAKE_COMPILE_WARNING_AS_ERROR="${WERROR:-OFF}" >/dev/null
cmake --build --preset "$1" ${2:+--target "$2"}
