# fish completion for osm-notes-exportd

# section.key=, then a value where that is one of some words, or a path.
function __osm_notes_exportd_settings
    set -l token (string replace -r -- '^--set=' '' (commandline -ct))
    if not string match -q '*=*' -- $token
        printf '%s=\n' \
            database.{conninfo,read_conninfo,read_wait,password_file,schema,channel,runs_retention} \
            output.{directory,version_file,metadata_heartbeat,precompress,gzip_level,brotli_level} \
            schedule.{debounce,max_delay,poll_interval,full_interval,full_request_interval} \
            export.{workers,batch_size,index_max_size,validation,schema_dir,built_in} \
            run.standby \
            log.{level,format,file,file_mode} \
            http.listen \
            feed.{publish,retention} \
            hooks.{after_publish,timeout}
        return
    end
    set -l key (string split -m 1 = -- $token)[1]
    switch $key
        case run.standby feed.publish export.built_in
            printf "$key=%s\n" true false
        case log.level
            printf "$key=%s\n" trace debug info warning error
        case log.format
            printf "$key=%s\n" text json
        case output.precompress
            printf "$key=%s\n" off gzip br gzip,br
        case export.validation
            printf "$key=%s\n" quarantine strict off
        case http.listen
            printf "$key=%s\n" 127.0.0.1:9847 '[::1]:9847' unix:/run/osm-notes-exportd/http.sock
        case database.password_file output.version_file log.file output.directory export.schema_dir
            printf "$key=%s\n" (string split -m 1 = -- $token)[2]*
    end
end

set -l commands run once verify status check-config show-config allow-shrink changes check setup mirror

complete -c osm-notes-exportd -f
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a run -d 'the daemon, in the foreground; the default'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a once -d 'one export cycle, then exit'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a verify -d 'compare tree and database, change nothing'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a status -d 'how the daemon is, pending rows, last runs'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a check-config -d 'show every mistake in the settings, each with its line'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a show-config -d 'all settings, as a configuration file'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a allow-shrink -d 'let one large removal pass the shrink guard'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a changes -d 'which files of the tree changed since a generation'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a check -d 'would the service work? each finding with its remedy'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a setup -d 'from the package to a published tree'
complete -c osm-notes-exportd -n "not __fish_seen_subcommand_from $commands" -a mirror -d 'keep a copy of the tree equal to it'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from once' -l full -d 'every row, whether pending or not'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from once' -l force -d 'remove files even when the shrink guard objects'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from once setup' -l dry-run -d 'say what would be done, change nothing'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from once' -l id -x -d 'only this one, users:12345; may be repeated'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from verify' -l repair -d 'export what differs, with a full cycle of just that'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from changes' -l since -x -d 'what came after this one; without it: the newest'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from changes' -s z -l null -d 'paths only, each ended by a NUL'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from setup' -l database -x -d 'the warehouse'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from setup' -l directory -r -F -d 'where the tree shall be'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from setup' -l version-file -r -F -d 'go on with the version of the data format in FILE'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from setup' -l http -d 'status page and metrics as well'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from once verify status check' -l json -d 'as one JSON object'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from status' -l watch -d 'again every second, until it is interrupted'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from mirror' -l once -d 'one step to the newest generation, then exit'
complete -c osm-notes-exportd -n '__fish_seen_subcommand_from mirror' -l verify -d 'compare the copy with the tree, change nothing'
complete -c osm-notes-exportd -l config -r -F -d 'read the settings from FILE'
complete -c osm-notes-exportd -l set -x -a '(__osm_notes_exportd_settings)' -d 'set one setting; may be repeated'
complete -c osm-notes-exportd -s h -l help -d 'show this text; after a command, its own'
complete -c osm-notes-exportd -l version -d 'show the version'
