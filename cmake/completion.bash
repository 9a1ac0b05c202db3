# Bash completion for chandelier. It asks the program's --help, so it always knows the program's verbs, options and choices.

_chandelier() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local -a verb=()
  local word help verbs options choices
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word =~ ^[a-z][a-z-]*$ ]] || break
    verb+=("$word")
    [[ ${verb[0]} == study && ${#verb[@]} -lt 2 ]] || break
  done
  help=$("$program" "${verb[@]}" --help 2>/dev/null) || return

  # The choices of the option before: "One of a, b, c." in its help.
  if [[ $previous == --* ]]; then
    choices=$(awk -v option="$previous" '
      $1 ~ /^-/ { here = $1 == option; text = "" }
      here { text = text " " $0 }
      here && match(text, /One of [^.;]*[.;]/) { print substr(text, RSTART + 7, RLENGTH - 8); exit }' <<<"$help")
    if [[ -n $choices ]]; then
      mapfile -t COMPREPLY < <(compgen -W "${choices//,/ }" -- "$current")
      return
    fi
  fi
  if [[ $current == -* ]]; then
    options=$(grep -oE '(^| |,)--[a-z][a-z-]*' <<<"$help" | tr -d ' ,' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  verbs=$(sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help")
  if [[ -n $verbs ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _chandelier chandelier
