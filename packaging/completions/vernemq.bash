# Written by cargo xtask man.
_vernemq() {
    local cur=${COMP_WORDS[COMP_CWORD]} verb= words= i
    COMPREPLY=()
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    -c | --config) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --timeout) :; return ;;
    -l) COMPREPLY=($(compgen -W 'debug' -- "$cur")); return ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config) ((i++)) ;;
        -*) ;;
        *) verb=${COMP_WORDS[i]}; break ;;
        esac
    done
    case $verb in
    '') words='start stop restart reload console run ping attach attach-direct chkconfig config version getpid help' ;;
    stop) words='--timeout' ;;
    console) words='--tui' ;;
    run) words='--tui' ;;
    attach-direct) words='-f' ;;
    chkconfig) words='--strict' ;;
    config) words='effective describe generate -l' ;;
    esac
    COMPREPLY=($(compgen -W "$words -c --config -h --help -V --version" -- "$cur"))
}
complete -F _vernemq vernemq
