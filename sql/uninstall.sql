-- Takes away what install.sql created:
--
--     psql -v ON_ERROR_STOP=1 -d notes_dwh -f uninstall.sql
--     psql -v schema=other -v drop_role=1 -d notes_dwh -f uninstall.sql
--
-- Run it as the owner of the datamart tables or as a superuser, any number of times; it is all or nothing. Stop the
-- daemon before. History (json_export_runs) goes too.
--
-- It leaves two things:
--   - the columns json_exported, as the ETL and today's export script use them as well;
--   - the role osm_notes_exporter, without the rights of install.sql. -v drop_role=1 drops it, unless it owns something
--     or has other rights.

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

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '30s';

SELECT pg_advisory_xact_lock(hashtext('osm-notes-exportd install')) AS ignored \gset
SELECT set_config('json_export.schema', :'schema', true) AS ignored \gset

DO $check$
BEGIN
    IF to_regnamespace(quote_ident(current_setting('json_export.schema'))) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist in database "%"',
            current_setting('json_export.schema'), current_database()
            USING HINT = 'Connect to the warehouse (usually notes_dwh), or name its schema with -v schema=NAME.';
    END IF;
END
$check$;

-- Triggers, view, functions, tables, indexes, in the order in which they need each other. By prefix, so that what an
-- older version left behind goes as well. Without CASCADE: what somebody else built on them is not ours to drop.
SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND t.tgname ^@ 'json_export_' AND NOT t.tgisinternal
 ORDER BY t.tgrelid::regclass::text, t.tgname
\gexec

SELECT format('DROP VIEW %s', c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relname ^@ 'json_export_' AND c.relkind = 'v'
\gexec

SELECT format('DROP FUNCTION %s', p.oid::regprocedure)
  FROM pg_proc p
 WHERE p.pronamespace = to_regnamespace(quote_ident(:'schema'))
   AND (p.proname ^@ 'json_export_' OR p.oid = to_regprocedure(format('%I.request_json_export(boolean)', :'schema')))
 ORDER BY p.proname
\gexec

SELECT format('DROP TABLE %s', c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relname ^@ 'json_export_' AND c.relkind = 'r'
 ORDER BY c.relname
\gexec

-- Indexes of our tables went with them.
SELECT format('DROP INDEX %s', c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relname ^@ 'json_export_' AND c.relkind = 'i'
 ORDER BY c.relname
\gexec

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
 WHERE c.relnamespace = to_regnamespace(quote_ident(:'schema')) AND c.relname IN ('datamartusers', 'datamartcountries')
   AND a.attacl IS NOT NULL
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

COMMIT;

\echo osm-notes-exportd: nothing is installed in schema :schema any more
