# Written by cargo xtask man.
_vmq_console() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    --socket) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --node) :; return ;;
    --view) COMPREPLY=($(compgen -W 'overview sessions topics traces hot listeners cluster plugins logs' -- "$cur")); return ;;
    --filter) :; return ;;
    --interval) :; return ;;
    --count) :; return ;;
    esac
    COMPREPLY=($(compgen -W '--socket --node --view --filter --interval --read-only --ascii --no-mouse --once --count -h --help -V --version' -- "$cur"))
}
complete -F _vmq_console vmq-console
