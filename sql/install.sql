-- What osm-notes-exportd needs inside the warehouse. Run it as the owner of the datamart tables or as a superuser:
--
--     psql -X -v ON_ERROR_STOP=1 -d notes_dwh -f install.sql
--     psql -X -v schema=other -v channel=other_channel -d notes_dwh -f install.sql
--
-- Any number of runs give the same result; run it again after an upgrade, and after a datamart or dimension table was
-- dropped and created again (its triggers went with it). Give the same -v on each run. All or nothing: one transaction.
-- It waits for locks for 30 seconds (-v wait=SECONDS) and then says who holds them.
-- Everything is prefixed json_export_, apart from the column json_exported and the function request_json_export.
--
-- Users, countries and global statistics are watched by themselves; without them, in a database that is no warehouse of
-- OSM-Notes-Analytics, with -v built_in=off. Then it belongs to whoever runs this first: the owner of the tables, please.
-- Any other table of that owner is watched by SELECT json_export_watch(...), see there; this file keeps it so.
-- sql/uninstall.sql takes it away again. Needs PostgreSQL 14 or newer.
--
-- A superuser may run it although others can create objects in the schema, or own the tables. It acts as the owner of the
-- tables, but that alone protects nobody: code of that owner could RESET ROLE. So no code of others may run in this
-- session at all. Until the role is set, catalogs are read, tables locked, the exporter's role made and rights given to
-- it. What is in the way, or hangs on tables of ours, is refused by name; locks keep it like that until the end.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?schema}
\else
    \set schema dwh
\endif
\if :{?channel}
\else
    \set channel osm_notes_export
\endif
\if :{?wait}
\else
    \set wait 30
\endif
\if :{?built_in}
\else
    \set built_in on
\endif
\set install_version 6

-- READ COMMITTED: what is looked at under a lock has to be the state of now.
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

-- Nothing below may depend on settings of the runner or of the database.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL standard_conforming_strings = on;
SET LOCAL quote_all_identifiers = off;
SET LOCAL row_security = off;

-- psql variables do not reach into dollar-quoted text; settings do. Also who asks the catalogs about a table may wait for it.
SELECT set_config('json_export.schema', :'schema', true) AS ignored,
       set_config('json_export.channel', :'channel', true) AS ignored2,
       set_config('json_export.wait', :'wait', true) AS ignored3,
       set_config('json_export.built_in', :'built_in', true) AS ignored4,
       set_config('lock_timeout', (:'wait'::float8 * 1000)::int::text, true) AS ignored5 \gset

-- ---------------------------------------------------------------------------------------------------------------------
-- What this is about: every name of the warehouse that is used below stands here
-- ---------------------------------------------------------------------------------------------------------------------

-- One owner: everything here belongs to it, and functions that run with the rights of one owner must not read tables, or
-- hang on tables, of another. It is the owner of the users' table; where there are none, of what is installed; else who runs
-- this.
CREATE TEMPORARY VIEW json_export_owner AS
SELECT o.id, o.id::regrole AS name, to_regnamespace(quote_ident(current_setting('json_export.schema')))::oid AS space, o.relation
  FROM (SELECT c.relowner, c.relname, n.place
          FROM (VALUES ('datamartusers', 1), ('json_export_state', 2)) AS n (name, place)
          JOIN pg_class c ON c.relname = n.name AND c.relnamespace = to_regnamespace(quote_ident(current_setting('json_export.schema')))
         WHERE n.place = 2 OR current_setting('json_export.built_in')::boolean
         UNION ALL
        SELECT r.oid, '', 3 FROM pg_roles r WHERE r.rolname = current_user AND NOT current_setting('json_export.built_in')::boolean
       ) AS o (id, relation, place)
 ORDER BY o.place
 LIMIT 1;

-- The kinds of entity. The first two are ours; the others are those that json_export_watch() was asked for, which stands in
-- the comments of their functions, as catalogs can be read without running code of anybody. One whose table is gone is
-- passed over until it is back.
--   key_column         identifies the row; shared with the dimension table
--   id_column          identifies the published entity; several rows can carry the same one (renamed users)
--   further_columns    are read as well, so they have to be there
--   dimension          whatever changes in it changes the rows with the same key; NULL: none
--   view               what rows are taken from when it is there; NULL: none
--   reads              whatever changes in these changes every profile
CREATE TEMPORARY TABLE json_export_dataset ON COMMIT DROP AS
SELECT d.position, d.dataset, d.relation, d.key_column, d.id_column, d.further_columns::text[], d.dimension, d.view::text,
       d.reads::text[], true AS built_in
  FROM (VALUES (1, 'users', 'datamartusers', 'dimension_user_id', 'user_id',
                '{username, history_whole_open, history_whole_closed}', 'dimension_users', 'datamartusers_export',
                '{contributor_types, dimension_experience_levels}'),
               (2, 'countries', 'datamartcountries', 'dimension_country_id', 'country_id',
                '{}', 'dimension_countries', NULL, '{}'))
       AS d (position, dataset, relation, key_column, id_column, further_columns, dimension, view, reads)
 WHERE :'built_in'::boolean;

INSERT INTO json_export_dataset
SELECT 100 + row_number() OVER (ORDER BY w.what ->> 'dataset'), w.what ->> 'dataset', w.what ->> 'relation',
       w.what ->> 'key_column', w.what ->> 'id_column', '{}', w.what ->> 'dimension', NULL,
       ARRAY(SELECT jsonb_array_elements_text(w.what -> 'reads')), false
  FROM pg_proc p JOIN json_export_owner o ON o.space = p.pronamespace AND o.id = p.proowner
 CROSS JOIN LATERAL (SELECT obj_description(p.oid, 'pg_proc')) AS c (comment)
 CROSS JOIN LATERAL (SELECT CASE WHEN c.comment ^@ 'osm-notes-exportd: watches {' THEN substr(c.comment, 28)::jsonb END) AS w (what)
 WHERE w.what ->> 'dataset' ~ '^[a-z][a-z0-9_]{0,31}$'
   AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = o.space AND c.relname = w.what ->> 'relation')
   AND NOT EXISTS (SELECT FROM json_export_dataset d WHERE d.dataset = w.what ->> 'dataset');

-- All relations that are read, those of no dataset too, in the order in which they are looked for. needed_columns NULL: the
-- relation itself need not be there.
--   names     stand in every profile
--   document  is published as a whole
CREATE TEMPORARY TABLE json_export_source ON COMMIT DROP AS
SELECT s.kind, d.dataset, s.place + d.position AS position, s.relation, s.needed_columns
  FROM json_export_dataset d
 CROSS JOIN LATERAL (VALUES
       ('datamart', 0, d.relation, ARRAY[d.key_column, d.id_column] || d.further_columns),
       ('dimension', 2000, d.dimension, ARRAY[d.key_column]),
       ('view', 3000, d.view, NULL)) AS s (kind, place, relation, needed_columns)
 WHERE s.relation IS NOT NULL
 UNION ALL
SELECT 'document', '', 1000, 'datamartglobal', ARRAY['dimension_global_id'] WHERE :'built_in'::boolean
 UNION ALL
SELECT CASE WHEN c.relkind = 'v' AND NOT n.built_in THEN 'view' ELSE 'names' END, '', 4000, n.relation, NULL
  FROM (SELECT r.relation, bool_or(d.built_in) AS built_in
          FROM json_export_dataset d CROSS JOIN unnest(d.reads) AS r (relation) GROUP BY r.relation) AS n
  LEFT JOIN pg_class c ON c.relname = n.relation AND c.relnamespace = to_regnamespace(quote_ident(:'schema'));

-- ---------------------------------------------------------------------------------------------------------------------
-- Can it work here at all? Say so before anything is changed.
-- ---------------------------------------------------------------------------------------------------------------------

DO $check$
DECLARE
    wanted_schema text := current_setting('json_export.schema');
    channel text := current_setting('json_export.channel');
    needed record;
    found regclass;
    owner record;
    flag_type regtype;
BEGIN
    IF current_setting('server_version_num')::int < 140000 THEN
        RAISE EXCEPTION 'PostgreSQL 14 or newer is needed, this is %', current_setting('server_version');
    END IF;
    IF octet_length(channel) NOT BETWEEN 1 AND 63 THEN
        RAISE EXCEPTION 'the channel name must have 1 to 63 bytes, "%" does not', channel;
    END IF;
    IF to_regnamespace(quote_ident(wanted_schema)) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist in database "%"', wanted_schema, current_database()
            USING HINT = 'Connect to the warehouse (usually notes_dwh), or name its schema with -v schema=NAME.';
    END IF;
    IF NOT (has_schema_privilege(wanted_schema, 'CREATE') AND has_schema_privilege(wanted_schema, 'USAGE')) THEN
        RAISE EXCEPTION 'role "%" may not create objects in schema "%"', current_user, wanted_schema
            USING HINT = 'Run this file as the owner of the schema or as a superuser.';
    END IF;

    FOR needed IN
        SELECT s.relation AS name, c.column_name, coalesce(d.built_in, true) AS built_in
          FROM pg_temp.json_export_source s LEFT JOIN pg_temp.json_export_dataset d USING (dataset)
         CROSS JOIN unnest(s.needed_columns) WITH ORDINALITY AS c (column_name, number)
         ORDER BY s.position, c.number
    LOOP
        found := to_regclass(format('%I.%I', wanted_schema, needed.name));
        IF found IS NULL THEN
            RAISE EXCEPTION 'table "%"."%" does not exist', wanted_schema, needed.name
                USING HINT = CASE WHEN needed.built_in
                                  THEN 'Run the ETL once so that it creates the datamart tables, then run this file again. '
                                       'In a database without them: -v built_in=off.'
                                  ELSE format('If it is to be watched no more: SELECT %I.json_export_unwatch(%L)',
                                              wanted_schema, needed.name) END;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_attribute
                        WHERE attrelid = found AND attname = needed.column_name AND NOT attisdropped) THEN
            RAISE EXCEPTION 'table "%"."%" has no column "%"', wanted_schema, needed.name, needed.column_name
                USING HINT = CASE WHEN needed.built_in
                                  THEN 'This is not the datamart of OSM-Notes-Analytics, or an unknown version of it.'
                                  ELSE format('If it is to be watched no more: SELECT %I.json_export_unwatch(%L)',
                                              wanted_schema, needed.name) END;
        END IF;
    END LOOP;

    SELECT o.* INTO owner FROM pg_temp.json_export_owner o;
    FOR needed IN
        SELECT c.relname AS name, c.relkind, c.relowner, s.kind
          FROM pg_class c JOIN pg_temp.json_export_source s ON s.relation = c.relname AND s.kind <> 'view'
         WHERE c.relnamespace = to_regnamespace(quote_ident(wanted_schema))
         ORDER BY c.relname
    LOOP
        IF NOT pg_has_role(needed.relowner, 'USAGE') THEN
            RAISE EXCEPTION 'role "%" does not own "%"."%"', current_user, wanted_schema, needed.name
                USING HINT = 'Run this file as the owner of all datamart and dimension tables, or as a superuser.';
        END IF;
        IF needed.relowner <> owner.id THEN
            RAISE EXCEPTION '"%"."%" belongs to %, but "%"."%" to %', wanted_schema, needed.name,
                needed.relowner::regrole, wanted_schema, owner.relation, owner.name
                USING HINT = format('Make one role the owner of all datamart and dimension tables, e.g. with '
                                    '"ALTER TABLE %I.%I OWNER TO %s".', wanted_schema, needed.name, owner.name);
        END IF;
        IF needed.relkind NOT IN ('r', 'p') AND needed.kind IN ('datamart', 'dimension') THEN
            RAISE EXCEPTION '"%"."%" is not a table of this database', wanted_schema, needed.name
                USING HINT = 'Changes of views and foreign tables cannot be seen by triggers. Use the daemon without install.sql.';
        ELSIF needed.relkind NOT IN ('r', 'p') AND needed.kind = 'names' THEN
            RAISE WARNING '"%"."%" is not a table of this database: its changes are not seen by triggers',
                wanted_schema, needed.name;
        END IF;
    END LOOP;
    IF NOT (has_schema_privilege(owner.id, wanted_schema, 'CREATE') AND has_schema_privilege(owner.id, wanted_schema, 'USAGE')) THEN
        RAISE EXCEPTION 'the owner of the tables, %, may not create objects in schema "%"', owner.name, wanted_schema
            USING HINT = format('Run "GRANT USAGE, CREATE ON SCHEMA %I TO %s" first.', wanted_schema, owner.name);
    END IF;

    FOR needed IN SELECT d.relation AS name FROM pg_temp.json_export_dataset d ORDER BY d.position LOOP
        found := to_regclass(format('%I.%I', wanted_schema, needed.name));
        SELECT atttypid INTO flag_type
          FROM pg_attribute WHERE attrelid = found AND attname = 'json_exported' AND NOT attisdropped;
        IF flag_type <> 'boolean'::regtype THEN
            RAISE EXCEPTION 'column json_exported of "%"."%" is of type %, not boolean',
                wanted_schema, needed.name, flag_type;
        END IF;
        -- A BEFORE trigger does not see the new value of a generated column, so a comparison would never be right.
        IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = found AND attgenerated <> '' AND NOT attisdropped) THEN
            RAISE EXCEPTION 'table "%"."%" has generated columns', wanted_schema, needed.name
                USING HINT = 'Changes cannot be seen by triggers then. Use the daemon without install.sql.';
        END IF;
    END LOOP;
END
$check$;

SELECT r.rolname AS owner FROM json_export_owner o JOIN pg_roles r ON r.oid = o.id \gset

-- ---------------------------------------------------------------------------------------------------------------------
-- What there shall be
-- ---------------------------------------------------------------------------------------------------------------------

-- Our tables, in the words of the catalogs, as what is found is compared with it: what is made today, and what version `since`
-- and later ones made. Those of version 1 carry no comment.
CREATE TEMPORARY TABLE json_export_shape ON COMMIT DROP AS
SELECT s.name, s.since, s.is_current, s.columns, s.constraints
  FROM (SELECT string_agg(quote_literal(d.dataset) || '::text', ', ' ORDER BY d.position),
               string_agg(format('%I integer NOT NULL DEFAULT 0, ', d.dataset || '_exported'), '' ORDER BY d.position)
          FROM (VALUES (1, 'users'), (2, 'countries')) AS d (position, dataset)) AS version_1 (datasets, exported)
 CROSS JOIN LATERAL (VALUES
    ('json_export_log', 2, true,
     'line bigint NOT NULL DEFAULT hashtextextended((gen_random_uuid())::text, (0)::bigint), dataset text, key bigint, entity_id bigint, reason text, '
     'logged_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()',
     'PRIMARY KEY (line)'),
    ('json_export_state', 2, true,
     'only_row boolean NOT NULL DEFAULT true, generation bigint NOT NULL DEFAULT 0, '
     'published_at timestamp with time zone, install_version integer NOT NULL',
     'CHECK (only_row), PRIMARY KEY (only_row)'),
    ('json_export_state', 1, false,
     'only_row boolean NOT NULL DEFAULT true, generation bigint NOT NULL DEFAULT 0, '
     'published_at timestamp with time zone, full_requested_at timestamp with time zone, install_version integer NOT NULL',
     'CHECK (only_row), PRIMARY KEY (only_row)'),
    ('json_export_removals', 1, false,
     'seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL, dataset text NOT NULL, entity_id bigint, '
     'removed_at timestamp with time zone NOT NULL DEFAULT now()',
     format('CHECK ((dataset = ANY (ARRAY[%s]))), PRIMARY KEY (seq)', version_1.datasets)),
    -- Datasets that came later are counted in the column datasets only.
    ('json_export_runs', 1, false,
     'run_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL, started_at timestamp with time zone NOT NULL, '
     'finished_at timestamp with time zone NOT NULL, mode text NOT NULL, reason text NOT NULL, result text NOT NULL, '
     'generation bigint, ' || version_1.exported ||
     'files_written integer NOT NULL DEFAULT 0, files_unchanged integer NOT NULL DEFAULT 0, '
     'files_removed integer NOT NULL DEFAULT 0, rows_marked integer NOT NULL DEFAULT 0, '
     'mark_conflicts integer NOT NULL DEFAULT 0, quarantined integer NOT NULL DEFAULT 0, '
     'bytes_written bigint NOT NULL DEFAULT 0, duration_ms double precision NOT NULL, '
     'phases jsonb NOT NULL DEFAULT ''{}''::jsonb, error text, host text NOT NULL, pid integer NOT NULL, '
     'version text NOT NULL',
     'CHECK ((mode = ANY (ARRAY[''incremental''::text, ''full''::text]))), '
     'CHECK ((result = ANY (ARRAY[''success''::text, ''failure''::text]))), PRIMARY KEY (run_id)')
       ) AS s (name, since, is_current, columns, constraints);

INSERT INTO json_export_shape
SELECT s.name, 3, true, s.columns || ', datasets jsonb NOT NULL DEFAULT ''{}''::jsonb', s.constraints
  FROM json_export_shape s WHERE s.name = 'json_export_runs';

-- What there shall be for each dataset and relation is told by two functions, which json_export_watch() needs as well: until
-- the role is set in the session alone, then for good.
SELECT $text$
SELECT 'json_export_' || $1 || '_' || c.purpose, c.purpose, c.column_name, c.definition
  FROM (VALUES ('pending', $3, format('(%I) WHERE json_exported IS NOT TRUE', $3)), ('id', $3, format('(%I)', $3)),
               ('key', $2, format('(%I)', $2))) AS c (purpose, column_name, definition)
$text$ AS index_text \gset

CREATE OR REPLACE FUNCTION pg_temp.json_export_indexes(dataset text, key_column text, id_column text)
RETURNS TABLE (name text, purpose text, column_name text, definition text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS :'index_text';

CREATE TEMPORARY TABLE json_export_index ON COMMIT DROP AS
SELECT i.name FROM json_export_dataset d CROSS JOIN LATERAL pg_temp.json_export_indexes(d.dataset, d.key_column, d.id_column) i;
-- Functions; those of version 1 may be there without our comment.
CREATE TEMPORARY TABLE json_export_function ON COMMIT DROP AS
SELECT f.name, f.arguments, f.result, f.version, NULL::text AS dataset
  FROM (VALUES ('json_export_set_pending', '', 'trigger', 1), ('json_export_check_mark', '', 'trigger', 1),
               ('json_export_names_changed', '', 'trigger', 1), ('json_export_name_changed', '', 'trigger', 2),
               ('json_export_truncated', '', 'trigger', 1), ('request_json_export', 'boolean', 'void', 1),
               ('request_json_export', 'boolean, boolean', 'void', 4),
               ('json_export_status_rows', '', 'record', 1),
               ('json_export_dimension_lines', 'text, text, text[]', 'record', 2),
               ('json_export_datasets', '', 'record', 6),
               ('json_export_triggers', 'text, text, text, text', 'record', 6),
               ('json_export_indexes', 'text, text, text', 'record', 6),
               ('json_export_functions', 'text, text, text, text, text, text, integer', 'record', 6),
               ('json_export_wanted_triggers', 'text, text, text, text[]', 'record', 6),
               ('json_export_prepare', 'text, text, text, text, text, text[], integer', 'void', 6),
               ('json_export_sweep', 'oid[], boolean', 'void', 6),
               ('json_export_refuse', 'text, text, text, text, text, text[]', 'void', 6),
               ('json_export_watch', 'text, text, text, text, text, text[]', 'void', 6),
               ('json_export_unwatch', 'text', 'void', 6)) AS f (name, arguments, result, version)
 UNION ALL
SELECT format('json_export_%s_%s', d.dataset, f.name), f.arguments, f.result,
       CASE WHEN d.built_in THEN f.version ELSE 6 END, d.dataset
  FROM json_export_dataset d
 CROSS JOIN (VALUES ('renumbered', '', 'trigger', 1), ('lost', 'text, text', 'void', 2), ('deleted', '', 'trigger', 1),
                    ('deleted_row', '', 'trigger', 2), ('dimension', '', 'trigger', 1),
                    ('dimension_row', '', 'trigger', 2)) AS f (name, arguments, result, version)
 WHERE d.dimension IS NOT NULL OR f.name !~ '^dimension';

-- Triggers. The condition stands in WHEN wherever it can, and names no column but json_exported: the type of a column that
-- it names could not be altered any more. "*<>" compares the stored images, as json has no "="; it may call two spellings
-- of one number different, never the other way round. It is the dear part (it unpacks both rows), so it comes last.
-- Whoever sets the flag in the statement that changes the content must not get away with it; the exporter's role may
-- write no other column, so its marks need no comparison.
-- A BEFORE trigger of somebody else that comes later in the alphabet could change the row after it was looked at.
--   A   fires always, also where rows come from logical replication or session_replication_role is replica
--   O,R a statement trigger for ordinary sessions, and its twin for each row that only fires where they do not: in ordinary
--       sessions the statement trigger is far cheaper, in replication there are no statements
-- Rows of a partitioned table can be changed through a partition, which fires no statement trigger of the table; those of a
-- partition, where that is watched, through the table.
--
-- A trigger is right when it was made from today's definition (its comment says from which, and what came out), was not
-- touched since and fires when it should, on each partition too. One that is right stays as it is: a new one counts as
-- "anything may have changed".
SELECT $text$
WITH wanted (kind, name, event, condition, function, arguments, firing, only_on) AS (VALUES
    ('datamart', 'changed', 'BEFORE UPDATE', 'FOR EACH ROW WHEN (OLD.json_exported AND NEW.json_exported '
        'AND OLD.* OPERATOR(pg_catalog.*<>) NEW.*)', 'set_pending', '', 'A', 'rp'),
    ('datamart', 'inserted', 'BEFORE INSERT', 'FOR EACH ROW WHEN (NEW.json_exported)', 'set_pending', '', 'A', 'rp'),
    ('datamart', 'marked', 'BEFORE UPDATE OF json_exported', 'FOR EACH ROW WHEN (NEW.json_exported '
        'AND OLD.json_exported IS NOT TRUE AND current_user <> ''osm_notes_exporter'')', 'check_mark', '', 'A', 'rp'),
    ('datamart', 'renumbered', 'BEFORE UPDATE', 'FOR EACH ROW WHEN (NEW.json_exported IS NOT TRUE)', '%s_renumbered', '',
        'A', 'rp'),
    ('datamart', 'deleted', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', '%s_deleted', '', 'O', 'r'),
    ('datamart', 'deleted_row', 'AFTER DELETE', 'FOR EACH ROW', '%s_deleted_row', '', 'R', 'r'),
    ('datamart', 'deleted', 'AFTER DELETE', 'FOR EACH ROW', '%s_deleted_row', '', 'A', 'p'),
    ('datamart', 'truncated', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 'truncated', '%s', 'A', 'rp'),
    -- An UPDATE trigger with transition tables is half the price of a row trigger when the ETL sets "modified" on
    -- thousands of rows in one statement.
    ('changes', 'inserted', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT', '', '', 'O', 'r'),
    ('changes', 'updated', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT',
        '', '', 'O', 'r'),
    ('changes', 'deleted', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', '', '', 'O', 'r'),
    ('changes', 'inserted_row', 'AFTER INSERT', 'FOR EACH ROW', '', '', 'R', 'r'),
    ('changes', 'updated_row', 'AFTER UPDATE', 'FOR EACH ROW', '', '', 'R', 'r'),
    ('changes', 'deleted_row', 'AFTER DELETE', 'FOR EACH ROW', '', '', 'R', 'r'),
    ('changes', 'inserted', 'AFTER INSERT', 'FOR EACH ROW', '', '', 'A', 'p'),
    ('changes', 'updated', 'AFTER UPDATE', 'FOR EACH ROW', '', '', 'A', 'p'),
    ('changes', 'deleted', 'AFTER DELETE', 'FOR EACH ROW', '', '', 'A', 'p'),
    ('changes', 'truncated', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 'names_changed', '', 'A', 'rp')
)
SELECT c.oid, f.trigger_name, w.firing::text, f.definition, t.oid,
       coalesce(obj_description(t.oid, 'pg_trigger') = format('osm-notes-exportd: made from %s, became %s',
                    hashtextextended(f.definition, 0), hashtextextended(pg_get_triggerdef(t.oid), 0))
                AND t.tgenabled = w.firing::"char"
                AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) p JOIN pg_class x ON x.oid = p.relid
                                  LEFT JOIN pg_trigger y ON y.tgrelid = x.oid AND y.tgname = t.tgname
                                 WHERE t.tgtype & 1 = 1 AND x.relkind IN ('r', 'p')
                                   AND y.tgenabled IS DISTINCT FROM t.tgenabled), false)
  FROM pg_class c
  JOIN wanted w ON w.kind = CASE $2 WHEN 'datamart' THEN 'datamart' ELSE 'changes' END
               AND strpos(w.only_on, CASE WHEN c.relispartition THEN 'p' ELSE c.relkind::text END) > 0
 CROSS JOIN LATERAL (
       SELECT CASE $2 WHEN 'datamart' THEN 'json_export_' ELSE format('json_export_%s_', $2) END || w.name
                  AS trigger_name,
              'json_export_' || CASE WHEN w.function <> '' THEN format(w.function, $3)
                                     WHEN $2 = 'dimension' THEN $3 || '_dimension'
                                     WHEN strpos(w.condition, 'EACH ROW') > 0 THEN 'name_changed'
                                     ELSE 'names_changed' END
                  || CASE WHEN w.function = '' AND $2 = 'dimension' AND strpos(w.condition, 'EACH ROW') > 0
                          THEN '_row' ELSE '' END
                  AS function_name) AS n
 CROSS JOIN LATERAL (
       SELECT n.trigger_name,
              format('CREATE OR REPLACE TRIGGER %I %s ON %I.%I %s EXECUTE FUNCTION %I.%I(%s)', n.trigger_name, w.event, $1, $4,
                     w.condition, $1, n.function_name, CASE w.arguments WHEN '' THEN '' ELSE quote_literal($3) END)
                  AS definition) AS f
  LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = f.trigger_name
 WHERE c.oid = to_regclass(format('%I.%I', $1, $4)) AND c.relkind IN ('r', 'p')
$text$ AS trigger_text \gset

CREATE OR REPLACE FUNCTION pg_temp.json_export_triggers(schema text, kind text, dataset text, relation text)
RETURNS TABLE (relation_id oid, name text, firing text, definition text, trigger_id oid, is_right boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS :'trigger_text';

CREATE TEMPORARY VIEW json_export_trigger_found AS
SELECT s.position, s.relation, t.*
  FROM json_export_source s
 CROSS JOIN LATERAL pg_temp.json_export_triggers(current_setting('json_export.schema'), s.kind, s.dataset, s.relation) t
 WHERE s.kind IN ('datamart', 'dimension', 'names');

CREATE TEMPORARY TABLE json_export_trigger ON COMMIT DROP AS
SELECT w.relation_id, w.relation, w.name FROM json_export_trigger_found w;

-- ---------------------------------------------------------------------------------------------------------------------
-- Locks, all at once and before anything is changed: enough for what has to be done, and SHARE UPDATE EXCLUSIVE at least,
-- which lets readers and writers go on, but no second run of this file, and nobody who hangs something on a table.
-- While it waits for the one that was taken it holds nothing, so it is part of no deadlock and no queue but that one.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TEMPORARY TABLE json_export_lock ON COMMIT DROP AS
SELECT c.oid AS relation_id, c.relname AS name, c.relkind,
       CASE WHEN c.relname IN (SELECT d.relation FROM json_export_dataset d)
                 AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'json_exported'
                                                              AND NOT a.attisdropped)
              OR c.relname = 'json_export_removals'
              OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'full_requested_at'
                                                      AND c.relname = 'json_export_state' AND NOT a.attisdropped)
              OR c.relname = 'json_export_runs'
                 AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'datasets'
                                                              AND NOT a.attisdropped)
            THEN 'ACCESS EXCLUSIVE'
            WHEN EXISTS (SELECT FROM json_export_trigger_found t WHERE t.relation_id = c.oid AND NOT t.is_right)
            THEN 'SHARE ROW EXCLUSIVE'
            ELSE 'SHARE UPDATE EXCLUSIVE' END AS mode
  FROM pg_class c
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relkind IN ('r', 'p')
   AND (c.relname IN (SELECT t.relation FROM json_export_trigger t)
        OR c.relname IN (SELECT s.name FROM json_export_shape s)
           AND c.relowner = (SELECT o.id FROM json_export_owner o));

DO $lock$
DECLARE
    deadline timestamptz := clock_timestamp() + make_interval(secs => current_setting('json_export.wait')::float8);
    needed record;
    waits boolean;
    busy name := '';
    holders text;
BEGIN
    LOOP
        PERFORM set_config('lock_timeout', '3s', true);
        waits := true;
        BEGIN
            FOR needed IN SELECT l.* FROM pg_temp.json_export_lock l ORDER BY l.name <> busy, l.name LOOP
                busy := needed.name;
                EXECUTE format('LOCK TABLE %s %I.%I IN %s MODE %s', CASE needed.relkind WHEN 'r' THEN 'ONLY' END,
                               current_setting('json_export.schema'), needed.name, needed.mode,
                               CASE WHEN NOT waits THEN 'NOWAIT' END);
                waits := false;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF clock_timestamp() > deadline THEN
                SELECT string_agg(format('%s (role %s, %s, %s)', coalesce('process ' || l.pid, 'a prepared transaction'),
                                         coalesce(a.usename::text, 'unknown'),
                                         coalesce(nullif(a.application_name, ''), a.backend_type, 'unknown'), l.mode), ', '
                                  ORDER BY l.pid)
                  INTO holders
                  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
                 WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
                   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                   AND l.relation IN (SELECT needed.relation_id UNION SELECT p.relid FROM pg_partition_tree(needed.relation_id) p)
                   AND (needed.mode = 'ACCESS EXCLUSIVE' OR l.mode NOT IN ('AccessShareLock', 'RowShareLock'))
                   AND (needed.mode <> 'SHARE UPDATE EXCLUSIVE' OR l.mode <> 'RowExclusiveLock');
                RAISE EXCEPTION 'no % lock on "%"."%" within % s; held by: %', needed.mode,
                    current_setting('json_export.schema'), needed.name, current_setting('json_export.wait'),
                    coalesce(holders, 'nobody any more')
                    USING HINT = 'Nothing was changed. Run this file again when they are done, or with -v wait=SECONDS.';
            END IF;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '5s', true);
END
$lock$;

-- ---------------------------------------------------------------------------------------------------------------------
-- What the owner of the tables may not do, or not be trusted with. It touches the role and the schema only. The row of the
-- schema is locked by it, so that nobody can give the schema another name until the end.
-- ---------------------------------------------------------------------------------------------------------------------

DO $role$
BEGIN
    IF to_regrole('osm_notes_exporter') IS NULL THEN
        -- No password: peer authentication knows the service by the name of its operating system user.
        CREATE ROLE osm_notes_exporter LOGIN;
    END IF;
EXCEPTION
WHEN duplicate_object OR unique_violation THEN
    NULL;   -- roles are shared: an installation in another database was faster
WHEN insufficient_privilege THEN
    RAISE WARNING 'role osm_notes_exporter does not exist and "%" may not create it; no rights were granted', current_user
        USING HINT = 'Let an administrator run "CREATE ROLE osm_notes_exporter LOGIN", then run this file again.';
END
$role$;

SELECT to_regrole('osm_notes_exporter') IS NOT NULL AS have_role \gset
\if :have_role
GRANT USAGE ON SCHEMA :"schema" TO osm_notes_exporter;

-- The ETL drops and creates the views that rows are taken from, and their rights go with them. So whatever the owner of the
-- datamart, or who runs this, creates in this schema from now on is readable for the exporter. That is more than it
-- needs, but it is derived, public data, and PostgreSQL cannot say it for one name.
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO osm_notes_exporter;
\endif

-- ---------------------------------------------------------------------------------------------------------------------
-- Is everything that has a name of ours made by this file, and as it was made? Ours is what belongs to the owner of the
-- tables and carries our comment; version 1 made no comments, so its objects are known by name and shape.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TEMPORARY TABLE json_export_relation ON COMMIT DROP AS
SELECT c.oid, c.relname AS name, c.relkind AS kind, c.relowner = o.id AS same_owner,
       coalesce(obj_description(c.oid, 'pg_class') ^@ 'osm-notes-exportd: ', false) AS marked
  FROM pg_class c JOIN json_export_owner o ON o.space = c.relnamespace
 WHERE c.relname ^@ 'json_export_';

DO $inspect$
DECLARE
    wanted_schema text := current_setting('json_export.schema');
    space oid := to_regnamespace(quote_ident(wanted_schema));
    owner oid := (SELECT o.id FROM pg_temp.json_export_owner o);
    stranger text;
    moved text;
BEGIN
    SELECT string_agg(coalesce(l.name, r.name), ', ') INTO moved
      FROM pg_temp.json_export_lock l LEFT JOIN pg_class c ON c.oid = l.relation_id
      FULL JOIN (SELECT x.* FROM pg_temp.json_export_relation x JOIN pg_temp.json_export_shape s USING (name)
                  WHERE x.kind = 'r' AND x.same_owner) AS r ON r.oid = l.relation_id
     WHERE c.relname IS DISTINCT FROM l.name OR c.relnamespace <> space OR c.relowner <> owner OR l.name IS NULL;
    IF moved IS NOT NULL THEN
        RAISE EXCEPTION 'somebody else changed % meanwhile', moved USING HINT = 'Nothing was changed. Run this file again.';
    END IF;

    WITH found (what, is_ours) AS (
        -- Relations
        SELECT format('%s %s of %s', CASE r.kind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence'
                                                 WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'relation' END,
                      r.oid::regclass, c.relowner::regrole),
               r.same_owner AND CASE lower(r.kind::text)
                   WHEN 'r' THEN EXISTS (SELECT FROM pg_temp.json_export_shape s
                                          WHERE s.name = r.name AND (s.since = 1 OR r.marked))
                   WHEN 'v' THEN r.name = 'json_export_status'
                   WHEN 's' THEN EXISTS (SELECT FROM pg_depend d JOIN pg_temp.json_export_relation o ON o.oid = d.refobjid
                                          WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'i'
                                            AND o.kind = 'r')
                   WHEN 'i' THEN EXISTS (SELECT FROM pg_index i LEFT JOIN pg_temp.json_export_relation o ON o.oid = i.indrelid
                                          WHERE i.indexrelid = r.oid AND i.indexprs IS NULL
                                            AND (o.oid IS NOT NULL AND i.indpred IS NULL
                                                 OR r.name IN (SELECT x.name FROM pg_temp.json_export_index x)
                                                    AND i.indrelid IN (SELECT l.relation_id FROM pg_temp.json_export_lock l)
                                                 OR r.marked))
                   ELSE false END
          FROM pg_temp.json_export_relation r JOIN pg_class c USING (oid)
         UNION ALL
        SELECT format('function %s of %s', p.oid::regprocedure, p.proowner::regrole),
               p.proowner = owner AND p.prokind = 'f'
               AND (obj_description(p.oid, 'pg_proc') ^@ 'osm-notes-exportd: '
                    OR EXISTS (SELECT FROM pg_temp.json_export_function f
                                WHERE f.version = 1 AND f.name = p.proname AND f.result = format_type(p.prorettype, NULL)
                                  AND f.arguments = oidvectortypes(p.proargtypes)))
          FROM pg_proc p
         WHERE p.pronamespace = space AND (p.proname ^@ 'json_export_' OR p.proname = 'request_json_export')
         UNION ALL
        -- Types, operators, collations and whatever else lives in a schema
        SELECT format('%s %s', o.type, o.identity), false
          FROM pg_depend d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) o
         WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = space
           AND d.classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_default_acl'::regclass)
           AND replace(o.identity, '"', '') ~ '^[^( ]*\.(json_export_|request_json_export\M)'
         UNION ALL
        -- Triggers of our name: on tables of the datamart, calling functions of this schema that were found good above
        SELECT format('trigger %I on %s, which calls %s', t.tgname, t.tgrelid::regclass, t.tgfoid::regprocedure),
               p.pronamespace = space AND p.proowner = owner
               AND p.proname ^@ 'json_export_'
               AND (NOT EXISTS (SELECT FROM pg_temp.json_export_trigger w WHERE w.relation = c.relname) OR t.tgparentid <> 0
                    OR EXISTS (SELECT FROM pg_temp.json_export_trigger w WHERE w.relation_id = t.tgrelid AND w.name = t.tgname)
                    OR obj_description(t.oid, 'pg_trigger') ^@ 'osm-notes-exportd: ')
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE c.relnamespace = space AND t.tgname ^@ 'json_export_' AND NOT t.tgisinternal
         UNION ALL
        -- What hangs on tables of ours and could run, or change what our statements do
        SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass), false
          FROM pg_trigger t JOIN pg_temp.json_export_relation r ON r.oid = t.tgrelid
         UNION ALL
        SELECT format('rule %I on %s', w.rulename, r.oid::regclass), false
          FROM pg_rewrite w JOIN pg_temp.json_export_relation r ON r.oid = w.ev_class
         WHERE NOT (r.kind = 'v' AND w.rulename = '_RETURN')
         UNION ALL
        SELECT format('policy %I on %s', p.polname, r.oid::regclass), false
          FROM pg_policy p JOIN pg_temp.json_export_relation r ON r.oid = p.polrelid
         UNION ALL
        SELECT format('row security of %s', r.oid::regclass), false
          FROM pg_class c JOIN pg_temp.json_export_relation r USING (oid) WHERE c.relrowsecurity OR c.relforcerowsecurity
         UNION ALL
        SELECT format('inheritance of %s and %s', i.inhparent::regclass, i.inhrelid::regclass), false
          FROM pg_inherits i JOIN pg_temp.json_export_relation r ON r.oid IN (i.inhparent, i.inhrelid) WHERE r.kind = 'r'
         UNION ALL
        SELECT format('index %s on %s', i.indexrelid::regclass, r.oid::regclass), false
          FROM pg_index i JOIN pg_temp.json_export_relation r ON r.oid = i.indrelid
         WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
         UNION ALL
        SELECT format('columns or constraints of %s, which are not as they were made', r.oid::regclass),
               EXISTS (SELECT FROM pg_temp.json_export_shape s
                        WHERE s.name = r.name AND c.relpersistence = 'p' AND c.reloftype = 0 AND NOT c.relispartition
                          AND s.columns = (
                              SELECT string_agg(concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
                                         CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
                                                            WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' END,
                                         CASE WHEN a.attgenerated <> '' THEN ' GENERATED' END,
                                         CASE WHEN a.attnotnull THEN ' NOT NULL' END,
                                         ' DEFAULT ' || pg_get_expr(v.adbin, v.adrelid)), ', ' ORDER BY a.attnum)
                                FROM pg_attribute a LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
                               WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)
                          AND s.constraints = (
                              SELECT string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY pg_get_constraintdef(k.oid))
                                FROM pg_constraint k WHERE k.conrelid = r.oid AND k.contype <> 'n'))
          FROM pg_temp.json_export_relation r JOIN pg_class c USING (oid)
         WHERE r.kind = 'r' AND r.name IN (SELECT s.name FROM pg_temp.json_export_shape s)
    )
    SELECT string_agg(DISTINCT what, '; ' ORDER BY what) INTO stranger FROM found WHERE is_ours IS NOT TRUE;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'not made by this file, or changed since: %', stranger
            USING HINT = 'Nothing was changed. Find out who made them and why, rename or drop them, then run this file again.';
    END IF;
END
$inspect$;

GRANT SELECT ON json_export_dataset, json_export_source, json_export_owner, json_export_shape, json_export_index, json_export_function, json_export_trigger,
      json_export_trigger_found, json_export_relation TO :"owner";
GRANT EXECUTE ON FUNCTION pg_temp.json_export_triggers(text, text, text, text) TO :"owner";

-- ---------------------------------------------------------------------------------------------------------------------
-- From here on as the owner of the tables, to whom everything belongs: tables
-- ---------------------------------------------------------------------------------------------------------------------

SET LOCAL ROLE :"owner";

SELECT format('CREATE TABLE %I.%I (%s, %s)', :'schema', s.name, s.columns, s.constraints)
  FROM json_export_shape s
 WHERE s.is_current AND NOT EXISTS (SELECT FROM json_export_relation r WHERE r.name = s.name)
 ORDER BY s.name
\gexec

-- From version 1: what it noted stays noted.
SELECT format(c.command, :'schema')
  FROM json_export_relation r
  JOIN (VALUES (1, 'json_export_removals', 'INSERT INTO %1$I.json_export_log (dataset, entity_id, reason, logged_at) '
                       'SELECT dataset, entity_id, ''removed'', removed_at FROM %1$I.json_export_removals ORDER BY seq'),
               (2, 'json_export_removals', 'DROP TABLE %1$I.json_export_removals'),
               (3, 'json_export_state', 'INSERT INTO %1$I.json_export_log (reason, logged_at) SELECT ''requested'', '
                       'full_requested_at FROM %1$I.json_export_state WHERE full_requested_at IS NOT NULL'),
               (4, 'json_export_state', 'ALTER TABLE %1$I.json_export_state DROP COLUMN full_requested_at')
       ) AS c (position, name, command) USING (name)
 WHERE r.name <> 'json_export_state'
    OR EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = r.oid AND a.attname = 'full_requested_at' AND NOT a.attisdropped)
 ORDER BY c.position
\gexec

-- To version 3: older runs counted profiles in a column for each dataset.
SELECT format(c.command, :'schema', d.counted)
  FROM (SELECT string_agg(format('%L, jsonb_build_object(''exported'', %I)', d.dataset, d.dataset || '_exported'), ', '
                          ORDER BY d.position)
          FROM (VALUES (1, 'users'), (2, 'countries')) AS d (position, dataset)) AS d (counted)
 CROSS JOIN (VALUES (1, 'ALTER TABLE %1$I.json_export_runs ADD COLUMN datasets jsonb NOT NULL DEFAULT ''{}'''),
                    (2, 'UPDATE %1$I.json_export_runs SET datasets = jsonb_build_object(%2$s)')) AS c (position, command)
 WHERE NOT EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = to_regclass(format('%I.json_export_runs', :'schema')) AND a.attname = 'datasets'
                      AND NOT a.attisdropped)
 ORDER BY c.position
\gexec

INSERT INTO :"schema".json_export_state AS s (install_version) VALUES (:install_version)
ON CONFLICT (only_row) DO UPDATE SET install_version = excluded.install_version
 WHERE s.install_version IS DISTINCT FROM excluded.install_version;

SELECT format('CREATE INDEX json_export_runs_finished ON %I.json_export_runs (finished_at DESC)', :'schema')
 WHERE to_regclass(format('%I.json_export_runs_finished', :'schema')) IS NULL
\gexec

-- ---------------------------------------------------------------------------------------------------------------------
-- Functions. None of them updates or locks a row that somebody else could want: they change the row at hand, or add a line
-- to json_export_log. Those that write run as their owner (SECURITY DEFINER): the ETL may use any role. All names are
-- qualified and the path is pinned, so nobody can put an object in between. Bodies are bound when they run, not when they
-- are created: the ETL can drop and create its tables, and drop, rename or retype their columns. So a column that matters
-- is looked up by name in the row as JSON, or, where that were too dear, an error is caught, and what is not known then is
-- logged as the wider case. Bodies are made by format() and handed over as literals: a name in them may hold $body$.
-- ---------------------------------------------------------------------------------------------------------------------

-- Without a pinned path, as that costs more than all the rest and it names nothing.
CREATE OR REPLACE FUNCTION :"schema".json_export_set_pending() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    NEW.json_exported := false;
    RETURN NEW;
END
$body$;

-- What is watched, as the comment of one function of each says it. Only the owner of this function can say it.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_datasets()
RETURNS TABLE (dataset text, relation text, key_column text, id_column text, dimension text, reads text[], "position" int,
               flag_added boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
    SELECT w.what ->> 'dataset', w.what ->> 'relation', w.what ->> 'key_column', w.what ->> 'id_column',
           w.what ->> 'dimension', ARRAY(SELECT jsonb_array_elements_text(w.what -> 'reads')),
           (w.what ->> 'position')::int, coalesce((w.what ->> 'flag_added')::boolean, false)
      FROM pg_proc me JOIN pg_proc p ON p.pronamespace = me.pronamespace AND p.proowner = me.proowner
     CROSS JOIN LATERAL (SELECT obj_description(p.oid, 'pg_proc')) AS c (comment)
     CROSS JOIN LATERAL (SELECT CASE WHEN c.comment ^@ 'osm-notes-exportd: watches {' THEN substr(c.comment, 28)::jsonb END)
           AS w (what)
     WHERE me.oid = to_regprocedure(%2$L) AND p.proname ^@ 'json_export_' AND w.what IS NOT NULL
$body$, :'schema', format('%I.json_export_datasets()', :'schema')))
\gexec

-- Somebody sets the flag: right for a row that is otherwise the same, wrong when the same statement changes the content.
-- Unless it is an exporter of ours, whose sessions say so, the row may be in no file of ours: it is looked at again, and who
-- did it is noted, as that is most likely the export script that was left in cron. One statement may mark all rows that there
-- are, so what is watched is asked of the function beside that of the neighbouring trigger, with a plan that stays.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_check_mark() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    what jsonb;
    watched regclass;
    key text;
BEGIN
    NEW.json_exported := OLD.json_exported;
    NEW.json_exported := OLD *= NEW;
    IF NOT NEW.json_exported OR current_setting('json_export.exporter', true) = 'on' THEN
        RETURN NEW;
    END IF;
    SELECT substr(d.description, 28)::jsonb INTO what
      FROM pg_trigger t
      JOIN pg_proc p ON p.oid = t.tgfoid
      JOIN pg_proc l ON l.proname = (left(p.proname, -10) || 'lost')::name AND l.pronamespace = p.pronamespace
                    AND l.proowner = (SELECT me.proowner FROM pg_proc me WHERE me.oid = to_regprocedure(%2$L))
      JOIN pg_description d ON d.objoid = l.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
     WHERE t.tgrelid = TG_RELID AND t.tgname = 'json_export_renumbered'
       AND d.description ^@ 'osm-notes-exportd: watches {';
    -- A table that was put aside took its triggers along; of one that nothing is said of, there is no name.
    watched := to_regclass(quote_ident(%1$L) || '.' || quote_ident(what ->> 'relation'));
    IF watched = TG_RELID OR watched = pg_partition_root(TG_RELID) THEN
        BEGIN   -- to_jsonb() of a row of many columns would be most of the time that a mark takes
            EXECUTE format('SELECT ($1).%%I::text', what ->> 'key_column') INTO key USING NEW;
        EXCEPTION WHEN undefined_column THEN
            key := NULL;
        END;
        IF key ~ '^-?[0-9]{1,18}$' THEN
            INSERT INTO %1$I.json_export_log (dataset, key, reason)
            VALUES (what ->> 'dataset', key::bigint,
                    format('marked by %%s, %%s', session_user,
                           coalesce(nullif(current_setting('application_name', true), ''), 'no application name')));
        ELSE
            INSERT INTO %1$I.json_export_log (reason) VALUES ((what ->> 'relation') || ' changed');
        END IF;
    END IF;
    RETURN NEW;
END
$body$, :'schema', format('%I.json_export_check_mark()', :'schema')))
\gexec

SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
BEGIN
    INSERT INTO %1$I.json_export_log (dataset, reason) VALUES (TG_ARGV[0], 'truncated');
    RETURN NULL;
END
$body$, :'schema'))
\gexec

-- Dimension rows changed, in any column, as the export view is the warehouse's and may read each of them; of "modified"
-- only that it became TRUE. That announces that the ETL will recompute the row later, which then changes the content; the
-- contract wants it exported at once all the same. When the columns are not those of the installation, each row of the
-- statement counts as changed; without a key, everything does.
CREATE OR REPLACE FUNCTION :"schema".json_export_dimension_lines(dataset text, relation text, keys text[])
RETURNS TABLE (dataset_name text, key bigint, reason text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT CASE WHEN u.known THEN $1 END, CASE WHEN u.known THEN u.key::bigint END,
           CASE WHEN NOT u.known THEN $2 || ' changed' END
      FROM (SELECT DISTINCT k.key, coalesce(k.key ~ '^-?[0-9]{1,18}$', false) AS known FROM unnest($3) AS k (key)) AS u
$body$;

-- Names that stand in every profile changed, or a dimension table was emptied: all of them have to be rendered again. Marks of
-- ours do not count, where one dataset reads the table of another.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_names_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    changed boolean := true;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := EXISTS (SELECT FROM new_rows);
    ELSIF TG_OP = 'DELETE' THEN
        changed := EXISTS (SELECT FROM old_rows);
    ELSIF TG_OP = 'UPDATE' THEN
        changed := EXISTS (SELECT (o.*)::text FROM old_rows o EXCEPT ALL SELECT (n.*)::text FROM new_rows n);
        IF changed AND current_setting('json_export.exporter', true) = 'on' THEN
            changed := EXISTS (SELECT to_jsonb(o.*) - 'json_exported' FROM old_rows o
                               EXCEPT ALL SELECT to_jsonb(n.*) - 'json_exported' FROM new_rows n);
        END IF;
    END IF;
    IF changed THEN
        INSERT INTO %1$I.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed');
    END IF;
    RETURN NULL;
END
$body$, :'schema'))
\gexec

SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_name_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD::text = NEW::text OR current_setting('json_export.exporter', true) = 'on'
                             AND to_jsonb(OLD) - 'json_exported' = to_jsonb(NEW) - 'json_exported') THEN
        RETURN NULL;
    END IF;
    INSERT INTO %1$I.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed');
    RETURN NULL;
END
$body$, :'schema'))
\gexec

-- For operators and for the ETL's role (GRANT EXECUTE to it): cycle soon, or every row once more.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.request_json_export("full" boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
BEGIN
    IF "full" THEN
        INSERT INTO %1$I.json_export_log (reason) VALUES ('requested');
    END IF;
    PERFORM pg_notify(%2$L, CASE WHEN "full" THEN '{"full":true}' ELSE '' END);
END
$body$, :'schema', :'channel'))
\gexec

-- For the owner of the tables alone: one shrink may pass the exporter's guard, see json_export_log. Nobody else is given it, and
-- who was given it all the same has to be the owner, or to have that role. The exporter may take the line away and add none; a
-- notification says nothing of it.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.request_json_export("full" boolean, allow_shrink boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
BEGIN
    IF allow_shrink THEN
        IF NOT pg_has_role(session_user, current_user, 'USAGE') THEN
            RAISE EXCEPTION 'only %%, the owner of the tables, may allow a shrink', current_user
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO %1$I.json_export_log (dataset, reason) VALUES ('*', 'shrink allowed');
    END IF;
    IF "full" THEN
        INSERT INTO %1$I.json_export_log (reason) VALUES ('requested');
    END IF;
    PERFORM pg_notify(%2$L, CASE WHEN "full" THEN '{"full":true}' ELSE '' END);
END
$body$, :'schema', :'channel'))
\gexec

CREATE OR REPLACE FUNCTION :"schema".json_export_triggers(schema text, kind text, dataset text, relation text)
RETURNS TABLE (relation_id oid, name text, firing text, definition text, trigger_id oid, is_right boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS :'trigger_text';

CREATE OR REPLACE FUNCTION :"schema".json_export_indexes(dataset text, key_column text, id_column text)
RETURNS TABLE (name text, purpose text, column_name text, definition text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS :'index_text';

-- The functions of one dataset.
--
-- A row that is pending, or becomes it now, has another number. This runs for each update of such a row, so it has no
-- pinned path either and qualifies every name instead. An error means that the column is gone, or that this session has
-- seen another type of it: then the names in JSON decide, and only then, as JSON waits for whoever alters the type of any
-- column.
--
-- Rows that are gone. Another row can carry the same id, and is published from now on.
--
-- Dimension rows. Values that are equal are the same in some types only; of others the stored images are compared, as in the
-- trigger of the datamart, which is dearer. "modified" is the ETL's word in dimensions of ours (those with a position), see
-- json_export_dimension_lines(); elsewhere it is a column like any other.
CREATE OR REPLACE FUNCTION :"schema".json_export_functions(schema text, dataset text, relation text, key_column text, id_column text,
                                                            dimension text, "position" int)
RETURNS TABLE (name text, arguments text, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $make$
SELECT n.name, f.arguments,
       format('CREATE OR REPLACE FUNCTION %I.%I%s LANGUAGE plpgsql SECURITY DEFINER%s AS %L', $1, n.name, f.head,
              CASE WHEN f.purpose <> 'renumbered' THEN ' SET search_path = pg_catalog, pg_temp' END, f.body)
  FROM (
       SELECT count(*), concat_ws(' OR ', format('o.%1$I IS NULL OR n.%1$I IS NULL', $4), string_agg(w.condition, ' OR ' ORDER BY a.attnum))
         FROM pg_attribute a LEFT JOIN pg_collation k ON k.oid = a.attcollation
        CROSS JOIN LATERAL (
              SELECT CASE WHEN a.attname = $4 THEN NULL
                          WHEN a.attname = 'modified' AND $7 IS NOT NULL THEN 'n.modified AND o.modified IS NOT TRUE'
                          WHEN a.atttypid = ANY ('{smallint,integer,bigint,boolean,date,timestamp,timestamptz,text,varchar}'::regtype[])
                               AND k.collisdeterministic IS NOT FALSE THEN format('o.%1$I IS DISTINCT FROM n.%1$I', a.attname)
                          ELSE format('ROW(o.%1$I)::record *<> ROW(n.%1$I)::record', a.attname) END
              ) AS w (condition)
        WHERE a.attrelid = to_regclass(format('%I.%I', $1, coalesce($6, ''))) AND a.attnum > 0 AND NOT a.attisdropped
       ) AS c (columns, condition)
 CROSS JOIN LATERAL (VALUES
('lost', 'text, text', '(was text, now text) RETURNS void', format($body$
BEGIN
    IF was IS DISTINCT FROM now AND was ~ '^[1-9][0-9]{0,18}$'
       AND (length(was) < 19 OR was COLLATE "C" <= '9223372036854775807') THEN
        INSERT INTO %1$I.json_export_log (dataset, entity_id) VALUES (%2$L, was::bigint);
    END IF;
END
$body$, $1, $2)),
('renumbered', '', '() RETURNS trigger', format($body$
BEGIN
    BEGIN
        IF OLD.%3$I OPERATOR(pg_catalog.=) NEW.%3$I THEN
            RETURN NEW;
        END IF;
        PERFORM %1$I.%2$I(OLD.%3$I::pg_catalog.text, NEW.%3$I::pg_catalog.text);
    EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
        PERFORM %1$I.%2$I(pg_catalog.to_jsonb(OLD) OPERATOR(pg_catalog.->>) %3$L::pg_catalog.text,
                          pg_catalog.to_jsonb(NEW) OPERATOR(pg_catalog.->>) %3$L::pg_catalog.text);
    END;
    RETURN NEW;
END
$body$, $1, format('json_export_%s_lost', $2), $5)),
('deleted', '', '() RETURNS trigger', format($body$
DECLARE
    gone bigint[];
BEGIN
    BEGIN
        SELECT array_agg(DISTINCT o.%3$I) INTO gone FROM old_rows o WHERE o.%3$I >= 1;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        IF EXISTS (SELECT FROM old_rows) THEN
            gone := ARRAY[NULL];    -- no number is known: the whole dataset
        END IF;
    END;
    IF gone IS NOT NULL THEN
        INSERT INTO %1$I.json_export_log (dataset, entity_id) SELECT %2$L, unnest(gone);
    END IF;
    RETURN NULL;
END
$body$, $1, $2, $5)),
('deleted_row', '', '() RETURNS trigger', format($body$
DECLARE
    gone bigint;
BEGIN
    BEGIN
        gone := OLD.%3$I;
        IF gone IS NULL OR gone < 1 THEN
            RETURN NULL;
        END IF;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        gone := NULL;   -- no number is known: the whole dataset
    END;
    INSERT INTO %1$I.json_export_log (dataset, entity_id) VALUES (%2$L, gone);
    RETURN NULL;
END
$body$, $1, $2, $5)),
('dimension', '', '() RETURNS trigger', format($body$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        BEGIN
            SELECT array_agg(%3$I::text) INTO keys FROM new_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(n.*) ->> %3$L) INTO keys FROM new_rows n;
        END;
    ELSIF TG_OP = 'DELETE' THEN
        BEGIN
            SELECT array_agg(%3$I::text) INTO keys FROM old_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(o.*) ->> %3$L) INTO keys FROM old_rows o;
        END;
    ELSE
        BEGIN
            IF (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped)
               <> %5$L::bigint THEN
                RAISE undefined_column;
            END IF;
            SELECT array_agg(%3$I::text) INTO keys FROM old_rows o FULL JOIN new_rows n USING (%3$I) WHERE %4$s;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(r.key) INTO keys
              FROM (SELECT to_jsonb(o.*) ->> %3$L FROM old_rows o UNION SELECT to_jsonb(n.*) ->> %3$L FROM new_rows n) AS r (key);
        END;
    END IF;
    IF keys IS NOT NULL THEN
        INSERT INTO %1$I.json_export_log (dataset, key, reason)
        SELECT * FROM %1$I.json_export_dimension_lines(%2$L::text, TG_TABLE_NAME::text, keys);
    END IF;
    RETURN NULL;
END
$body$, $1, $2, $4, c.condition, c.columns)),
('dimension_row', '', '() RETURNS trigger', format($body$
DECLARE
    announced boolean;
    o jsonb;
    n jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF %4$s THEN
            BEGIN
                announced := NEW.modified AND OLD.modified IS NOT TRUE;
                OLD.modified := NEW.modified;
            EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
                announced := false; -- there is no such column, or it is something else
            END;
        END IF;
        IF OLD *= NEW AND announced IS NOT TRUE THEN
            RETURN NULL;
        END IF;
    END IF;
    o := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    n := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    INSERT INTO %1$I.json_export_log (dataset, key, reason)
    SELECT * FROM %1$I.json_export_dimension_lines(
        %2$L::text, TG_TABLE_NAME::text, ARRAY[coalesce(o, n) ->> %3$L, coalesce(n, o) ->> %3$L]);
    RETURN NULL;
END
$body$, $1, $2, $4, CASE WHEN $7 IS NULL THEN 'false' ELSE 'true' END))
       ) AS f (purpose, arguments, head, body)
 CROSS JOIN LATERAL (SELECT format('json_export_%s_%s', $2, f.purpose)) AS n (name)
 WHERE $6 IS NOT NULL OR f.purpose !~ '^dimension'
$make$;

SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_wanted_triggers(dataset text, relation text, dimension text, reads text[])
RETURNS TABLE (relation_id oid, name text, firing text, definition text, trigger_id oid, is_right boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
    SELECT t.*
      FROM (VALUES ('datamart', $2) UNION SELECT 'dimension', $3 WHERE $3 IS NOT NULL
             UNION SELECT 'names', r.relation FROM unnest($4) AS r (relation))
           AS w (kind, relation)
     CROSS JOIN LATERAL %1$I.json_export_triggers(%1$L::text, w.kind::text, CASE w.kind WHEN 'names' THEN '' ELSE $1 END::text, w.relation::text) t
$body$, :'schema'))
\gexec

-- As it was before dimensions of others were told from ours.
SELECT format('DROP FUNCTION %s', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.oid = to_regprocedure(format('%I.json_export_functions(text, text, text, text, text, text)', :'schema'))
\gexec

-- Makes what a dataset needs and has not: flag, indexes, functions, triggers, comments, rights. Those of ours and those of
-- json_export_watch() are all made here. It runs as the owner in a way that forbids another role meanwhile, as what it is asked
-- for may stand in a comment.
--
-- "pending" is asked with "json_exported IS NOT TRUE" and an id >= 1: ids below 1 are never published, so they would
-- stay pending for ever. Rows by entity id and by key, unless the warehouse has such an index. The dimension tables need
-- none: they are only asked by their primary key. A table that was put aside under another name took its indexes along. No
-- index has the order of a published index. Without the names in it the planner does not use it (measured: it sorts); with
-- them, a name of some kilobytes would fail the ETL's update, which no index of ours may do.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_prepare(dataset text, relation text, key_column text, id_column text, dimension text,
                                                   reads text[], "position" int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    ours CONSTANT text := 'osm-notes-exportd: part of install.sql';
    place CONSTANT regclass := to_regclass(format('%%I.%%I', %1$L, $2));
    flag_added boolean := EXISTS (SELECT FROM %1$I.json_export_datasets() d WHERE d.dataset = $1 AND d.flag_added);
    part record;
    index_id regclass;
    remark text;
BEGIN
    -- Asked of the catalog first: ADD COLUMN IF NOT EXISTS stops all readers even when there is nothing to do.
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = place AND attname = 'json_exported' AND NOT attisdropped) THEN
        EXECUTE format('ALTER TABLE %%s ADD COLUMN json_exported boolean DEFAULT false', place);
        flag_added := true;
    END IF;

    FOR part IN SELECT i.* FROM %1$I.json_export_indexes($1, $3, $4) i ORDER BY i.name LOOP
        index_id := to_regclass(format('%%I.%%I', %1$L, part.name));
        IF EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = index_id AND i.indrelid <> place) THEN
            EXECUTE format('DROP INDEX %%s', index_id);
            index_id := NULL;
        END IF;
        IF index_id IS NULL
           AND (part.purpose = 'pending'
                OR NOT EXISTS (SELECT FROM pg_index i
                                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                 JOIN pg_class c ON c.oid = i.indexrelid
                                 JOIN pg_am m ON m.oid = c.relam
                                WHERE i.indrelid = place AND a.attname = part.column_name AND m.amname = 'btree'
                                  AND i.indpred IS NULL AND i.indisvalid)) THEN
            EXECUTE format('CREATE INDEX %%I ON %%s %%s', part.name, place, part.definition);
            index_id := to_regclass(format('%%I.%%I', %1$L, part.name));
        END IF;
        IF index_id IS NOT NULL AND obj_description(index_id, 'pg_class') IS DISTINCT FROM ours THEN
            EXECUTE format('COMMENT ON INDEX %%s IS %%L', index_id, ours);
        END IF;
    END LOOP;

    FOR part IN
        SELECT f.*, format('%%I.%%I(%%s)', %1$L, f.name, f.arguments) AS signature
          FROM %1$I.json_export_functions(%1$L::text, $1, $2, $3, $4, $5, $7) f
    LOOP
        EXECUTE part.definition;
        EXECUTE format('REVOKE ALL ON FUNCTION %%s FROM PUBLIC', part.signature);
        remark := CASE WHEN part.name = format('json_export_%%s_lost', $1)
                       THEN 'osm-notes-exportd: watches ' || jsonb_strip_nulls(jsonb_build_object(
                                'dataset', $1, 'relation', $2, 'key_column', $3, 'id_column', $4, 'dimension', $5,
                                'reads', to_jsonb($6), 'position', $7, 'flag_added', flag_added))::text
                       ELSE ours END;
        IF obj_description(to_regprocedure(part.signature), 'pg_proc') IS DISTINCT FROM remark THEN
            EXECUTE format('COMMENT ON FUNCTION %%s IS %%L', part.signature, remark);
        END IF;
    END LOOP;

    FOR part IN
        SELECT t.* FROM %1$I.json_export_wanted_triggers($1, $2, $5, $6) t WHERE NOT t.is_right ORDER BY t.relation_id, t.name
    LOOP
        EXECUTE part.definition;
        EXECUTE format('ALTER TABLE %%s ENABLE %%s TRIGGER %%I', part.relation_id::regclass,
                       CASE part.firing WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' END, part.name);
        EXECUTE format('COMMENT ON TRIGGER %%I ON %%s IS %%L', part.name, part.relation_id::regclass,
            (SELECT format('osm-notes-exportd: made from %%s, became %%s', hashtextextended(part.definition, 0),
                           hashtextextended(pg_get_triggerdef(t.oid), 0))
               FROM pg_trigger t WHERE t.tgrelid = part.relation_id AND t.tgname = part.name));
    END LOOP;

    IF to_regrole('osm_notes_exporter') IS NOT NULL THEN
        FOR part IN
            SELECT DISTINCT c.oid::regclass AS name
              FROM unnest(array_remove(ARRAY[$2, $5] || $6, NULL)) AS r (relation) JOIN pg_class c ON c.oid = to_regclass(format('%%I.%%I', %1$L, r.relation))
             WHERE c.relowner = to_regrole(quote_ident(current_user))
        LOOP
            EXECUTE format('GRANT SELECT ON %%s TO osm_notes_exporter', part.name);
        END LOOP;
        EXECUTE format('GRANT UPDATE (json_exported) ON %%s TO osm_notes_exporter', place);
    END IF;

    -- Of a statement that changes nothing the trigger "changed" does not see what one after it makes of the row. To say so is
    -- all that can be done here. The server's own, which drops such updates, has to come last.
    FOR part IN
        SELECT t.tgname AS name, t.tgrelid::regclass AS relation
          FROM pg_trigger t
         WHERE (t.tgrelid = place OR t.tgrelid IN (SELECT p.relid FROM pg_partition_tree(place) p))
           AND t.tgname > 'json_export_changed' AND NOT t.tgname ^@ 'json_export_' AND NOT t.tgisinternal
           AND t.tgtype & 19 = 19 -- BEFORE UPDATE, FOR EACH ROW
           AND t.tgparentid = 0 AND t.tgenabled <> 'D'
           AND t.tgfoid <> 'suppress_redundant_updates_trigger()'::regprocedure
         ORDER BY t.tgrelid::regclass::text, t.tgname
    LOOP
        RAISE WARNING 'trigger %% of %% comes after ours: when it changes a row in an UPDATE that changes nothing else, that is not seen',
            quote_ident(part.name), part.relation
            USING HINT = format('Triggers run in the order of their names; rename it so that it sorts before json_export_: '
                                'ALTER TRIGGER %%I ON %%s RENAME TO %%I', part.name, part.relation, 'a_' || part.name);
    END LOOP;
END
$body$, :'schema'))
\gexec

-- Takes away what a dataset has no more since it was watched anew, or is not watched: triggers on its dimension and on what was
-- read besides, the right to read them, the functions for a dimension. What any dataset, or install.sql itself, still needs
-- stays; of a table that was put aside under another name, too, what is not about a dimension or names.
--   former    relations that were read until now; those that have triggers are found without
--   patient   wait for their locks (else a table that is in use keeps its triggers for now)
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_sweep(former oid[], patient boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    owner CONSTANT oid := to_regrole(quote_ident(current_user));
    space CONSTANT oid := to_regnamespace(quote_ident(%1$L));
    exporter CONSTANT oid := to_regrole('osm_notes_exporter');
    unneeded record;
    name text;
BEGIN
    FOR unneeded IN
        WITH needed (kind, relation) AS (
            SELECT 'datamart', d.relation FROM %1$I.json_export_datasets() d
             UNION ALL SELECT 'dimension', d.dimension FROM %1$I.json_export_datasets() d
             UNION ALL SELECT 'names', r.name FROM %1$I.json_export_datasets() d CROSS JOIN unnest(d.reads) AS r (name)
             UNION ALL SELECT 'install.sql', unnest(%2$L::text[])
        ), found (relation_id, trigger_name) AS (
            SELECT c.oid, t.tgname
              FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid JOIN pg_class c ON c.oid = t.tgrelid
             WHERE p.pronamespace = space AND p.proowner = owner AND p.proname ^@ 'json_export_' AND c.relowner = owner
               AND t.tgname ~ '^json_export_(dimension|names)_' AND NOT t.tgisinternal AND t.tgparentid = 0
               AND NOT EXISTS (SELECT FROM needed n
                                WHERE n.relation = c.relname AND c.relnamespace = space
                                  AND t.tgname ^@ format('json_export_%%s_', n.kind))
             UNION ALL
            SELECT c.oid, NULL FROM pg_class c WHERE c.oid = ANY ($1) AND c.relowner = owner
        )
        SELECT f.relation_id::regclass AS relation,
               array_agg(f.trigger_name ORDER BY f.trigger_name) FILTER (WHERE f.trigger_name IS NOT NULL) AS triggers,
               EXISTS (SELECT FROM needed n WHERE n.relation = c.relname AND c.relnamespace = space) AS still_read
          FROM found f JOIN pg_class c ON c.oid = f.relation_id
         GROUP BY f.relation_id, c.relname, c.relnamespace
         ORDER BY c.relname
    LOOP
        IF unneeded.triggers IS NOT NULL THEN
            BEGIN
                EXECUTE format('LOCK TABLE %%s IN ACCESS EXCLUSIVE MODE %%s', unneeded.relation, CASE WHEN NOT $2 THEN 'NOWAIT' END);
            EXCEPTION WHEN lock_not_available THEN
                IF $2 THEN
                    RAISE;
                END IF;
                RAISE WARNING '%% is in use: triggers on it that no dataset needs any more stay', unneeded.relation
                    USING HINT = 'Run install.sql again when it is not.';
                CONTINUE;
            END;
            FOREACH name IN ARRAY unneeded.triggers LOOP
                EXECUTE format('DROP TRIGGER %%I ON %%s', name, unneeded.relation);
            END LOOP;
        END IF;
        IF exporter IS NOT NULL AND NOT unneeded.still_read THEN
            EXECUTE format('REVOKE SELECT ON %%s FROM osm_notes_exporter', unneeded.relation);
        END IF;
    END LOOP;
    FOR unneeded IN
        SELECT p.oid::regprocedure AS signature
          FROM %1$I.json_export_datasets() d
         CROSS JOIN unnest('{dimension,dimension_row}'::text[]) AS f (purpose)
          JOIN pg_proc p ON p.pronamespace = space AND p.proowner = owner AND p.pronargs = 0
                        AND p.proname = format('json_export_%%s_%%s', d.dataset, f.purpose)
         WHERE d.dimension IS NULL AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid)
    LOOP
        EXECUTE format('DROP FUNCTION %%s', unneeded.signature);
    END LOOP;
END
$body$, :'schema', (SELECT array_agg(s.relation ORDER BY s.position)
                      FROM json_export_source s WHERE s.kind = 'document' OR s.kind = 'view' AND s.dataset <> '')))
\gexec

-- Why a dataset cannot be watched, as an error with what to do about it.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_refuse(dataset text, relation text, key_column text, id_column text, dimension text,
                                                  reads text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    needed record;
    other record;
BEGIN
    IF $1 !~ '^[a-z][a-z0-9_]{0,31}$' OR $1 IS NULL THEN
        RAISE EXCEPTION '"%%" cannot be the name of a dataset', $1 USING ERRCODE = 'invalid_name',
            HINT = 'At most 32 of a-z, 0-9 and _, beginning with a letter. It need not be that of the relation: dataset => ''name''.';
    END IF;
    FOR needed IN
        SELECT w.kind, w.relation, w.columns, c.oid, c.relkind, c.relowner,
               c.relispartition AND (w.kind = 'datamart' AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                                                                            AND a.attname = 'json_exported' AND NOT a.attisdropped)
                                     OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgparentid <> 0
                                                                           AND g.tgname ~ '^json_export_')) AS is_part,
               (SELECT i.inhrelid::regclass::text FROM pg_inherits i
                 WHERE c.relkind = 'r' AND NOT c.relispartition AND c.oid IN (i.inhrelid, i.inhparent) LIMIT 1) AS heir
          FROM (VALUES ('datamart', $2, ARRAY[$3, $4]), ('dimension', $5, ARRAY[$3])
                 UNION ALL SELECT 'names', r.relation, '{}' FROM unnest($6) AS r (relation)) AS w (kind, relation, columns)
          LEFT JOIN pg_class c ON c.relname = w.relation AND c.relnamespace = to_regnamespace(%2$L)
         WHERE w.kind <> 'dimension' OR w.relation IS NOT NULL
    LOOP
        IF needed.kind <> 'datamart' AND needed.relation = $2 THEN
            RAISE EXCEPTION '"%%" cannot be its own dimension, nor be read besides', $2 USING ERRCODE = 'invalid_parameter_value';
        ELSIF needed.oid IS NULL THEN
            RAISE EXCEPTION 'relation "%%"."%%" does not exist', %1$L, needed.relation USING ERRCODE = 'undefined_table',
                HINT = 'Names are taken as they are, without quotes and without the schema.';
        ELSIF needed.relkind NOT IN ('r', 'p') AND NOT (needed.kind = 'names' AND needed.relkind = 'v') THEN
            RAISE EXCEPTION '"%%"."%%" is not a table of this database', %1$L, needed.relation USING ERRCODE = 'wrong_object_type',
                HINT = 'Only tables tell of their changes. Of a view, watch the table that it shows, and name the view in reads.';
        ELSIF needed.kind <> 'names' AND needed.is_part THEN
            RAISE EXCEPTION '"%%"."%%" is a partition', %1$L, needed.relation USING ERRCODE = 'wrong_object_type',
                HINT = 'Watch the partitioned table: all of its partitions are watched with it.';
        ELSIF needed.kind <> 'names' AND needed.heir IS NOT NULL THEN
            RAISE EXCEPTION '"%%"."%%" cannot be watched, as %% inherits', %1$L, needed.relation, needed.heir
                USING ERRCODE = 'wrong_object_type',
                HINT = 'Triggers of a table do not see what changes in one that inherits from it. Partitions are watched with their table.';
        ELSIF needed.relowner <> to_regrole(quote_ident(current_user)) THEN
            RAISE EXCEPTION '"%%"."%%" belongs to %%, not to %%, the owner of what is installed', %1$L, needed.relation,
                needed.relowner::regrole, current_user USING ERRCODE = 'insufficient_privilege',
                HINT = 'What watches runs with the rights of one owner, and must not touch the tables of another.';
        END IF;
        SELECT n.name, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid INTO other
          FROM unnest(needed.columns) AS n (name)
          LEFT JOIN pg_attribute a ON a.attrelid = needed.oid AND a.attname = n.name AND a.attnum > 0 AND NOT a.attisdropped
         WHERE a.atttypid IS NULL OR a.atttypid NOT IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
         LIMIT 1;
        IF FOUND AND other.type IS NULL THEN
            RAISE EXCEPTION '"%%"."%%" has no column "%%"', %1$L, needed.relation, other.name USING ERRCODE = 'undefined_column';
        ELSIF FOUND THEN
            RAISE EXCEPTION 'column "%%" of "%%"."%%" is of type %%', other.name, %1$L, needed.relation, other.type
                USING ERRCODE = 'datatype_mismatch', HINT = 'Keys and ids are smallint, integer or bigint.';
        END IF;
    END LOOP;
    SELECT a.* INTO other FROM pg_attribute a
     WHERE a.attrelid = to_regclass(format('%%I.%%I', %1$L, $2)) AND NOT a.attisdropped
       AND (a.attgenerated <> '' OR a.attname = 'json_exported' AND a.atttypid <> 'boolean'::regtype)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '"%%"."%%" has a column that prevents it: %%', %1$L, $2, other.attname USING ERRCODE = 'wrong_object_type',
            HINT = 'json_exported must be boolean, and no column generated: the triggers would not see its new value.';
    END IF;
    SELECT d.* INTO other FROM %1$I.json_export_datasets() d
     WHERE (d.dataset = $1 OR d.relation = $2) AND (d.relation, d.key_column, d.id_column, d.dataset) <> ($2, $3, $4, $1)
        OR d.dataset <> $1 AND d.dimension = $5 OR $2 = d.dimension OR $5 IN (d.relation, $2)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '"%%" is watched already, as dataset %% by %% and %%', other.relation, other.dataset, other.key_column,
            other.id_column USING ERRCODE = 'duplicate_object',
            HINT = format('A table has one flag, so that it can belong to one dataset only, and so can a dimension. First: '
                          'SELECT %%I.json_export_unwatch(%%L)', %1$L, other.relation);
    END IF;
END
$body$, :'schema', quote_ident(:'schema')))
\gexec

-- Watch another table, for a [dataset NAME] of the configuration: SELECT json_export_watch('products', 'product_id', 'product_id').
-- Can be repeated, also with another dimension and other reads. Only for the owner of what is installed, and for its tables.
--   dataset     its name in json_export_log and json_export_status; that of the table, if none is given
--   dimension   a table with the same key, whose changes change the row with that key
--   reads       views and small tables that profiles are made from as well: their changes ask for a full export
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_watch(relation text, key_column text, id_column text, dataset text DEFAULT NULL,
                                                 dimension text DEFAULT NULL, reads text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '30s' AS %L
$sql$, :'schema', format($body$
DECLARE
    named CONSTANT text := coalesce($4, $1);
    former oid[];
    news boolean;
BEGIN
    IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'only %%, the owner of what is installed, may watch tables', current_user
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOCK TABLE ONLY %1$I.json_export_state IN SHARE UPDATE EXCLUSIVE MODE; -- no other one meanwhile, nor install.sql
    PERFORM %1$I.json_export_refuse(named, $1, $2, $3, $5, coalesce($6, '{}'));
    EXECUTE format('LOCK TABLE %%I.%%I IN %%s MODE', %1$L, $1, CASE WHEN EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%%I.%%I', %1$L, $1)) AND a.attname = 'json_exported'
                                     AND NOT a.attisdropped) THEN 'SHARE ROW EXCLUSIVE' ELSE 'ACCESS EXCLUSIVE' END);
    PERFORM %1$I.json_export_refuse(named, $1, $2, $3, $5, coalesce($6, '{}'));
    news := EXISTS (SELECT FROM %1$I.json_export_wanted_triggers(named, $1, $5, coalesce($6, '{}')) t WHERE NOT t.is_right);
    former := ARRAY(SELECT to_regclass(format('%%I.%%I', %1$L, r.name))::oid
                      FROM %1$I.json_export_datasets() d CROSS JOIN unnest(array_remove(d.dimension || d.reads, NULL)) AS r (name)
                     WHERE d.dataset = named);
    PERFORM %1$I.json_export_prepare(named, $1, $2, $3, $5, coalesce($6, '{}'), NULL::integer);
    PERFORM %1$I.json_export_sweep(former, true);
    IF news THEN -- what happened before is not known
        INSERT INTO %1$I.json_export_log (reason) VALUES ($1 || ' is watched');
    END IF;
END
$body$, :'schema'))
\gexec

-- The end of that: triggers, indexes, functions, lines of the log and rights go; the flag when json_export_watch() had added it and
-- nothing else needs it. What others read as well stays readable. A table that was put aside under another name took its
-- triggers along, and with them all that is said here: tables are those that call functions of the dataset.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_unwatch(relation text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '30s' AS %L
$sql$, :'schema', format($body$
DECLARE
    was record;
    part record;
    functions oid[];
    tables oid[];
    needed_by text;
BEGIN
    IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'only %%, the owner of what is installed, may end this', current_user
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOCK TABLE ONLY %1$I.json_export_state IN SHARE UPDATE EXCLUSIVE MODE; -- no other one meanwhile, nor install.sql
    SELECT d.* INTO was FROM %1$I.json_export_datasets() d WHERE d.relation = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION '"%%" is not watched', $1 USING ERRCODE = 'undefined_object',
            HINT = format('What is: SELECT relation FROM %%I.json_export_datasets()', %1$L);
    ELSIF was."position" IS NOT NULL THEN
        RAISE EXCEPTION '"%%" is part of install.sql', $1 USING ERRCODE = 'wrong_object_type',
            HINT = 'uninstall.sql takes it all away.';
    END IF;
    -- With those for a dimension, if it has one or not.
    functions := ARRAY(SELECT to_regprocedure(format('%%I.%%I(%%s)', %1$L, f.name, f.arguments))::oid
                         FROM %1$I.json_export_functions(%1$L::text, was.dataset::text, was.relation::text, was.key_column::text,
                              was.id_column::text, coalesce(was.dimension, '')::text, NULL::integer) f
                        WHERE to_regprocedure(format('%%I.%%I(%%s)', %1$L, f.name, f.arguments)) IS NOT NULL);
    tables := ARRAY(SELECT c.oid FROM pg_class c
                     WHERE c.relkind IN ('r', 'p') AND c.relowner = to_regrole(quote_ident(current_user))
                       AND (c.oid = to_regclass(format('%%I.%%I', %1$L, $1))
                            OR EXISTS (SELECT FROM pg_trigger t
                                        WHERE t.tgrelid = c.oid AND t.tgfoid = ANY (functions) AND t.tgparentid = 0
                                          AND t.tgname ~ '^json_export_(renumbered|deleted|deleted_row)$'))
                     ORDER BY c.relname);
    FOR part IN SELECT t.id::regclass AS name FROM unnest(tables) WITH ORDINALITY AS t (id, place) ORDER BY t.place LOOP
        EXECUTE format('LOCK TABLE %%s IN ACCESS EXCLUSIVE MODE', part.name);
    END LOOP;
    EXECUTE format('COMMENT ON FUNCTION %%I.%%I(text, text) IS %%L', %1$L, format('json_export_%%s_lost', was.dataset),
                   'osm-notes-exportd: part of install.sql'); -- so that it is no dataset any more
    PERFORM %1$I.json_export_sweep(
        tables || ARRAY(SELECT to_regclass(format('%%I.%%I', %1$L, r.name))::oid
                          FROM unnest(array_remove(was.dimension || was.reads, NULL)) AS r (name)), true);
    FOR part IN
        SELECT 1 AS place, format('DROP TRIGGER %%I ON %%s', t.tgname, t.tgrelid::regclass) AS command
          FROM pg_trigger t
         WHERE t.tgrelid = ANY (tables) AND NOT t.tgisinternal AND t.tgparentid = 0
           AND t.tgname ~ '^json_export_(changed|inserted|marked|renumbered|deleted|deleted_row|truncated)$'
         UNION ALL
        SELECT 2, format('DROP INDEX %%s', c.oid::regclass)
          FROM %1$I.json_export_indexes(was.dataset::text, was.key_column::text, was.id_column::text) i
          JOIN pg_class c ON c.relname = i.name AND obj_description(c.oid, 'pg_class') ^@ 'osm-notes-exportd: '
          JOIN pg_index x ON x.indexrelid = c.oid AND x.indrelid = ANY (tables)
         UNION ALL
        SELECT 3, format('DROP FUNCTION %%s', f.id::regprocedure) FROM unnest(functions) AS f (id)
         UNION ALL
        SELECT f.place, format(f.command, a.attrelid::regclass)
          FROM pg_attribute a
         CROSS JOIN (VALUES (4, 'REVOKE UPDATE (json_exported) ON %%s FROM osm_notes_exporter'),
                            (5, 'ALTER TABLE %%s DROP COLUMN json_exported')) AS f (place, command)
         WHERE a.attrelid = ANY (tables) AND a.attname = 'json_exported' AND NOT a.attisdropped
           AND CASE f.place WHEN 4 THEN to_regrole('osm_notes_exporter') IS NOT NULL ELSE was.flag_added END
         ORDER BY place, command
    LOOP
        EXECUTE part.command;
    END LOOP;
    DELETE FROM %1$I.json_export_log l WHERE l.dataset = was.dataset;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS needed_by = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION '%%', SQLERRM USING ERRCODE = 'dependent_objects_still_exist', DETAIL = needed_by,
        HINT = 'Nothing was changed. Drop what needs it first, or leave the table watched.';
END
$body$, :'schema'))
\gexec

-- A function between the view and the datamart tables: a view that names them would forbid the ETL to drop them.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %I.json_export_status_rows()
RETURNS TABLE (dataset text, rows bigint, pending bigint, removals_waiting bigint, last_success_at timestamptz,
               last_run_result text, last_error text, generation bigint, full_requested_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS %L
$sql$, :'schema', format($body$
DECLARE
    watched record;
BEGIN
    FOR watched IN
        SELECT d.* FROM %1$I.json_export_datasets() d JOIN pg_class c ON c.oid = to_regclass(format('%%I.%%I', %1$L, d.relation))
         WHERE c.relkind IN ('r', 'p')
         ORDER BY d.position NULLS LAST, d.dataset
    LOOP
        RETURN QUERY EXECUTE format($query$
        SELECT %%2$L, (SELECT count(*) FROM (SELECT FROM %%1$I.%%3$I WHERE %%4$I >= 1 GROUP BY %%4$I) AS ids),
               (SELECT count(*)
                  FROM (SELECT tableoid, ctid FROM %%1$I.%%3$I WHERE json_exported IS NOT TRUE AND %%4$I >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM %%1$I.json_export_log l JOIN %%1$I.%%3$I d ON d.%%5$I = l.key
                         WHERE l.dataset = %%2$L AND d.%%4$I >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM %%1$I.json_export_log l JOIN %%1$I.%%3$I d ON d.%%4$I = l.entity_id
                         WHERE l.dataset = %%2$L AND d.%%4$I >= 1) AS waiting),
               (SELECT count(*) FROM %%1$I.json_export_log l WHERE l.dataset = %%2$L AND l.key IS NULL),
               (SELECT max(r.finished_at) FROM %%1$I.json_export_runs r WHERE r.result = 'success'),
               last.result, last.error, s.generation,
               (SELECT min(l.logged_at) FROM %%1$I.json_export_log l WHERE l.dataset IS NULL)
          FROM (VALUES (1)) AS one (row)
          LEFT JOIN %%1$I.json_export_state s ON true
          LEFT JOIN (SELECT r.result, r.error FROM %%1$I.json_export_runs r
                      ORDER BY r.finished_at DESC, r.run_id DESC LIMIT 1) AS last ON true$query$,
            %1$L, watched.dataset, watched.relation, watched.id_column, watched.key_column);
    END LOOP;
END
$body$, :'schema'))
\gexec

CREATE OR REPLACE VIEW :"schema".json_export_status AS
SELECT dataset, rows, pending, removals_waiting, last_success_at, last_run_result, last_error, generation,
       full_requested_at
  FROM :"schema".json_export_status_rows();

-- ---------------------------------------------------------------------------------------------------------------------
-- Triggers that are missing or not right, and a line about it: they may have let changes through, and a json_exported that
-- was TRUE before the first run proves nothing.
-- ---------------------------------------------------------------------------------------------------------------------

SELECT format('INSERT INTO %I.json_export_log (reason) VALUES (%L)', :'schema',
              CASE WHEN bool_and(t.trigger_id IS NULL) THEN 'installed' ELSE 'triggers were missing' END)
  FROM json_export_trigger_found t HAVING NOT bool_and(t.is_right)
\gexec

\o /dev/null
-- A call without types would be that of whoever made one of that name that fits better: it runs in our session.
SELECT format('SELECT %I.json_export_prepare(%L::text, %L::text, %L::text, %L::text, %L::text, %L::text[], %L::integer)',
              :'schema', d.dataset, d.relation, d.key_column,
              d.id_column, d.dimension, d.reads, CASE WHEN d.built_in THEN d.position END)
  FROM json_export_dataset d
 ORDER BY d.position
\gexec

SELECT format('SELECT %I.json_export_sweep(%L::oid[], false)', :'schema', '{}')
\gexec
\o

-- ---------------------------------------------------------------------------------------------------------------------
-- Comments. The first word tells that the object is ours.
-- ---------------------------------------------------------------------------------------------------------------------

SELECT format('COMMENT ON %s IS %L', o.object, o.comment)
  FROM (SELECT format('FUNCTION %I.%I(%s)', :'schema', f.name, f.arguments), 'osm-notes-exportd: part of install.sql',
               obj_description(to_regprocedure(format('%I.%I(%s)', :'schema', f.name, f.arguments)), 'pg_proc')
          FROM json_export_function f WHERE f.dataset IS NULL
         UNION ALL
        SELECT format(c.object, :'schema'), c.comment,
               CASE WHEN c.name <> '' THEN col_description(t.oid, a.attnum) ELSE obj_description(t.oid, 'pg_class') END
          FROM (SELECT coalesce(string_agg(d.dataset, ', ' ORDER BY d.position), 'A dataset'),
                       coalesce(string_agg(d.id_column, ' or ' ORDER BY d.position), 'The id'),
                       coalesce((array_agg(d.dataset ORDER BY d.position))[1], 'users')
                  FROM json_export_dataset d) AS all_of_them (datasets, ids, first)
         CROSS JOIN LATERAL (
        SELECT 'COLUMN %I.json_export_runs.' || quote_ident(d.dataset || '_exported'), 'json_export_runs', d.dataset || '_exported',
               format('Profiles of %s rendered and published; as in datasets', d.dataset)
          FROM (VALUES ('users'), ('countries')) AS d (dataset)
         UNION ALL VALUES
    ('TABLE %I.json_export_log', 'json_export_log', '', 'osm-notes-exportd: What has to be looked at besides rows that are pending. Only added to, so nobody waits for it. The number of a line is drawn at random: a sequence may be behind its table after a restore, or a crash of the server, and would fail the ETL.'),
    ('COLUMN %I.json_export_log.dataset', 'json_export_log', 'dataset', all_of_them.datasets || '; NULL: a full export is wanted; *: one shrink may pass the guard, within a day. A dataset alone: its files have to be compared with its ids'),
    ('COLUMN %I.json_export_log.key', 'json_export_log', 'key', 'The datamart row with this key has to be rendered again'),
    ('COLUMN %I.json_export_log.entity_id', 'json_export_log', 'entity_id', all_of_them.ids || ' that a row lost, by DELETE or a new number: see whether it is gone'),
    ('COLUMN %I.json_export_log.reason', 'json_export_log', 'reason', 'Why, for people'),
    ('TABLE %I.json_export_state', 'json_export_state', '', 'osm-notes-exportd: One row, what it published last'),
    ('COLUMN %I.json_export_state.only_row', 'json_export_state', 'only_row', 'Always true: keeps the table at one row'),
    ('COLUMN %I.json_export_state.generation', 'json_export_state', 'generation', 'Number of the last published tree, as in its metadata.json'),
    ('COLUMN %I.json_export_state.published_at', 'json_export_state', 'published_at', 'When that tree was complete on disk'),
    ('COLUMN %I.json_export_state.install_version', 'json_export_state', 'install_version', 'Version of install.sql that ran last; 0: made again by the program'),
    ('TABLE %I.json_export_runs', 'json_export_runs', '', 'osm-notes-exportd: One row per export cycle that did something or failed; kept for [database] runs_retention'),
    ('COLUMN %I.json_export_runs.mode', 'json_export_runs', 'mode', 'incremental: pending rows only; full: every row'),
    ('COLUMN %I.json_export_runs.reason', 'json_export_runs', 'reason', 'What asked for the cycle, e.g. a notification, the timer, a signal'),
    ('COLUMN %I.json_export_runs.generation', 'json_export_runs', 'generation', 'Generation published by the cycle; NULL: nothing was published'),
    ('COLUMN %I.json_export_runs.files_unchanged', 'json_export_runs', 'files_unchanged', 'Files that were already right and were not touched'),
    ('COLUMN %I.json_export_runs.rows_marked', 'json_export_runs', 'rows_marked', 'Rows whose json_exported was set to TRUE'),
    ('COLUMN %I.json_export_runs.mark_conflicts', 'json_export_runs', 'mark_conflicts', 'Rows that changed while they were exported, so they stay pending'),
    ('COLUMN %I.json_export_runs.quarantined', 'json_export_runs', 'quarantined', 'Rows that failed the schema check; their old files stay'),
    ('COLUMN %I.json_export_runs.bytes_written', 'json_export_runs', 'bytes_written', 'Bytes of the files written'),
    ('COLUMN %I.json_export_runs.duration_ms', 'json_export_runs', 'duration_ms', 'Milliseconds on the steady clock; finished_at - started_at can jump with the wall clock'),
    ('COLUMN %I.json_export_runs.phases', 'json_export_runs', 'phases', 'Milliseconds per phase, e.g. {"read": 12.5}'),
    ('COLUMN %I.json_export_runs.error', 'json_export_runs', 'error', 'Text of the failure; NULL on success'),
    ('COLUMN %I.json_export_runs.version', 'json_export_runs', 'version', 'Version of the program'),
    ('COLUMN %I.json_export_runs.datasets', 'json_export_runs', 'datasets', format('By dataset what became of its rows and profiles, e.g. {"%s": {"exported": 3, "removed": 1}}', all_of_them.first)),
    ('VIEW %I.json_export_status', 'json_export_status', '', 'osm-notes-exportd: How far it is, one row per kind of entity'),
    ('COLUMN %I.json_export_status.rows', 'json_export_status', 'rows', 'Different ids from 1 up'),
    ('COLUMN %I.json_export_status.pending', 'json_export_status', 'pending', 'Rows to be exported, by their flag or by json_export_log (a renamed user can have several), those in quarantine included'),
    ('COLUMN %I.json_export_status.removals_waiting', 'json_export_status', 'removals_waiting', 'Lines of json_export_log about ids that may be gone'),
    ('COLUMN %I.json_export_status.last_success_at', 'json_export_status', 'last_success_at', 'End of the last successful cycle that did something; a cycle that finds nothing to do leaves no trace'),
    ('COLUMN %I.json_export_status.full_requested_at', 'json_export_status', 'full_requested_at', 'Since when a full export is wanted; NULL: none')
               ) AS c (object, relation, name, comment)
         CROSS JOIN LATERAL (SELECT to_regclass(format('%I.%I', :'schema', c.relation))::oid AS oid) AS t
          LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = c.name
       ) AS o (object, comment, found)
 WHERE o.found IS DISTINCT FROM o.comment
\gexec

-- ---------------------------------------------------------------------------------------------------------------------
-- Rights
-- ---------------------------------------------------------------------------------------------------------------------

-- Trigger functions are not for calling, and not for other people's triggers either. json_export_status_rows has only the
-- rights of whoever asks, so whoever may read may ask; json_export_datasets tells what anybody finds in the catalogs.
SELECT format('REVOKE ALL ON FUNCTION %I.%I(%s) FROM PUBLIC', :'schema', f.name, f.arguments)
  FROM json_export_function f
 WHERE f.name NOT IN ('json_export_status_rows', 'json_export_datasets')
 ORDER BY f.name
\gexec

\if :have_role
SELECT format('GRANT SELECT ON %s TO osm_notes_exporter', c.oid::regclass)
  FROM pg_class c JOIN json_export_owner o ON o.space = c.relnamespace AND o.id = c.relowner
 WHERE c.relname IN (SELECT s.relation FROM json_export_source s)
 ORDER BY c.relname
\gexec

GRANT SELECT, DELETE ON :"schema".json_export_log TO osm_notes_exporter;
GRANT SELECT, INSERT, DELETE ON :"schema".json_export_runs TO osm_notes_exporter;
GRANT SELECT, INSERT (generation, published_at, install_version), UPDATE (generation, published_at)
   ON :"schema".json_export_state TO osm_notes_exporter;
GRANT SELECT ON :"schema".json_export_status TO osm_notes_exporter;
GRANT EXECUTE ON FUNCTION :"schema".request_json_export(boolean) TO osm_notes_exporter;
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO osm_notes_exporter;
\endif

RESET ROLE;

-- ---------------------------------------------------------------------------------------------------------------------
-- What the runner should know
-- ---------------------------------------------------------------------------------------------------------------------

DO $known$
DECLARE
    wanted_schema text := current_setting('json_export.schema');
    owner oid := (SELECT o.id FROM pg_temp.json_export_owner o);
    unused record;
BEGIN
    -- Somebody could have been faster with a name of ours after it was looked for.
    IF EXISTS (SELECT FROM pg_proc p
                WHERE p.pronamespace = to_regnamespace(quote_ident(wanted_schema)) AND p.proowner <> owner
                  AND (p.proname ^@ 'json_export_' OR p.proname = 'request_json_export'))
       OR EXISTS (SELECT FROM pg_class c
                   WHERE c.relnamespace = to_regnamespace(quote_ident(wanted_schema)) AND c.relowner <> owner
                     AND c.relname ^@ 'json_export_') THEN
        RAISE EXCEPTION 'somebody else made objects with names of ours meanwhile'
            USING HINT = 'Nothing was changed. Run this file again: it names them.';
    END IF;
    FOR unused IN
        SELECT c.relname AS view, c.relowner::regrole AS owner
          FROM pg_temp.json_export_source s
          JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', wanted_schema, s.relation))
         WHERE s.kind = 'view' AND c.relowner <> owner
         ORDER BY s.position
    LOOP
        RAISE WARNING '"%"."%" belongs to %, not to %, the owner of the tables: it is not used',
            wanted_schema, unused.view, unused.owner, owner::regrole
            USING HINT = 'Whoever owns it chooses what is published. If it is right: ALTER VIEW ... OWNER TO the owner of the tables, '
                         'then run this file again.';
    END LOOP;
    IF to_regrole('osm_notes_exporter') IS NULL THEN
        RETURN;
    END IF;
    IF NOT has_database_privilege('osm_notes_exporter', current_database(), 'CONNECT') THEN
        RAISE WARNING 'role osm_notes_exporter may not connect to database "%"', current_database()
            USING HINT = format('GRANT CONNECT ON DATABASE %I TO osm_notes_exporter;', current_database());
    END IF;
    IF NOT has_schema_privilege('osm_notes_exporter', wanted_schema, 'USAGE') THEN
        RAISE WARNING 'role osm_notes_exporter may not use schema "%"', wanted_schema
            USING HINT = format('Let the owner of the schema run "GRANT USAGE ON SCHEMA %I TO osm_notes_exporter".',
                                wanted_schema);
    END IF;
END
$known$;

DROP VIEW json_export_trigger_found, json_export_owner;
DROP FUNCTION pg_temp.json_export_triggers(text, text, text, text), pg_temp.json_export_indexes(text, text, text);

COMMIT;

\echo osm-notes-exportd: version :install_version is installed in schema :schema
