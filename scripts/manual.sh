#!/usr/bin/env bash
# Writes a manual page for the program and one for each of its verbs, from their --help: manual.sh PROGRAM HELP2MAN FOLDER.
set -euo pipefail
program=$1 help2man=$2 folder=$3
rm -rf "$folder" && mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verbs_of() { # VERB... : the names below "Subcommands:"
  "$program" "$@" --help | sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p'
}

page() { # VERB...
  local name
  name=$(IFS=-; echo "chandelier${*:+-$*}")
  # help2man runs one command without arguments, so each verb becomes one.
  cat >"$work/$name" <<EOF_COMMAND
#!/bin/sh
case \$1 in --version) "$program" --version | sed "s/^chandelier/$name/"; exit ;; esac
exec "$program" $* --help
EOF_COMMAND
  chmod +x "$work/$name"
  "$help2man" --no-info --section 1 --name "$("$program" "$@" --help | sed -n '1s/\.$//p')" \
    --source Chandelier --manual "Chandelier" --output "$folder/$name.1" "$work/$name"
}

page
while read -r verb; do
  page "$verb"
  while read -r below; do
    [ -z "$below" ] || page "$verb" "$below"
  done <<<"$(verbs_of "$verb")"
done <<<"$(verbs_of)"
