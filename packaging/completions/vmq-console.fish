# Written by cargo xtask man.
complete -c vmq-console -f
complete -c vmq-console -l socket -r -F -d 'The admin socket, else that of VMQ_ADMIN_SOCKET, else /run/vernemq/admin.sock'
complete -c vmq-console -l node -x -d 'A broker by its name in the settings file'
complete -c vmq-console -l view -x -a 'overview sessions topics traces hot listeners cluster plugins logs' -d 'The view at the start, overview, sessions, topics, traces, hot, listeners, cluster, plugins, logs'
complete -c vmq-console -l filter -x -d 'The filter of that view'
complete -c vmq-console -l interval -x -d 'Time between two pictures, 0.5s to 60s'
complete -c vmq-console -l read-only -d 'Look, and change nothing'
complete -c vmq-console -l ascii -d 'Draw with ASCII alone'
complete -c vmq-console -l no-mouse -d 'Leave the mouse to the terminal'
complete -c vmq-console -l once -d 'Print the view once as plain text; the default when standard output is no terminal'
complete -c vmq-console -l count -x -d 'Without a terminal, print it so many times, one interval apart'
complete -c vmq-console -s h -l help -d 'Print help'
complete -c vmq-console -s V -l version -d 'Print version'
