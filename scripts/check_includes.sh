#!/usr/bin/env bash
# Checks that each folder of a source tree includes only itself and the folders before it: check_includes.sh [TREE].
# The order follows the path of the data. Violations are printed as file:line.
set -euo pipefail
order="base kernels data luminosity parameters circuits normalization learning training studies statistics report program"
cd "${1:-$(dirname "$0")/../src}"

find . -mindepth 2 -type f \( -name '*.hpp' -o -name '*.cpp' \) | sed 's|^\./||' | LC_ALL=C sort |
  xargs -r awk -v order="$order" '
    BEGIN { count = split(order, names, " "); for (i = 1; i <= count; i++) place[names[i]] = i }
    function wrong(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; failed = 1 }
    FNR == 1 {
      folder = FILENAME; sub("/.*", "", folder)
      if (!(folder in place)) wrong("the folder " folder "/ is not in the order; add it to scripts/check_includes.sh")
    }
    /^[ \t]*#[ \t]*include[ \t]*"[^"]*\// {
      included = $0; sub("^[^\"]*\"", "", included); sub("/.*", "", included)
      if (!(included in place)) wrong("includes \"" included "/...\", which is not a folder in the order of scripts/check_includes.sh")
      else if ((folder in place) && place[included] > place[folder])
        wrong(folder "/ includes " included "/, which comes after it (" order ")")
    }
    END { exit failed }'
