function __zoetrope_complete
  for line in (CALLED complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c zoetrope -f -a '(__zoetrope_complete)'
