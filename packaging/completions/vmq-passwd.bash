# Written by cargo xtask man.
_vmq_passwd() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    -H) COMPREPLY=($(compgen -W 'sha512 sha512-pbkdf2' -- "$cur")); return ;;
    -I) :; return ;;
    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W '-c -cf -D -U -b --stdin -H -I --force --list --verify -h --help --version' -- "$cur")) ;;
    *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")) ;;
    esac
}
complete -F _vmq_passwd vmq-passwd
