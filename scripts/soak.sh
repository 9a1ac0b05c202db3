#!/usr/bin/env bash
# Kills and restarts a small study, single runs and two processes on one study folder at random moments, and compares
# their results with those of undisturbed ones: soak.sh [MINUTES] (60). It continues until the time is over and the two
# processes have been killed 200 times (PAIR_KILLS). SEED=N repeats the moments of a soak, as far as the machine runs at
# the same speed. A failure leaves its folder, in which moments.log lists them. PROGRAM and DATA name another program and
# another folder of IDX files.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60} seed=${SEED:-$RANDOM} pair_kills_wanted=${PAIR_KILLS:-200}
program=$(realpath "${PROGRAM:-build/chandelier}") data=${DATA:-/usr/share/datasets/fashion-mnist}
folder=$(mktemp -d)
RANDOM=$seed SECONDS=0
kills=0 pair_kills=0 restarts=0 comparisons=0 rounds=0 process=
pair=("" "")

fail() { # WHAT
  echo "soak: $1" >&2
  echo "soak: all files are kept in $folder; to try again: ${PROGRAM:+PROGRAM=$PROGRAM }${DATA:+DATA=$DATA }SEED=$seed scripts/soak.sh $minutes" >&2
  exit 1
}
trap 'kill -KILL $process ${pair[*]} 2>/dev/null || true' EXIT

big_endian() { # NUMBER
  printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}

first() { # NAME BYTES_OF_HEADER BYTES_OF_ITEM COUNT: the first items of an IDX file of the data
  local from=$data/$1
  [ -r "$from" ] || from=$data/$1.gz
  {
    gzip -cdf "$from" | head -c 4
    big_endian "$4"
    gzip -cdf "$from" | head -c $(($2 + $3 * $4)) | tail -c +9
  } >"$folder/data/$1" 2>"$folder/data.log" || true # head closes the pipe early, which gzip reports
  [ "$(stat -c %s "$folder/data/$1")" -eq $(($2 + $3 * $4)) ] || fail "$from contains fewer than $4 items"
}

mkdir "$folder/data"
first train-images-idx3-ubyte 16 784 2000
first train-labels-idx1-ubyte 8 1 2000
first t10k-images-idx3-ubyte 16 784 300
first t10k-labels-idx1-ubyte 8 1 300

cat >"$folder/plan.toml" <<EOF_PLAN
conditions = ["e-ln", "ei", "inorm-full"]
seeds = 2
[settings]
data = "$folder/data"
width = 20
epochs = 4
momentum = 0.5
EOF_PLAN

study() { # FOLDER
  exec "$program" study run "$folder/plan.toml" --jobs 2 --out "$1"
}
single() { # FOLDER
  local resume=()
  [ ! -e "$1" ] || resume=(--resume)
  exec "$program" train --condition inorm-full --width 30 --epochs 6 --measure reference --data "$folder/data" --out "$1" \
    "${resume[@]}"
}

same_runs() { # REFERENCE FOLDER
  cmp "$1/weights.safetensors" "$2/weights.safetensors" &&
    cmp "$1/test_predictions.safetensors" "$2/test_predictions.safetensors" &&
    cmp <(cut -d, -f1,3- "$1/metrics.csv") <(cut -d, -f1,3- "$2/metrics.csv")
}

interrupt() { # KIND FOLDER: starts it and kills it, again and again, until it finishes
  local tries code signals=(KILL TERM INT) signal moment pause
  for ((tries = 0; ; tries++)); do
    [ "$tries" -lt 200 ] || fail "$2 has not finished after 200 starts"
    "$1" "$2" >>"$2.log" 2>&1 &
    process=$!
    signal=${signals[RANDOM % 3]} moment=$((RANDOM % ${longest[$1]}))
    # Every eighth start is left alone, so that every round ends.
    if [ $((tries % 8)) -lt 7 ]; then
      printf -v pause '%d.%03d' $((moment / 1000)) $((moment % 1000))
      sleep "$pause"
      if kill -"$signal" "$process" 2>/dev/null; then
        kills=$((kills + 1))
        echo "round $rounds, $1: $signal after $pause s" >>"$folder/moments.log"
      fi
    fi
    code=0
    { wait "$process" || code=$?; } 2>/dev/null # without the shell's message that it was killed
    process=
    case $code in
      0) return ;;
      130 | 137 | 143) restarts=$((restarts + 1)) ;;
      *) fail "$2 ended with code $code; see $2.log" ;;
    esac
  done
}

start_of_pair() { # 0|1 FOLDER
  "$program" study run "$folder/plan.toml" --jobs 1 --out "$2" >>"$2.$1.log" 2>&1 &
  pair[$1]=$!
}

end_of_pair() { # 0|1 FOLDER: waits for one of the two, which may have been killed
  local code=0
  { wait "${pair[$1]}" || code=$?; } 2>/dev/null
  pair[$1]=
  case $code in
    0) ;;
    137) restarts=$((restarts + 1)) ;;
    *) fail "one of two processes on $2 ended with code $code; see $2.$1.log" ;;
  esac
}

finished_in() { # FOLDER: prints the finished runs, each with a hash of its records
  local run
  for run in "$1"/runs/*; do
    ! grep -qs '"status": "finished"' "$run/run.json" ||
      echo "${run##*/} $(cat "$run"/run.json "$run"/metrics.csv "$run"/weights.safetensors | sha256sum)"
  done
}

interrupt_pair() { # FOLDER: two processes share it, and one of them is killed again and again until all runs are done
  local which moment pause tries
  : >"$1.finished"
  for ((tries = 0; tries < 40; tries++)); do
    for which in 0 1; do
      [ -n "${pair[$which]}" ] || start_of_pair "$which" "$1"
    done
    moment=$((RANDOM % (longest[study] / 2))) which=$((RANDOM % 2))
    printf -v pause '%d.%03d' $((moment / 1000)) $((moment % 1000))
    sleep "$pause"
    finished_in "$1" >>"$1.finished"
    kill -0 "${pair[$which]}" 2>/dev/null || break # they have finished
    kill -KILL "${pair[$which]}" 2>/dev/null || break
    kills=$((kills + 1)) pair_kills=$((pair_kills + 1))
    echo "round $rounds, pair: KILL of $which after $pause s" >>"$folder/moments.log"
    end_of_pair "$which" "$1"
  done
  for which in 0 1; do
    [ -z "${pair[$which]}" ] || end_of_pair "$which" "$1"
  done
  # A last process finds that all is done and must leave nothing behind.
  start_of_pair 0 "$1"
  end_of_pair 0 "$1"
  [ ! -e "$1/leases" ] || fail "leases are left over in $1/leases"
  # Runs that had finished must be unchanged.
  finished_in "$1" >"$1.end"
  [ -z "$(sort -u "$1.finished" | comm -23 - <(sort "$1.end"))" ] || fail "a run in $1 was finished twice"
}

check() { # REFERENCE FOLDER
  same_runs "$1" "$2" >&2 || fail "$2 is not equal to the undisturbed $1"
  local left
  left=$(find "$2" -name '.chandelier-*' -o -name 'set-aside-*' -o -name checkpoint.safetensors)
  [ -z "$left" ] || fail "files are left over: $left"
  comparisons=$((comparisons + 1))
}

declare -A longest # upper limit of the time until a kill, in ms: a little longer than an undisturbed run takes
for kind in study single; do
  begin=$(date +%s%N)
  ("$kind" "$folder/$kind-alone") >"$folder/$kind-alone.log" 2>&1 || fail "the undisturbed $kind failed; see $folder/$kind-alone.log"
  longest[$kind]=$((($(date +%s%N) - begin) / 1000000 * 6 / 5))
done
echo "soak: $minutes minutes, seed $seed, in $folder; signals within ${longest[study]} ms of a study, ${longest[single]} ms of a run"

said=0
kinds=(single study pair)
while [ "$SECONDS" -lt $((minutes * 60)) ] || [ "$pair_kills" -lt "$pair_kills_wanted" ]; do
  kind=${kinds[rounds % 3]}
  [ "$SECONDS" -lt $((minutes * 60)) ] || kind=pair
  if [ "$kind" = pair ]; then interrupt_pair "$folder/pair"; else interrupt "$kind" "$folder/$kind"; fi
  if [ "$kind" = single ]; then
    check "$folder/single-alone" "$folder/single"
  else
    for run in "$folder/study-alone/runs/"*; do check "$run" "$folder/$kind/runs/${run##*/}"; done
  fi
  rm -rf "${folder:?}/$kind" "$folder/$kind".*
  rounds=$((rounds + 1))
  if [ $((SECONDS / 60)) -gt "$said" ]; then
    said=$((SECONDS / 60))
    echo "soak: $said min, $rounds rounds, $kills kills ($pair_kills of two processes on one folder), $restarts restarts, $comparisons comparisons"
  fi
done
rm -rf "$folder"
echo "soak: all equal. $rounds rounds, $kills kills ($pair_kills of two processes on one folder), $restarts restarts, $comparisons comparisons in $((SECONDS / 60)) minutes (seed $seed)"
