-- What osm-notes-exportd needs inside the warehouse. Run it as the owner of the datamart tables or as a superuser:
--
--     psql -v ON_ERROR_STOP=1 -d notes_dwh -f install.sql
--     psql -v schema=other -v channel=other_channel -d notes_dwh -f install.sql
--
-- Any number of runs give the same result; run it again after an upgrade, and after a datamart or dimension table was
-- dropped and created again (its triggers went with it). Give the same -v on each run. All or nothing: one transaction.
-- Everything is prefixed json_export_, apart from the column json_exported and the function request_json_export.
-- sql/uninstall.sql takes it away again. Needs PostgreSQL 14 or newer.

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
\set install_version 2

BEGIN;

-- Nothing below may resolve through the runner's path. A lock that does not come soon must fail instead of letting the
-- whole ETL queue up behind it: simply run the file again at a quieter moment.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '30s';

-- psql variables do not reach into dollar-quoted text; settings do.
SELECT set_config('json_export.schema', :'schema', true) AS ignored,
       set_config('json_export.channel', :'channel', true) AS ignored2 \gset
SELECT pg_advisory_xact_lock(hashtext('osm-notes-exportd install')) AS ignored \gset

-- ---------------------------------------------------------------------------------------------------------------------
-- Can it work here at all? Say so before anything is changed.
-- ---------------------------------------------------------------------------------------------------------------------

DO $check$
DECLARE
    wanted_schema text := current_setting('json_export.schema');
    channel text := current_setting('json_export.channel');
    needed record;
    found regclass;
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
        SELECT t.name, t.column_name
          FROM (VALUES ('datamartusers', 'dimension_user_id'), ('datamartusers', 'user_id'),
                       ('datamartusers', 'username'), ('datamartusers', 'history_whole_open'),
                       ('datamartusers', 'history_whole_closed'),
                       ('datamartcountries', 'dimension_country_id'), ('datamartcountries', 'country_id'),
                       ('datamartglobal', 'dimension_global_id'),
                       ('dimension_users', 'dimension_user_id'),
                       ('dimension_countries', 'dimension_country_id')) AS t (name, column_name)
    LOOP
        found := to_regclass(format('%I.%I', wanted_schema, needed.name));
        IF found IS NULL THEN
            RAISE EXCEPTION 'table "%"."%" does not exist', wanted_schema, needed.name
                USING HINT = 'Run the ETL once so that it creates the datamart tables, then run this file again.';
        END IF;
        IF NOT EXISTS (SELECT FROM pg_attribute
                        WHERE attrelid = found AND attname = needed.column_name AND NOT attisdropped) THEN
            RAISE EXCEPTION 'table "%"."%" has no column "%"', wanted_schema, needed.name, needed.column_name
                USING HINT = 'This is not the datamart of OSM-Notes-Analytics, or an unknown version of it.';
        END IF;
    END LOOP;

    FOR needed IN
        SELECT c.relname AS name
          FROM pg_class c
         WHERE c.relnamespace = to_regnamespace(quote_ident(wanted_schema))
           AND c.relname IN ('datamartusers', 'datamartcountries', 'datamartglobal', 'datamartusers_export',
                             'contributor_types', 'dimension_users', 'dimension_countries',
                             'dimension_experience_levels')
           AND NOT pg_has_role(c.relowner, 'USAGE')
         ORDER BY c.relname
    LOOP
        RAISE EXCEPTION 'role "%" does not own "%"."%"', current_user, wanted_schema, needed.name
            USING HINT = 'Run this file as the owner of all datamart and dimension tables, or as a superuser.';
    END LOOP;

    FOR needed IN SELECT unnest(ARRAY['datamartusers', 'datamartcountries']) AS name LOOP
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

-- The kinds of entity. One more is one more line here (and one more name in the CHECK of json_export_log).
--   key_column         identifies the row; shared with the dimension table
--   id_column          identifies the published entity; several rows can carry the same one (renamed users)
--   dimension_content  columns of the dimension table that the published files depend on
CREATE TEMPORARY TABLE json_export_dataset ON COMMIT DROP AS
SELECT position, dataset, relation, key_column, id_column, dimension, dimension_content
  FROM (VALUES (1, 'users', 'datamartusers', 'dimension_user_id', 'user_id', 'dimension_users',
                ARRAY['is_current', 'experience_level_id', 'username', 'user_id']),
               (2, 'countries', 'datamartcountries', 'dimension_country_id', 'country_id', 'dimension_countries',
                ARRAY['country_id']))
       AS d (position, dataset, relation, key_column, id_column, dimension, dimension_content);

-- Triggers of ours that are at work now; compared at the end.
CREATE TEMPORARY TABLE json_export_trigger_before ON COMMIT DROP AS
SELECT t.tgrelid, t.tgname
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema'))
   AND t.tgname ^@ 'json_export_' AND t.tgenabled IN ('O', 'A');

-- ---------------------------------------------------------------------------------------------------------------------
-- Column, tables
-- ---------------------------------------------------------------------------------------------------------------------

-- Asked of the catalog first: ADD COLUMN IF NOT EXISTS stops all readers even when there is nothing to do.
SELECT format('ALTER TABLE %I.%I ADD COLUMN json_exported boolean DEFAULT false', :'schema', d.relation)
  FROM json_export_dataset d
 WHERE NOT EXISTS (SELECT FROM pg_attribute
                    WHERE attrelid = to_regclass(format('%I.%I', :'schema', d.relation))
                      AND attname = 'json_exported' AND NOT attisdropped)
 ORDER BY d.position
\gexec

CREATE TABLE IF NOT EXISTS :"schema".json_export_log (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, dataset text, key bigint, entity_id bigint, reason text,
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS :"schema".json_export_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint NOT NULL DEFAULT 0,
    published_at timestamptz,
    install_version int NOT NULL
);

CREATE TABLE IF NOT EXISTS :"schema".json_export_runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    mode text NOT NULL CHECK (mode IN ('incremental', 'full')),
    reason text NOT NULL,
    result text NOT NULL CHECK (result IN ('success', 'failure')),
    generation bigint,
    users_exported int NOT NULL DEFAULT 0,
    countries_exported int NOT NULL DEFAULT 0,
    files_written int NOT NULL DEFAULT 0,
    files_unchanged int NOT NULL DEFAULT 0,
    files_removed int NOT NULL DEFAULT 0,
    rows_marked int NOT NULL DEFAULT 0,
    mark_conflicts int NOT NULL DEFAULT 0,
    quarantined int NOT NULL DEFAULT 0,
    bytes_written bigint NOT NULL DEFAULT 0,
    duration_ms double precision NOT NULL,
    phases jsonb NOT NULL DEFAULT '{}',
    error text,
    host text NOT NULL,
    pid int NOT NULL,
    version text NOT NULL
);

CREATE INDEX IF NOT EXISTS json_export_runs_finished ON :"schema".json_export_runs (finished_at DESC);

COMMENT ON TABLE :"schema".json_export_state IS 'One row: what osm-notes-exportd published last, and what it is asked to do';
COMMENT ON COLUMN :"schema".json_export_state.only_row IS 'Always true: keeps the table at one row';
COMMENT ON COLUMN :"schema".json_export_state.generation IS 'Number of the last published tree, as in its metadata.json';
COMMENT ON COLUMN :"schema".json_export_state.published_at IS 'When that tree was complete on disk';
COMMENT ON COLUMN :"schema".json_export_state.install_version IS 'Version of install.sql that ran last';
COMMENT ON TABLE :"schema".json_export_runs IS 'One row per export cycle of osm-notes-exportd that did something or failed; kept for [database] runs_retention';
COMMENT ON COLUMN :"schema".json_export_runs.mode IS 'incremental: pending rows only; full: every row';
COMMENT ON COLUMN :"schema".json_export_runs.reason IS 'What asked for the cycle, e.g. a notification, the timer, a signal';
COMMENT ON COLUMN :"schema".json_export_runs.generation IS 'Generation published by the cycle; NULL: nothing was published';
COMMENT ON COLUMN :"schema".json_export_runs.users_exported IS 'User profiles rendered and published';
COMMENT ON COLUMN :"schema".json_export_runs.countries_exported IS 'Country profiles rendered and published';
COMMENT ON COLUMN :"schema".json_export_runs.files_unchanged IS 'Files that were already right and were not touched';
COMMENT ON COLUMN :"schema".json_export_runs.rows_marked IS 'Rows whose json_exported was set to TRUE';
COMMENT ON COLUMN :"schema".json_export_runs.mark_conflicts IS 'Rows that changed while they were exported, so they stay pending';
COMMENT ON COLUMN :"schema".json_export_runs.quarantined IS 'Rows that failed the schema check; their old files stay';
COMMENT ON COLUMN :"schema".json_export_runs.bytes_written IS 'Bytes of the files written';
COMMENT ON COLUMN :"schema".json_export_runs.duration_ms IS 'Milliseconds on the steady clock; finished_at - started_at can jump with the wall clock';
COMMENT ON COLUMN :"schema".json_export_runs.phases IS 'Milliseconds per phase, e.g. {"read": 12.5}';
COMMENT ON COLUMN :"schema".json_export_runs.error IS 'Text of the failure; NULL on success';
COMMENT ON COLUMN :"schema".json_export_runs.version IS 'Version of the program';

INSERT INTO :"schema".json_export_state AS s (install_version) VALUES (:install_version)
ON CONFLICT (only_row) DO UPDATE SET install_version = excluded.install_version
 WHERE s.install_version IS DISTINCT FROM excluded.install_version;

-- ---------------------------------------------------------------------------------------------------------------------
-- Indexes
-- ---------------------------------------------------------------------------------------------------------------------

-- Pending rows. Ask with "json_exported IS NOT TRUE AND user_id >= 1": ids below 1 are never published, so they would
-- stay pending for ever.
SELECT format('CREATE INDEX IF NOT EXISTS %I ON %I.%I (%I) WHERE json_exported IS NOT TRUE',
              'json_export_' || d.dataset || '_pending', :'schema', d.relation, d.id_column)
  FROM json_export_dataset d ORDER BY d.position
\gexec

-- Rows by entity id and by key, unless the warehouse has such an index. The dimension tables need none: they are only
-- asked by their primary key.
SELECT format('CREATE INDEX IF NOT EXISTS %I ON %I.%I (%I)',
              'json_export_' || d.dataset || '_' || c.purpose, :'schema', d.relation, c.column_name)
  FROM json_export_dataset d
 CROSS JOIN LATERAL (VALUES (1, 'id', d.id_column), (2, 'key', d.key_column)) AS c (position, purpose, column_name)
 WHERE NOT EXISTS (SELECT FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                     JOIN pg_class x ON x.oid = i.indexrelid
                     JOIN pg_am m ON m.oid = x.relam
                    WHERE i.indrelid = to_regclass(format('%I.%I', :'schema', d.relation))
                      AND a.attname = c.column_name AND m.amname = 'btree'
                      AND i.indpred IS NULL AND i.indisvalid)
 ORDER BY d.position, c.position
\gexec

-- No index has the order of indexes/users.json. Without the names in it the planner does not use it (measured: it sorts);
-- with them, a name of some kilobytes would fail the ETL's update, which no index of ours may do.

-- ---------------------------------------------------------------------------------------------------------------------
-- Functions. Those that write run as their owner (SECURITY DEFINER): the ETL may use any role. All names are qualified
-- and the path is pinned, so nobody can put an object in between. Bodies are bound when they run, not when they are
-- created: the ETL can still drop and create its tables.
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION :"schema".json_export_set_pending() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    NEW.json_exported := false;
    RETURN NEW;
END
$body$;

-- Somebody sets the flag: right for a row that is otherwise the same, wrong when the same statement changes the content.
CREATE OR REPLACE FUNCTION :"schema".json_export_check_mark() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    NEW.json_exported := OLD.json_exported;
    NEW.json_exported := OLD *= NEW;
    RETURN NEW;
END
$body$;

-- Names that stand in every profile changed: all of them have to be rendered again.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_names_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    changed boolean := true;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := EXISTS (SELECT FROM new_rows);
    ELSIF TG_OP = 'DELETE' THEN
        changed := EXISTS (SELECT FROM old_rows);
    ELSIF TG_OP = 'UPDATE' THEN
        changed := EXISTS (SELECT o::text FROM old_rows o EXCEPT ALL SELECT n::text FROM new_rows n);
    END IF;
    IF changed THEN
        INSERT INTO %1$I.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed');
    END IF;
    RETURN NULL;
END
$body$
$sql$, :'schema')
\gexec

SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_names_changed_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN INSERT INTO %1$I.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed'); RETURN NULL; END $body$
$sql$, :'schema')
\gexec

SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    INSERT INTO %1$I.json_export_log (dataset) VALUES (TG_ARGV[0]);
    RETURN NULL;
END
$body$
$sql$, :'schema')
\gexec

-- Rows that are gone. Another row can carry the same id and be published from now on, so it becomes pending.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_%2$s_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        INSERT INTO %1$I.json_export_log (dataset, entity_id) VALUES (%2$L, OLD.%4$I);
    ELSE
        INSERT INTO %1$I.json_export_log (dataset, entity_id) SELECT DISTINCT %2$L, o.%4$I FROM old_rows o WHERE o.%4$I >= 1;
    END IF;
    RETURN NULL;
END
$body$
$sql$, :'schema', d.dataset, d.relation, d.id_column)
  FROM json_export_dataset d ORDER BY d.position
\gexec

SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_%2$s_renumbered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF OLD.%4$I IS DISTINCT FROM NEW.%4$I AND OLD.%4$I >= 1 THEN
        INSERT INTO %1$I.json_export_log (dataset, entity_id) VALUES (%2$L, OLD.%4$I);
    END IF;
    RETURN NULL;
END
$body$
$sql$, :'schema', d.dataset, d.relation, d.id_column)
  FROM json_export_dataset d ORDER BY d.position
\gexec

-- Dimension rows changed. Two kinds:
--   content    Published files depend on it. The datamart row is rewritten even when it is pending already: an export
--              that has read the old dimension row must find another row version when it wants to mark.
--   announced  "modified" became TRUE: the ETL will recompute the row later, and that is what changes the content. Rows
--              that are locked are left out, as the recomputing transaction holds its datamart row and wants its
--              dimension row next: waiting for it could be a deadlock.
-- The full join is never a nested loop, so a plan kept from a small statement cannot ruin a mass update; and the changed
-- keys go through an array for the same reason.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_%2$s_dimension() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        IF TG_OP <> 'INSERT' THEN INSERT INTO %1$I.json_export_log (dataset, key) VALUES (%2$L, OLD.%4$I); END IF;
        IF TG_OP <> 'DELETE' THEN INSERT INTO %1$I.json_export_log (dataset, key) VALUES (%2$L, NEW.%4$I); END IF;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO %1$I.json_export_log (dataset, key) SELECT %2$L, n.%4$I FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO %1$I.json_export_log (dataset, key) SELECT %2$L, n.%4$I FROM old_rows n;
    ELSE
        INSERT INTO %1$I.json_export_log (dataset, key) SELECT %2$L, %4$I FROM old_rows o FULL JOIN new_rows n USING (%4$I)
         WHERE to_jsonb(o) - 'modified' IS DISTINCT FROM to_jsonb(n) - 'modified' OR (to_jsonb(n) ->> 'modified' = 'true' AND to_jsonb(o) ->> 'modified' IS DISTINCT FROM 'true');
    END IF;
    RETURN NULL;
END
$body$
$sql$, :'schema', d.dataset, d.relation, d.key_column)
  FROM json_export_dataset d ORDER BY d.position
\gexec

-- For operators and for the ETL's role (GRANT EXECUTE to it): cycle soon, or every row once more.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.request_json_export("full" boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF "full" THEN
        INSERT INTO %1$I.json_export_log (reason) VALUES ('requested');
    END IF;
    PERFORM pg_notify(%2$L, CASE WHEN "full" THEN '{"full":true}' ELSE '' END);
END
$body$
$sql$, :'schema', :'channel')
\gexec

-- A function between the view and the datamart tables: a view that names them would forbid the ETL to drop them.
SELECT format($sql$
CREATE OR REPLACE FUNCTION %1$I.json_export_status_rows()
RETURNS TABLE (dataset text, rows bigint, pending bigint, removals_waiting bigint, last_success_at timestamptz,
               last_run_result text, last_error text, generation bigint, full_requested_at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT c.dataset, c.rows, c.pending,
           (SELECT count(*) FROM %1$I.json_export_log r WHERE r.dataset = c.dataset),
           (SELECT max(r.finished_at) FROM %1$I.json_export_runs r WHERE r.result = 'success'),
           last.result, last.error, s.generation, (SELECT min(logged_at) FROM %1$I.json_export_log WHERE dataset IS NULL)
      FROM (%2$s) AS c (position, dataset, rows, pending)
      LEFT JOIN %1$I.json_export_state s ON true
      LEFT JOIN (SELECT r.result, r.error FROM %1$I.json_export_runs r
                  ORDER BY r.finished_at DESC, r.run_id DESC LIMIT 1) AS last ON true
     ORDER BY c.position
$body$
$sql$, :'schema',
       (SELECT string_agg(format('SELECT %1$s, %2$L, '
                                 '(SELECT count(*) FROM (SELECT FROM %3$I.%4$I WHERE %5$I >= 1 GROUP BY %5$I) AS ids), '
                                 '(SELECT count(*) FROM %3$I.%4$I WHERE json_exported IS NOT TRUE AND %5$I >= 1)',
                                 d.position, d.dataset, :'schema', d.relation, d.id_column),
                          ' UNION ALL ' ORDER BY d.position)
          FROM json_export_dataset d))
\gexec

CREATE OR REPLACE VIEW :"schema".json_export_status AS
SELECT dataset, rows, pending, removals_waiting, last_success_at, last_run_result, last_error, generation,
       full_requested_at
  FROM :"schema".json_export_status_rows();

COMMENT ON VIEW :"schema".json_export_status IS 'How far osm-notes-exportd is, one row per kind of entity';
COMMENT ON COLUMN :"schema".json_export_status.rows IS 'Different ids from 1 up';
COMMENT ON COLUMN :"schema".json_export_status.pending IS 'Rows to be exported (a renamed user can have several), those in quarantine included';
COMMENT ON COLUMN :"schema".json_export_status.last_success_at IS 'End of the last successful cycle that did something; a cycle that finds nothing to do leaves no trace';

-- ---------------------------------------------------------------------------------------------------------------------
-- Triggers. The condition stands in WHEN wherever it can: a row that is pending already, and the daemon's own mark, then
-- cost next to nothing. "*<>" compares the stored images, as json has no "="; it may call two spellings of one number
-- different, never the other way round. It is the dear part (it unpacks both rows), so it comes last.
-- UPDATE OF spares statements that do not name the column even the look at WHEN; the ETL sends many of one row each.
-- Whoever sets the flag in the statement that changes the content must not get away with it; the exporter's role may
-- write no other column, so its marks need no comparison.
-- A BEFORE trigger of somebody else that comes later in the alphabet could change the row after it was looked at.
-- ---------------------------------------------------------------------------------------------------------------------

SELECT format(t.definition, :'schema', d.relation, d.dataset, d.id_column)
  FROM json_export_dataset d
 CROSS JOIN (VALUES
    (1, 'CREATE OR REPLACE TRIGGER json_export_changed BEFORE UPDATE ON %1$I.%2$I FOR EACH ROW '
        'WHEN (OLD.json_exported AND NEW.json_exported AND OLD.* OPERATOR(pg_catalog.*<>) NEW.*) '
        'EXECUTE FUNCTION %1$I.json_export_set_pending()'),
    (2, 'CREATE OR REPLACE TRIGGER json_export_marked BEFORE UPDATE OF json_exported ON %1$I.%2$I FOR EACH ROW '
        'WHEN (NEW.json_exported AND OLD.json_exported IS NOT TRUE AND current_user <> ''osm_notes_exporter'') '
        'EXECUTE FUNCTION %1$I.json_export_check_mark()'),
    (3, 'CREATE OR REPLACE TRIGGER json_export_inserted BEFORE INSERT ON %1$I.%2$I FOR EACH ROW '
        'WHEN (NEW.json_exported) '
        'EXECUTE FUNCTION %1$I.json_export_set_pending()'),
    (4, 'CREATE OR REPLACE TRIGGER json_export_renumbered AFTER UPDATE ON %1$I.%2$I FOR EACH ROW '
        'EXECUTE FUNCTION %1$I.json_export_%3$s_renumbered()'),
    (5, 'CREATE OR REPLACE TRIGGER json_export_deleted AFTER DELETE ON %1$I.%2$I '
        'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT '
        'EXECUTE FUNCTION %1$I.json_export_%3$s_deleted()'),
    (6, 'CREATE OR REPLACE TRIGGER json_export_truncated AFTER TRUNCATE ON %1$I.%2$I FOR EACH STATEMENT '
        'EXECUTE FUNCTION %1$I.json_export_truncated(%3$L)')
       ) AS t (position, definition)
 ORDER BY d.position, t.position
\gexec

-- Dimension tables, and the tables of names. An UPDATE trigger with transition tables can have no column list and no
-- WHEN, but is half the price of a row trigger when the ETL sets "modified" on thousands of rows in one statement.
SELECT format('CREATE OR REPLACE TRIGGER json_export_%1$s_%2$s AFTER %3$s ON %4$I.%5$I %6$s '
              'FOR EACH STATEMENT EXECUTE FUNCTION %4$I.%7$I()',
              s.kind, e.name, e.event, :'schema', s.relation, e.referencing,
              CASE WHEN e.event = 'TRUNCATE' THEN 'json_export_names_changed' ELSE s.handler END)
  FROM (SELECT 'dimension', d.dimension, 'json_export_' || d.dataset || '_dimension' FROM json_export_dataset d
         UNION ALL
        SELECT 'names', n.name, 'json_export_names_changed'
          FROM (VALUES ('contributor_types'), ('dimension_experience_levels')) AS n (name)
         WHERE to_regclass(format('%I.%I', :'schema', n.name)) IS NOT NULL) AS s (kind, relation, handler)
 CROSS JOIN (VALUES ('inserted', 'INSERT', 'REFERENCING NEW TABLE AS new_rows'),
                    ('updated', 'UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                    ('deleted', 'DELETE', 'REFERENCING OLD TABLE AS old_rows'),
                    ('truncated', 'TRUNCATE', '')) AS e (name, event, referencing)
 ORDER BY s.relation, e.name
\gexec

SELECT format('CREATE OR REPLACE TRIGGER json_export_deleted_row AFTER DELETE ON %1$I.%2$I FOR EACH ROW EXECUTE FUNCTION %1$I.json_export_%3$s_deleted()', :'schema', relation, dataset) FROM json_export_dataset
\gexec
SELECT format('CREATE OR REPLACE TRIGGER json_export_%5$s_%4$s_row AFTER %6$s ON %1$I.%2$I FOR EACH ROW EXECUTE FUNCTION %1$I.%3$s()', :'schema', s.relation, s.handler, e.n, s.kind, e.e) FROM
 (SELECT 'dimension', d.dimension, 'json_export_' || d.dataset || '_dimension' FROM json_export_dataset d
         UNION ALL SELECT 'names', n.name, 'json_export_names_changed_row'
          FROM (VALUES ('contributor_types'), ('dimension_experience_levels')) AS n (name)) AS s (kind, relation, handler), (VALUES ('inserted','INSERT'),('updated','UPDATE'),('deleted','DELETE')) e(n,e)
\gexec
SELECT format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.tgrelid::regclass, CASE WHEN tgname LIKE '%\_row' THEN 'REPLICA' ELSE 'ALWAYS' END, tgname) FROM pg_trigger t WHERE tgname LIKE 'json\_export\_%' AND (tgname LIKE '%\_row' OR tgname LIKE '%truncated' OR tgname IN ('json_export_changed','json_export_marked','json_export_inserted','json_export_renumbered'))
\gexec

-- ---------------------------------------------------------------------------------------------------------------------
-- Role and rights
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

-- Trigger functions are not for calling, and not for other people's triggers either.
SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.pronamespace = to_regnamespace(quote_ident(:'schema'))
   AND (p.proname ^@ 'json_export_' OR p.proname = 'request_json_export')
   AND p.proname <> 'json_export_status_rows'   -- has only the rights of whoever asks, so whoever may read may ask
 ORDER BY p.proname
\gexec

SELECT to_regrole('osm_notes_exporter') IS NOT NULL AS have_role \gset
\if :have_role
GRANT USAGE ON SCHEMA :"schema" TO osm_notes_exporter;

SELECT format('GRANT SELECT ON %I.%I TO osm_notes_exporter', :'schema', n.name)
  FROM unnest(ARRAY['datamartusers', 'datamartcountries', 'datamartglobal', 'datamartusers_export', 'contributor_types',
                    'dimension_users', 'dimension_countries', 'dimension_experience_levels']) AS n (name)
 WHERE to_regclass(format('%I.%I', :'schema', n.name)) IS NOT NULL
\gexec

GRANT UPDATE (json_exported) ON :"schema".datamartusers, :"schema".datamartcountries TO osm_notes_exporter;
GRANT SELECT, DELETE ON :"schema".json_export_log TO osm_notes_exporter;
GRANT SELECT, INSERT, DELETE ON :"schema".json_export_runs TO osm_notes_exporter;
GRANT SELECT, INSERT (generation, published_at, install_version), UPDATE (generation, published_at) ON :"schema".json_export_state TO osm_notes_exporter;
GRANT SELECT ON :"schema".json_export_status TO osm_notes_exporter;
GRANT EXECUTE ON FUNCTION :"schema".request_json_export(boolean) TO osm_notes_exporter;

-- The ETL drops and creates the view datamartusers_export, and its rights go with it. So whatever the owners of the
-- datamart create in this schema from now on is readable for the exporter. That is more than it needs, but it is derived,
-- public data, and PostgreSQL cannot say it for one name.
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO osm_notes_exporter',
              r.rolname, :'schema')
  FROM pg_roles r
 WHERE pg_has_role(r.oid, 'USAGE')
   AND (r.rolname = current_user
        OR r.oid IN (SELECT c.relowner FROM pg_class c
                      WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema'))
                        AND c.relname IN ('datamartusers', 'datamartcountries', 'datamartusers_export')))
 ORDER BY r.rolname
\gexec

DO $connect$
BEGIN
    IF NOT has_database_privilege('osm_notes_exporter', current_database(), 'CONNECT') THEN
        RAISE WARNING 'role osm_notes_exporter may not connect to database "%"', current_database()
            USING HINT = format('GRANT CONNECT ON DATABASE %I TO osm_notes_exporter;', current_database());
    END IF;
    IF NOT has_schema_privilege('osm_notes_exporter', current_setting('json_export.schema'), 'USAGE') THEN
        RAISE WARNING 'role osm_notes_exporter may not use schema "%"', current_setting('json_export.schema')
            USING HINT = format('Let the owner of the schema run "GRANT USAGE ON SCHEMA %I TO osm_notes_exporter".',
                                current_setting('json_export.schema'));
    END IF;
END
$connect$;
\endif

-- Everything belongs to the owner of the datamart, whoever ran this file: the functions get no more rights than they
-- need, and the owner can run this file the next time. With two owners it stays with the runner.
SELECT o.statement
  FROM (SELECT min(c.relowner::regrole::text) AS owner, min(c.relowner::bigint)::oid AS owner_id
          FROM pg_class c JOIN json_export_dataset d ON c.oid = to_regclass(format('%I.%I', :'schema', d.relation))
        HAVING count(DISTINCT c.relowner) = 1) AS w
 CROSS JOIN LATERAL (
       SELECT format('ALTER %s %s OWNER TO %s',
                     CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass, w.owner)
         FROM pg_class c
        WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relname ^@ 'json_export_'
          AND c.relkind IN ('r', 'v') AND c.relowner::regrole::text <> w.owner
        UNION ALL
       SELECT format('ALTER FUNCTION %s OWNER TO %s', p.oid::regprocedure, w.owner)
         FROM pg_proc p
        WHERE p.pronamespace = to_regnamespace(quote_ident(:'schema'))
          AND (p.proname ^@ 'json_export_' OR p.proname = 'request_json_export')
          AND p.proowner::regrole::text <> w.owner
       ) AS o (statement)
 WHERE pg_has_role(w.owner_id, 'MEMBER')
   AND ((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
        OR has_schema_privilege(w.owner_id, :'schema', 'CREATE'))
\gexec

COMMIT;

\echo osm-notes-exportd: version :install_version is installed in schema :schema
