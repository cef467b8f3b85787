_zoetrope() {
  local line tab=$'\t'
  local -a described
  for line in "${(@f)$(CALLED complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then _files
    elif [[ -n $line ]]; then described+=("${${line%%$tab*}//:/\\:}:${line#*$tab}")
    fi
  done
  (( $#described )) && _describe zoetrope described
}
compdef _zoetrope zoetrope
