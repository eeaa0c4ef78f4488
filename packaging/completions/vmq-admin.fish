# Completion of vmq-admin for fish. The program knows its command lines, and asks a running broker for what is in them.
function __vmq_admin_complete
    set -l words (commandline -opc)
    $words[1] __complete $words[2..-1] (commandline -ct | string unescape) 2>/dev/null
end
complete -c vmq-admin -f -a '(__vmq_admin_complete)'
