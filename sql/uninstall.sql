-- Takes away what install.sql created, this version's and all earlier ones':
--
--     psql -X -v ON_ERROR_STOP=1 -d notes_dwh -f uninstall.sql
--     psql -X -v schema=other -v drop_role=1 -d notes_dwh -f uninstall.sql
--
-- Run it as the owner of the datamart tables or as a superuser, any number of times; it is all or nothing. Stop the
-- daemon before. History (json_export_runs) goes too. It waits for locks for 30 seconds (-v wait=SECONDS).
--
-- It leaves three things:
--   - the columns json_exported, as the ETL and today's export script use them as well;
--   - the role osm_notes_exporter, without the rights of install.sql. -v drop_role=1 drops it, unless it owns something
--     or has other rights;
--   - what has a name of ours but was made by somebody else. It is named.
-- Whatever others prepared, nothing of it runs: as the owner of the tables it drops, and only what is ours.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?schema}
\else
    \set schema dwh
\endif
\if :{?drop_role}
\else
    \set drop_role 0
\endif
\if :{?wait}
\else
    \set wait 30
\endif

BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL standard_conforming_strings = on;
SET LOCAL quote_all_identifiers = off;
SELECT set_config('lock_timeout', (:'wait'::float8 * 1000)::int::text, true) AS ignored,
       set_config('json_export.schema', :'schema', true) AS ignored2 \gset

DO $check$
BEGIN
    IF to_regnamespace(quote_ident(current_setting('json_export.schema'))) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist in database "%"',
            current_setting('json_export.schema'), current_database()
            USING HINT = 'Connect to the warehouse (usually notes_dwh), or name its schema with -v schema=NAME.';
    END IF;
END
$check$;

-- The kinds of entity of version 1, which made no comments. Later ones need no line: what was made for them says so.
CREATE TEMPORARY TABLE json_export_dataset ON COMMIT DROP AS
SELECT d.dataset FROM (VALUES ('users'), ('countries')) AS d (dataset);

-- The owner of what is installed. A users' table, which with built_in=off may be anybody's, is asked only when the tables of
-- ours are gone; without one it is whoever runs this.
SELECT coalesce((SELECT r.rolname::text
                   FROM (VALUES ('json_export_state', 1), ('json_export_runs', 2), ('datamartusers', 3)) AS n (name, place)
                   JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', :'schema', n.name))
                   JOIN pg_roles r ON r.oid = c.relowner
                  ORDER BY n.place
                  LIMIT 1), current_user::text) AS owner
\gset
SELECT set_config('json_export.owner', :'owner', true) AS ignored \gset

-- Ours: what belongs to that owner and carries our comment, or has a name of version 1. Of others it only looks so.
CREATE TEMPORARY VIEW json_export_object AS
WITH version_1 AS (
    SELECT string_agg(d.dataset, '|') AS datasets FROM json_export_dataset d
), place AS (
    SELECT to_regnamespace(quote_ident(current_setting('json_export.schema')))::oid AS space,
           to_regrole(quote_ident(current_setting('json_export.owner')))::oid AS owner
), function AS (
    SELECT p.oid, p.proname, p.proowner, seen.looks_ours, p.proowner = place.owner AND seen.looks_ours AS is_ours
      FROM version_1, pg_proc p JOIN place ON p.pronamespace = place.space
     CROSS JOIN LATERAL (
           SELECT p.prokind = 'f'
                  AND (coalesce(obj_description(p.oid, 'pg_proc') ^@ 'osm-notes-exportd: ', false)
                       OR p.proname = 'request_json_export' AND oidvectortypes(p.proargtypes) = 'boolean'
                       OR p.pronargs = 0 AND p.proname ~ ('^json_export_(set_pending|check_mark|names_changed|truncated|status_rows'
                                                          '|(' || version_1.datasets || ')_(deleted|renumbered|dimension))$'))
           ) AS seen (looks_ours)
     WHERE p.proname ^@ 'json_export_' OR p.proname = 'request_json_export'
), relation AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, seen.looks_ours, c.relowner = place.owner AND seen.looks_ours AS is_ours
      FROM version_1, pg_class c JOIN place ON c.relnamespace = place.space
     CROSS JOIN LATERAL (
           SELECT coalesce(obj_description(c.oid, 'pg_class') ^@ 'osm-notes-exportd: ', false)
                  OR c.relkind = 'r' AND c.relname IN ('json_export_removals', 'json_export_state', 'json_export_runs')
                  OR c.relkind = 'v' AND c.relname = 'json_export_status'
                  OR c.relkind IN ('i', 'I') AND c.relname ~ ('^json_export_(' || version_1.datasets || ')_(pending|id|key)$')
           ) AS seen (looks_ours)
     WHERE c.relname ^@ 'json_export_' AND c.relkind NOT IN ('S', 't')
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
)
SELECT 1 AS position, format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS command, t.tgrelid AS locked,
       f.is_ours IS TRUE AS is_ours, f.looks_ours IS TRUE AS looks_ours,
       format('trigger %I on %s', t.tgname, t.tgrelid::regclass) AS what
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid CROSS JOIN place
  LEFT JOIN function f ON f.oid = t.tgfoid
 WHERE (c.relnamespace = place.space OR f.is_ours) AND t.tgname ^@ 'json_export_' AND NOT t.tgisinternal AND t.tgparentid = 0
 UNION ALL
SELECT 2, format('DROP VIEW %s', r.oid::regclass), r.oid, r.is_ours, r.looks_ours,
       format('view %s of %s', r.oid::regclass, r.relowner::regrole)
  FROM relation r WHERE r.relkind = 'v'
 UNION ALL
SELECT 3, format('DROP FUNCTION %s', f.oid::regprocedure), NULL, f.is_ours, f.looks_ours,
       format('function %s of %s', f.oid::regprocedure, f.proowner::regrole)
  FROM function f
 UNION ALL
SELECT 4, format('DROP TABLE %s', r.oid::regclass), r.oid, r.is_ours, r.looks_ours,
       format('%s %s of %s', CASE r.relkind WHEN 'r' THEN 'table' ELSE 'relation' END, r.oid::regclass, r.relowner::regrole)
  FROM relation r WHERE r.relkind NOT IN ('v', 'i', 'I')
 UNION ALL
SELECT 5, format('DROP INDEX %s', r.oid::regclass), i.indrelid, r.is_ours, r.looks_ours,
       format('index %s of %s', r.oid::regclass, r.relowner::regrole)
  FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
 WHERE NOT EXISTS (SELECT FROM relation x WHERE x.oid = i.indrelid);

DO $others$
DECLARE
    others text;
    commands text;
BEGIN
    SELECT string_agg(o.what, '; ' ORDER BY o.what) INTO others FROM pg_temp.json_export_object o WHERE NOT o.looks_ours;
    IF others IS NOT NULL THEN
        RAISE WARNING 'not made by install.sql, so left alone: %', others;
    END IF;
    SELECT string_agg(o.what, '; ' ORDER BY o.what), string_agg(o.command, '; ' ORDER BY o.position, o.command)
      INTO others, commands
      FROM pg_temp.json_export_object o WHERE o.looks_ours AND NOT o.is_ours;
    IF others IS NOT NULL THEN
        RAISE WARNING 'of another owner than %, so left alone: %', current_setting('json_export.owner'), others
            USING HINT = format('If that is part of install.sql as well: %s', commands);
    END IF;
END
$others$;

-- All locks before anything is changed, always in the same order. Views cannot be locked, and need not be.
SELECT format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', l.locked::regclass)
  FROM (SELECT DISTINCT o.locked FROM json_export_object o WHERE o.is_ours) AS l JOIN pg_class c ON c.oid = l.locked
 WHERE c.relkind IN ('r', 'p')
 ORDER BY c.relname
\gexec

GRANT SELECT ON json_export_dataset, json_export_object TO :"owner";
SET LOCAL ROLE :"owner";

-- In the order in which they need each other. Without CASCADE: what somebody else built on them is not ours to drop.
SELECT o.command FROM json_export_object o WHERE o.is_ours ORDER BY o.position, o.command
\gexec

RESET ROLE;
SELECT count(*) > 0 AS parts_remain FROM json_export_object o WHERE o.looks_ours \gset
DROP VIEW json_export_object;

SELECT to_regrole('osm_notes_exporter') IS NOT NULL AS have_role \gset
\if :have_role
-- SELECT on every table of the schema, not only on the ones named in install.sql: the default rights set there may have
-- reached any of them. Only what the runner can take back, and only in this schema.
SELECT format('REVOKE SELECT ON %s FROM osm_notes_exporter', c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND pg_has_role(c.relowner, 'USAGE')
   AND EXISTS (SELECT FROM aclexplode(c.relacl) x
                WHERE x.grantee = to_regrole('osm_notes_exporter') AND x.privilege_type = 'SELECT')
 ORDER BY c.relname
\gexec

SELECT format('REVOKE UPDATE (json_exported) ON %s FROM osm_notes_exporter', a.attrelid::regclass)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'json_exported' AND NOT a.attisdropped
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND pg_has_role(c.relowner, 'USAGE')
   AND EXISTS (SELECT FROM aclexplode(a.attacl) x
                WHERE x.grantee = to_regrole('osm_notes_exporter') AND x.privilege_type = 'UPDATE')
 ORDER BY c.relname
\gexec

REVOKE USAGE ON SCHEMA :"schema" FROM osm_notes_exporter;

SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I REVOKE SELECT ON TABLES FROM osm_notes_exporter',
              r.rolname, :'schema')
  FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
 WHERE d.defaclnamespace = to_regnamespace(quote_ident(:'schema')) AND d.defaclobjtype = 'r'
   AND pg_has_role(r.oid, 'USAGE')
   AND EXISTS (SELECT FROM aclexplode(d.defaclacl) x WHERE x.grantee = to_regrole('osm_notes_exporter'))
 ORDER BY r.rolname
\gexec

DO $left$
DECLARE
    left_over text;
BEGIN
    SELECT string_agg(d.defaclrole::regrole::text, ', ') INTO left_over
      FROM pg_default_acl d
     WHERE d.defaclnamespace = to_regnamespace(quote_ident(current_setting('json_export.schema')))
       AND EXISTS (SELECT FROM aclexplode(d.defaclacl) x WHERE x.grantee = to_regrole('osm_notes_exporter'));
    IF left_over IS NOT NULL THEN
        RAISE WARNING 'new tables of % will still be readable for osm_notes_exporter', left_over
            USING HINT = 'Run this file as a superuser as well.';
    END IF;
END
$left$;

    \if :drop_role
DO $role$
BEGIN
    DROP ROLE osm_notes_exporter;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
    RAISE WARNING 'role osm_notes_exporter stays: %', SQLERRM;
END
$role$;
    \endif
\endif

SELECT to_regrole('osm_notes_exporter') IS NOT NULL AND :'drop_role' = '0' AS role_stays \gset

COMMIT;

\if :parts_remain
    \echo osm-notes-exportd: what belongs to :owner is not installed in schema :schema any more; what the warning names remains
\else
    \echo osm-notes-exportd: nothing is installed in schema :schema any more
\endif
\if :role_stays
    \echo osm-notes-exportd: the role osm_notes_exporter stays; -v drop_role=1 drops it
\endif
