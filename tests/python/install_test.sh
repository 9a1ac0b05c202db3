#!/usr/bin/env bash
# `pip install .` of a package that was built, in an environment that sees Debian's packages and nothing of the network:
# install_test.sh PYTHON SOURCE BUILD. (`make fresh` compiles it, too.)
set -euo pipefail

skip() { # REASON
  printf 'python_install: Skipped\n%s\n' "$1"
  exit 77
}
[ -n "$1" ] || skip "Python's headers, NumPy or pybind11 are not installed"
"$1" -c "import ensurepip" 2>/dev/null || skip "Python cannot make environments (Debian: python3-venv)"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" -m venv --system-site-packages "$folder/environment"
cd "$2"
"$folder/environment/bin/pip" install --no-index --disable-pip-version-check . --config-settings build="$3"
cd "$folder"
version=$(sed -nE 's/^project\(chandelier VERSION ([0-9.]+).*/\1/p' "$2/CMakeLists.txt")
"$folder/environment/bin/python" - "$version" "$folder/environment" <<'EOF'
import sys

import numpy as np

import chandelier

assert chandelier.__version__ == sys.argv[1], chandelier.__version__
assert chandelier.__file__.startswith(sys.argv[2]), chandelier.__file__
network = chandelier.Network(chandelier.Settings(width=8), inputs=9)
assert network.forward(np.zeros((3, 9), np.float32))["logits"].shape == (3, 10)
print("installed", chandelier.__version__, "in", chandelier.__file__)
EOF
