-- The one line the ETL sends when its datamart rows are up to date.
--
-- Put it after the last COMMIT of the datamart update, or into that transaction: PostgreSQL delivers it at commit, and
-- not at all after a rollback. Once a run is enough; it may be sent as often as you like. The database is the one of
-- [database] conninfo, the name that of [database] channel. From a shell script:
--
--     psql -d notes_dwh -c 'NOTIFY osm_notes_export'
NOTIFY osm_notes_export;
