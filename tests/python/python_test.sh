#!/usr/bin/env bash
# Tests the Python package: python_test.sh NAME PYTHON FOLDER CHANDELIER SANITIZERS [FLAGS of pytest]. Skipped, with the
# reason, where Python's packages are missing; `make setup-ci` installs them.
set -euo pipefail
name=$1
shift
here=$(dirname "$(realpath "$0")")

skip() { # REASON
  printf '%s: Skipped\n%s\n' "$name" "$1"
  exit 77
}
[ -n "$1" ] || skip "Python's headers, NumPy or pybind11 are not installed"
"$1" -c "import pytest, pandas, matplotlib, nbclient, ipykernel" 2>/dev/null ||
  skip "one of pytest, pandas, matplotlib, nbclient and ipykernel is not installed"

export PYTHONPATH=$2 CHANDELIER_PROGRAM=$3 PYTHONDONTWRITEBYTECODE=1
if [[ $4 == *address* ]]; then
  # The interpreter is not built with the sanitizer, so its library comes first; and what an interpreter never frees is
  # no leak of ours.
  LD_PRELOAD=$("${CXX:-c++}" -print-file-name=libasan.so):$("${CXX:-c++}" -print-file-name=libstdc++.so)
  export LD_PRELOAD ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc
fi
python=$1
shift 4
cd "$here"
exec "$python" -m pytest -q -p no:cacheprovider -W error::DeprecationWarning:chandelier "$@"
