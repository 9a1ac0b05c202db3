#!/usr/bin/env bash
# Installs from Debian what is missing to run and test Chandelier. --python adds what `make python` needs, --package what
# `make package` needs, and --ci all of this and other optional tools: those of `make lint`, `bench`, `fuzz`, `fresh` and
# heavy tests. It looks for commands, headers and files instead of packages, because they may come from elsewhere.
set -euo pipefail
read -ra compiler <<<"${CXX:-c++}"

needs() { # kind, name to look for (alternatives separated by |), Debian package that provides it
  cat <<EOF_NEEDS
command ${compiler[0]} g++
command cmake cmake
command ninja ninja-build
header hwy/highway.h libhwy-dev
header Eigen/Core|eigen3/Eigen/Core libeigen3-dev
header Random123/philox.h librandom123-dev
header fmt/format.h libfmt-dev
header nlohmann/json.hpp nlohmann-json3-dev
header toml++/toml.h libtomlplusplus-dev
header CLI/CLI.hpp libcli11-dev
header zlib.h zlib1g-dev
header png.h libpng-dev
header openssl/evp.h libssl-dev
header boost/math/distributions/normal.hpp libboost-dev
header gtest/gtest.h libgtest-dev
header rapidcheck.h librapidcheck-dev
command npm npm
file /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz dataset-fashion-mnist
EOF_NEEDS
  case ${1:-} in --package | --ci) printf 'command %s\n' 'help2man help2man' 'dpkg-shlibdeps dpkg-dev' 'file file' ;; esac
  case ${1:-} in --python | --ci) ;; *) return 0 ;; esac
  cat <<EOF_NEEDS
header pybind11/pybind11.h pybind11-dev
python numpy python3-numpy
python_header Python.h python3-dev
EOF_NEEDS
  [ "$1" = --ci ] || return 0
  cat <<EOF_NEEDS
python pandas python3-pandas
python matplotlib python3-matplotlib
python pytest python3-pytest
python ensurepip python3-venv
python nbclient python3-nbclient
python ipykernel python3-ipykernel
command ccache ccache
header benchmark/benchmark.h libbenchmark-dev
command debootstrap debootstrap
command slurmctld|/usr/sbin/slurmctld slurmctld
command slurmd|/usr/sbin/slurmd slurmd
command sbatch slurm-client
command clang-format clang-format
command clang-tidy clang-tidy
command clang++ clang
command chromium|chromium-browser|google-chrome chromium
command clang-scan-deps|clang-scan-deps-14|clang-scan-deps-19 clang-tools
clang libclang_rt.fuzzer-$(uname -m).a|libclang_rt.fuzzer.a libclang-rt-dev
EOF_NEEDS
}

has_header() { # HEADER
  printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$1" | "${compiler[@]}" -x c++ -E - &>/dev/null
}

# Runs the first Python that has NumPy, as in python/CMakeLists.txt.
python() { # ARGUMENT...
  local candidate
  for candidate in python3 /usr/bin/python3; do
    ! "$candidate" -c "import numpy" &>/dev/null || { "$candidate" "$@" &>/dev/null; return; }
  done
  return 1
}

is_there() { # KIND ALTERNATIVE...
  local kind=$1 name
  for name in "${@:2}"; do
    case $kind in
      command) command -v "$name" >/dev/null && return ;;
      header) has_header "$name" && return ;;
      file) [ -r "$name" ] && return ;;
      python) python -c "import $name" && return ;;
      python_header) python -c "import os, sysconfig; os.stat(os.path.join(sysconfig.get_path('include'), '$name'))" && return ;;
      clang) [ -r "$(clang++ --print-file-name="$name" 2>/dev/null)" ] && return ;; # a library of clang
    esac
  done
  return 1
}

look() { # fills `things` and `packages` with what is missing
  things=() packages=()
  local kind names package alternatives
  while read -r kind names package; do
    IFS='|' read -ra alternatives <<<"$names"
    is_there "$kind" "${alternatives[@]}" && continue
    things+=("${alternatives[0]}") packages+=("$package")
  done <<<"$(needs "$@")"
}

fail() { # REASON
  printf 'setup: %s. Missing: %s. These Debian packages contain them: %s.\n' "$1" "${things[*]}" "${packages[*]}" >&2
  exit 1
}

# Installs the library that controls the browser in a test; Debian does not package it.
browser_driver() {
  local folder
  folder=$(dirname "$0")/../tests/browser
  [ "${1:-}" != --ci ] || [ -d "$folder/node_modules/playwright-core" ] && return
  echo "setup: downloading playwright-core for the browser test of the report"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
    echo "setup: npm could not download playwright-core, so the browser test of the report will be skipped" >&2
}

look "$@"
[ ${#things[@]} -gt 0 ] || { browser_driver "$@"; exit 0; }
command -v apt-get >/dev/null || fail "apt-get is not available, so please install these yourself; cmake --preset release builds without this check"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "installing needs root, and sudo is not available"
  as_root=(sudo)
fi
apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"; }

echo "setup: installing ${packages[*]}"
apt_get update || echo "setup: apt-get update failed; trying the existing package lists" >&2
apt_get install -y --no-install-recommends "${packages[@]}" </dev/null || fail "apt-get could not install all packages"
look "$@"
[ ${#things[@]} -eq 0 ] || fail "some dependencies are still missing after the installation"
browser_driver "$@"
