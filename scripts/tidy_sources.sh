#!/usr/bin/env bash
# Prints the source files that clang-tidy must check: tidy_sources.sh WORK [BASE]. With BASE, a commit, only files that
# have changed since then or include a header that has. Writes WORK/dependencies.mk, the includes of each file, for make.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$1 base=${2:-}

scan=$(compgen -c clang-scan-deps | sort -V | tail -n 1) || true
[ -n "$scan" ] || { echo "lint: clang-scan-deps is not installed; make setup-ci installs it" >&2; exit 1; }
mkdir -p "$(dirname "$work")"
cmake -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >"$work.log" 2>&1 ||
  { cat "$work.log" >&2; exit 1; }
cmake --build "$work" --target chandelier_commit >/dev/null # makes a header that is included
touch "$work/generated/page_parts.cpp"                      # also generated, but not checked

# "folder/CMakeFiles/target.dir/file.cpp.o: ..." becomes "WORK/src/folder/file.cpp.ok: ..."; only files of the project matter.
"$scan" -compilation-database="$work/compile_commands.json" |
  sed -e ':a' -e '/\\$/N; s/\\\n//; ta' |
  awk -v root="$PWD/" -v work="$work" '
    match($1, /^src\/CMakeFiles\/[a-z_]+\.dir\//) && $1 !~ /__/ {
      source = "src/" substr($1, RLENGTH + 1); sub(/\.o:$/, "", source)
      line = work "/" source ".ok:"
      for (i = 2; i <= NF; i++) if (index($i, root "src/") == 1) line = line " " substr($i, length(root) + 1)
      print line
    }' | LC_ALL=C sort -u >"$work/dependencies.mk"

if [ -n "$base" ] && changed=$(git diff --name-only "$base" -- 2>/dev/null) && ! grep -qx '\.clang-tidy' <<<"$changed"; then
  awk -v changed="$changed" '
    BEGIN { count = split(changed, files, "\n"); for (i = 1; i <= count; i++) is_changed[files[i]] = 1 }
    { for (i = 2; i <= NF; i++) if ($i in is_changed) { print $2; next } }' "$work/dependencies.mk"
else
  awk '{ print $2 }' "$work/dependencies.mk"
fi
