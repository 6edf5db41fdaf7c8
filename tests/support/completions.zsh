# Run by completions.sh: an interactive zsh on a terminal of its own, in which what is offered is printed instead of shown.

zmodload zsh/zpty
zpty shell zsh -f -i

ask() {
    zpty -w shell "$1"
}

ask 'PS1= PS2=; stty -echo; unsetopt zle 2>/dev/null; setopt zle'
ask "fpath=($COMPLETION_DIRECTORY \$fpath)"
# What the functions of zsh itself complete is looked up once, and kept for the next call.
ask "autoload -Uz compinit; compinit -u -C -d $COMPLETION_DUMP"
ask 'autoload -Uz _osm-notes-exportd; compdef _osm-notes-exportd osm-notes-exportd'
# What would be added, with what all of it begins and ends with; nothing is added, so that nothing is shown.
ask 'compadd() {
    local -a hits texts
    local suffix= i
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    [[ ${@[(I)-S]} -eq 0 ]] || suffix=${@[$((${@[(I)-S]} + 1))]}
    builtin compadd -A hits "$@"
    texts=()
    [[ ${@[(I)-d]} -eq 0 ]] || texts=(${(P)${@[$((${@[(I)-d]} + 1))]}})
    for ((i = 1; i <= $#hits; i++)); do
        print -r -- "<offer>$hits[i]$suffix<tab>${texts[i]#*-- }<end>"
    done
}'
ask 'offer() { zle complete-word; print -r -- "<done>"; exit }'
ask 'zle -N offer; bindkey "^I" offer; print -r -- "<rea""dy>"' # its echo is not the answer
zpty -r shell ignored '*<ready>*'
zpty -w -n shell "$COMPLETION_LINE"$'\t'
zpty -r shell output '*<done>*'
print -r -- "$output" | sed -n 's/\r$//; s/.*<offer>\(.*\)<tab>\(.*\)<end>.*/\1\t\2/p'
