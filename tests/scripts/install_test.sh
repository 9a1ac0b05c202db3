#!/usr/bin/env bash
# `cmake --install` as a user without root has it: the program runs from its prefix, and a C++ program is built with the
# installed library: install_test.sh BUILD SOURCE. A build with sanitizers is not for installing.
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/log" || { cat "$work/log"; exit 1; }

for file in bin/chandelier share/bash-completion/completions/chandelier share/chandelier/studies/quick.toml \
  share/doc/chandelier/LICENSE include/chandelier/learning/network.hpp; do
  [ -f "$work/prefix/$file" ] || { echo "$file was not installed"; exit 1; }
done
[ ! -e "$work/prefix/include/chandelier/program" ] || { echo "headers of the program were installed"; exit 1; }
"$work/prefix/bin/chandelier" study plan "$work/prefix/share/chandelier/studies/quick.toml" | grep "40 runs" >/dev/null
# The manual pages, where help2man is installed.
if command -v help2man >/dev/null; then
  cmake --build "$build" --target chandelier_manual >/dev/null
  cmake --install "$build" --prefix "$work/prefix" >/dev/null
  grep -q 'error\\-norm' "$work/prefix/share/man/man1/chandelier-train.1"
fi

# Completion: verbs, options, and the choices of an option.
completes() { # EXPECTED WORD...
  local expected=$1
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _chandelier
  [[ " ${COMPREPLY[*]} " == *" $expected "* ]] || { echo "after '$*', completion offers: ${COMPREPLY[*]}"; exit 1; }
}
PATH=$work/prefix/bin:$PATH
source "$work/prefix/share/bash-completion/completions/chandelier"
completes report chandelier rep
completes compare chandelier study co
completes --lr-wix chandelier train --lr
completes kolen-pollack chandelier train --feedback ""

cmake -S "$source/examples/cpp" -B "$work/example" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release \
  >"$work/log" && cmake --build "$work/example" >>"$work/log" || { cat "$work/log"; exit 1; }
TMPDIR=$work "$work/example/own_rule" >"$work/accuracies"
cat "$work/accuracies"
[ "$(grep -cE '^(none|limited|full) +[5-9][0-9]\.[0-9]{2} %$' "$work/accuracies")" -eq 3 ]
