#!/usr/bin/env bash
# Fuzzes everything that reads input: fuzz.sh [SECONDS for each]. Inputs that fail are saved in build-fuzz/found. Once the
# bug is fixed, add them to fuzz/corpus, which the tests also read.
set -euo pipefail
cd "$(dirname "$0")/.."
export seconds=${1:-60} work=build-fuzz
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: '$seconds' is not a whole number of seconds" >&2; exit 2; }
command -v clang++ >/dev/null || { echo "fuzz: clang is not installed; make setup-ci installs it" >&2; exit 1; }

scripts/build.sh fuzz chandelier_fuzz

fuzz() { # TARGET; libFuzzer writes only to the first folder, so the corpus in the repository stays unchanged
  local target=$1 log=$work/$1.log status=0
  local repeat=("$work/chandelier_fuzz" "--target=$target" -malloc_limit_mb=1000 -rss_limit_mb=2560 -timeout=30)
  local flags=(-max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$work/found/$target-")
  [ ! -f "fuzz/$target.dict" ] || flags+=(-dict="fuzz/$target.dict")
  mkdir -p "$work/corpus/$target" "$work/found"
  "${repeat[@]}" "${flags[@]}" "$work/corpus/$target" "fuzz/corpus/$target" &>"$log" || status=$?

  local executions before after
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  before=$(sed -nE 's/.*INITED cov: ([0-9]+).*/\1/p' "$log")
  after=$(sed -nE 's/.* cov: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  if [ $status -eq 0 ]; then
    printf '%-12s %9s executions, %5s edges, %4s of them new: nothing found\n' \
      "$target" "$executions" "$after" $((after - before))
    return
  fi
  printf '%-12s FOUND: %s\n  the full output is in %s; repeat it with: %s\n' "$target" \
    "$(grep -m 1 -E 'what\(\)|runtime error|ERROR' "$log" || echo "exit code $status")" "$log" \
    "${repeat[*]} $(sed -n 's/.*Test unit written to //p' "$log" | head -n 1)"
  return 1
}
export -f fuzz

fixed=() # sanitizers fail if the kernel randomizes addresses over too wide a range
! setarch -R true 2>/dev/null || fixed=(setarch -R)
find fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f\n' | sort |
  xargs -P "$(getconf _NPROCESSORS_ONLN)" -I TARGET "${fixed[@]}" bash -c 'set -euo pipefail; fuzz TARGET' || exit 1
