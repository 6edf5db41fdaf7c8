#compdef osm-notes-exportd
# zsh completion for osm-notes-exportd

# section.key=, then a value where that is one of some words, or a path.
_osm_notes_exportd_setting() {
    local -a keys
    keys=(
        database.{conninfo,read_conninfo,read_wait,password_file,schema,channel,runs_retention}
        output.{directory,version_file,metadata_heartbeat,precompress,gzip_level,brotli_level}
        schedule.{debounce,max_delay,poll_interval,full_interval,full_request_interval}
        export.{workers,batch_size,index_max_size,validation,schema_dir,built_in}
        run.standby
        log.{level,format,file,file_mode}
        http.listen
        feed.{publish,retention}
        hooks.{after_publish,timeout}
    )
    if ! compset -P 1 '*='; then
        compadd -S = -a keys
        return
    fi
    case ${${IPREFIX%=}##*=} in
    run.standby | feed.publish | export.built_in) compadd true false ;;
    log.level) compadd -V level trace debug info warning error ;;
    log.format) compadd text json ;;
    output.precompress) compadd -V precompress off gzip br gzip,br ;;
    export.validation) compadd -V validation quarantine strict off ;;
    http.listen) compadd 127.0.0.1:9847 '[::1]:9847' unix:/run/osm-notes-exportd/http.sock ;;
    database.password_file | output.version_file | log.file) _files ;;
    output.directory | export.schema_dir) _files -/ ;;
    *) _message 'value' ;;
    esac
}

_osm_notes_exportd() {
    local -a common commands
    common=(
        '--config[read the settings from FILE]:file:_files'
        '*--set[set one setting; may be repeated]:section.key=value:_osm_notes_exportd_setting'
        '(- *)'{-h,--help}'[show this text; after a command, its own]'
        '(- *)--version[show the version]'
    )
    commands=(
        'run:the daemon, in the foreground; the default'
        'once:one export cycle, then exit'
        'verify:compare tree and database, change nothing'
        'status:how the daemon is, pending rows, last runs'
        'check-config:show every mistake in the settings, each with its line'
        'show-config:all settings, as a configuration file'
        'allow-shrink:let one large removal pass the shrink guard'
        'changes:which files of the tree changed since a generation'
        'check:would the service work? each finding with its remedy'
        'setup:from the package to a published tree'
        'mirror:keep a copy of the tree equal to it'
    )
    local context state state_descr line
    typeset -A opt_args
    # "(-)": behind the command its own options begin.
    _arguments -C $common '(-): :->command' '(-)*:: :->argument' && return
    case $state in
    command) _describe -t commands command commands ;;
    argument)
        case $line[1] in
        once)
            common+=(
                '--full[every row, whether pending or not]'
                '--force[remove files even when the shrink guard objects]'
                '--dry-run[say what would be done, change nothing]'
                '*--id[only this one, users\:12345; may be repeated]:dataset and number'
                '--json[as one JSON object]'
            )
            ;;
        verify)
            common+=(
                '--repair[export what differs, with a full cycle of just that]'
                '--json[as one JSON object]'
            )
            ;;
        status)
            common+=(
                '--json[as one JSON object]'
                '--watch[again every second, until it is interrupted]'
            )
            ;;
        changes)
            common+=(
                '--since[what came after this one; without it\: the newest]:generation'
                {-z,--null}'[paths only, each ended by a NUL]'
            )
            ;;
        check) common+=('--json[as one JSON object]') ;;
        setup)
            common+=(
                '--database[the warehouse]:name'
                '--directory[where the tree shall be]:directory:_files -/'
                '--version-file[go on with the version of the data format in FILE]:file:_files'
                '--http[status page and metrics as well]'
                '--dry-run[say what would be done, change nothing]'
            )
            ;;
        mirror)
            common+=(
                '--once[one step to the newest generation, then exit]'
                '--verify[compare the copy with the tree, change nothing]'
            )
            ;;
        esac
        _arguments $common
        ;;
    esac
}

_osm_notes_exportd "$@"
