complete --keep-order --exclusive --command dirsync --arguments "(COMPLETE=fish dirsync -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
