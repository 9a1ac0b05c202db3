#!/usr/bin/env bash
# Configures a preset and builds a target of it: build.sh PRESET [TARGET].
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset "$1" >/dev/null
cmake --build --preset "$1" --target "${2:-all}"
