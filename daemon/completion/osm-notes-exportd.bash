# bash completion for osm-notes-exportd                                                          -*- shell-script -*-

# What a key may be set to, where that is one of some words; "/" for a path. Other keys take numbers, durations, names.
_osm_notes_exportd_values() {
    case $1 in
    run.standby | feed.publish | export.built_in) echo "true false" ;;
    log.level) echo "trace debug info warning error" ;;
    log.format) echo "text json" ;;
    output.precompress) echo "off gzip br gzip,br" ;;
    export.validation) echo "quarantine strict off" ;;
    http.listen) echo "127.0.0.1:9847 [::1]:9847 unix:/run/osm-notes-exportd/http.sock" ;;
    database.password_file | output.directory | output.version_file | export.schema_dir | log.file) echo "/" ;;
    esac
}

_osm_notes_exportd() {
    local commands="run once verify status check-config show-config allow-shrink changes check setup mirror"
    local options="--config --set --help --version"
    local keys="database.conninfo database.read_conninfo database.read_wait database.password_file database.schema database.channel
        database.runs_retention
        output.directory output.version_file output.metadata_heartbeat
        output.precompress output.gzip_level output.brotli_level
        schedule.debounce schedule.max_delay schedule.poll_interval schedule.full_interval
        schedule.full_request_interval
        export.workers export.batch_size export.index_max_size export.validation
        export.schema_dir export.built_in
        run.standby
        log.level log.format log.file log.file_mode
        http.listen
        feed.publish feed.retention
        hooks.after_publish hooks.timeout"

    # Not COMP_WORDS, which are split at "=" and ":" as well.
    local words word previous command="" i
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=("")
    word=${words[${#words[@]} - 1]} previous=${words[${#words[@]} - 2]}
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
        --config | --set | --id | --since | --database | --directory | --version-file) ((i++)) ;;
        *) [[ -n $command || " $commands " != *" ${words[i]} "* ]] || command=${words[i]} ;;
        esac
    done
    case $command in
    once) options+=" --full --force --dry-run --id --json" ;;
    verify) options+=" --repair --json" ;;
    status) options+=" --json --watch" ;;
    changes) options+=" --since --null" ;;
    check) options+=" --json" ;;
    setup) options+=" --database --directory --version-file --http --dry-run" ;;
    mirror) options+=" --once --verify" ;;
    esac

    if [[ $word == --config=* || $word == --set=* || $word == --id=* || $word == --since=* || $word == --directory=* || $word == --version-file=* || $word == --database=* ]]; then
        previous=${word%%=*} word=${word#*=}
    fi
    case $previous in
    --config) _osm_notes_exportd_paths "$word" ;;
    --set) _osm_notes_exportd_setting "$keys" "$word" ;;
    --directory | --version-file) _osm_notes_exportd_paths "$word" ;;
    --id | --since | --database) ;; # what there is, the database knows
    *)
        [[ -n $command ]] || options+=" $commands"
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        ;;
    esac
}

# _osm_notes_exportd_setting KEYS WORD: section.key=, then a value.
_osm_notes_exportd_setting() {
    local key=${2%%=*} values i
    if [[ $2 != *=* ]]; then
        compopt -o nospace 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -S = -W "$1" -- "$2")
        return
    fi
    values=$(_osm_notes_exportd_values "$key")
    if [[ $values == / ]]; then
        _osm_notes_exportd_paths "${2#*=}"
        return
    fi
    mapfile -t COMPREPLY < <(compgen -P "$key=" -W "$values" -- "${2#*=}")
    # bash replaces only what stands behind the last character at which it splits words.
    local kept=${2%"${2##*[=:]}"}
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
    done
}

# _osm_notes_exportd_paths BEGIN
_osm_notes_exportd_paths() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

complete -F _osm_notes_exportd osm-notes-exportd
