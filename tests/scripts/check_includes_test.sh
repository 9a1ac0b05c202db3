#!/usr/bin/env bash
# A tree in order passes; an include of a later or of an unknown folder is caught with its file and line.
set -euo pipefail
check=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree"/{base,circuits,learning}

printf '#include <vector>\n#include "commit.hpp"\n#include "base/error.hpp"\n' >"$tree/base/files.cpp"
printf '#include "base/files.hpp"\n#include "circuits/layer.hpp"\n' >"$tree/learning/update.hpp"
bash "$check" "$tree"

expect() { # FILE:LINE of what must be caught
  if found=$(bash "$check" "$tree"); then
    echo "not caught: $1"
    exit 1
  fi
  grep -qF "$1: " <<<"$found" || { printf 'caught in the wrong place: %s\n' "$found"; exit 1; }
}

printf '#pragma once\n\n#include "learning/update.hpp"\n' >"$tree/circuits/layer.hpp"
expect circuits/layer.hpp:3
rm "$tree/circuits/layer.hpp"

printf '#include "../base/error.hpp"\n' >"$tree/circuits/layer.cpp"
expect circuits/layer.cpp:1
rm "$tree/circuits/layer.cpp"

mkdir "$tree/elsewhere"
printf '#include "base/error.hpp"\n' >"$tree/elsewhere/file.cpp"
expect elsewhere/file.cpp:1
