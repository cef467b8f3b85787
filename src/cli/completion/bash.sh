# Words are handed over as words: what is typed is never run.
_zoetrope() {
  local value about word="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS=$'\t' read -r value about; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${word#=}")
    else
      COMPREPLY+=("$value")
    fi
  done < <(CALLED complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _zoetrope zoetrope
