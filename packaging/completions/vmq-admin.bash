# Completion of vmq-admin for bash. The program knows its command lines, and asks a running broker for what is in them.
_vmq_admin() {
    local line=${COMP_LINE:0:COMP_POINT} words=() rest word i candidate typed start glued
    # Bash cuts words at = and : too; a piece without a blank before it belongs to the word before.
    rest=$line
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${rest#"${rest%%[![:space:]]*}"}
        glued=
        [[ $i -gt 0 && $word == "$rest" ]] && glued=yes
        rest=$word
        if ((i < COMP_CWORD)); then
            word=${COMP_WORDS[i]}
            rest=${rest#"$word"}
        fi
        if [[ $glued ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
    done
    typed=${words[${#words[@]} - 1]}
    # Bash replaces what follows the last of these, so that is what it is given.
    start=${COMP_WORDBREAKS//[[:space:]]/}
    start=${typed##*["$start"]}
    start=${typed%"$start"}
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        candidate=${candidate#"$start"}
        if [[ $candidate == *[^[:alnum:]_@%+=:,./-]* && $typed != *[\'\"]* ]]; then
            printf -v candidate %q "$candidate"
        fi
        COMPREPLY+=("$candidate")
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    case ${COMPREPLY[0]-} in
    *[=/,]) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _vmq_admin vmq-admin
