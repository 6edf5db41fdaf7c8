-- What version 2 of sql/install.sql made in schema dwh, as pg_dump writes it, without comments of columns, nor rights on views of
-- the warehouse: for tests of the upgrade.

SET check_function_bodies = off;

CREATE FUNCTION dwh.json_export_check_mark() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    NEW.json_exported := OLD.json_exported;
    NEW.json_exported := OLD *= NEW;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dwh.json_export_check_mark() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint[];
BEGIN
    BEGIN
        SELECT array_agg(DISTINCT o.country_id) INTO gone FROM old_rows o WHERE o.country_id >= 1;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        IF EXISTS (SELECT FROM old_rows) THEN
            gone := ARRAY[NULL];    -- no number is known: the whole dataset
        END IF;
    END;
    IF gone IS NOT NULL THEN
        INSERT INTO dwh.json_export_log (dataset, entity_id) SELECT 'countries', unnest(gone);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_countries_deleted() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_deleted_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint;
BEGIN
    BEGIN
        gone := OLD.country_id;
        IF gone IS NULL OR gone < 1 THEN
            RETURN NULL;
        END IF;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        gone := NULL;   -- no number is known: the whole dataset
    END;
    INSERT INTO dwh.json_export_log (dataset, entity_id) VALUES ('countries', gone);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_countries_deleted_row() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_dimension() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        BEGIN
            SELECT array_agg(dimension_country_id::text) INTO keys FROM new_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(n) ->> 'dimension_country_id') INTO keys FROM new_rows n;
        END;
    ELSIF TG_OP = 'DELETE' THEN
        BEGIN
            SELECT array_agg(dimension_country_id::text) INTO keys FROM old_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(o) ->> 'dimension_country_id') INTO keys FROM old_rows o;
        END;
    ELSE
        BEGIN
            IF (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped)
               <> '9'::bigint THEN
                RAISE undefined_column;
            END IF;
            SELECT array_agg(dimension_country_id::text) INTO keys FROM old_rows o FULL JOIN new_rows n USING (dimension_country_id) WHERE o.dimension_country_id IS NULL OR n.dimension_country_id IS NULL OR o.country_id IS DISTINCT FROM n.country_id OR o.country_name IS DISTINCT FROM n.country_name OR o.country_name_es IS DISTINCT FROM n.country_name_es OR o.country_name_en IS DISTINCT FROM n.country_name_en OR o.iso_alpha2 IS DISTINCT FROM n.iso_alpha2 OR o.iso_alpha3 IS DISTINCT FROM n.iso_alpha3 OR o.region_id IS DISTINCT FROM n.region_id OR n.modified AND o.modified IS NOT TRUE;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(r.key) INTO keys
              FROM (SELECT to_jsonb(o) ->> 'dimension_country_id' FROM old_rows o UNION SELECT to_jsonb(n) ->> 'dimension_country_id' FROM new_rows n) AS r (key);
        END;
    END IF;
    IF keys IS NOT NULL THEN
        INSERT INTO dwh.json_export_log (dataset, key, reason)
        SELECT * FROM dwh.json_export_dimension_lines('countries', TG_TABLE_NAME, keys);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_countries_dimension() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_dimension_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    o jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    n jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    IF o IS NULL OR n IS NULL OR o ->> 'modified' IS DISTINCT FROM 'true' AND n ->> 'modified' = 'true'
       OR o - 'modified' IS DISTINCT FROM n - 'modified' THEN
        INSERT INTO dwh.json_export_log (dataset, key, reason)
        SELECT * FROM dwh.json_export_dimension_lines(
            'countries', TG_TABLE_NAME, ARRAY[coalesce(o, n) ->> 'dimension_country_id', coalesce(n, o) ->> 'dimension_country_id']);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_countries_dimension_row() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_lost(was text, now text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    IF was IS DISTINCT FROM now AND was ~ '^[1-9][0-9]{0,17}$' THEN
        INSERT INTO dwh.json_export_log (dataset, entity_id) VALUES ('countries', was::bigint);
    END IF;
END
$_$;
COMMENT ON FUNCTION dwh.json_export_countries_lost(was text, now text) IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_countries_renumbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    AS $$
BEGIN
    BEGIN
        IF OLD.country_id OPERATOR(pg_catalog.=) NEW.country_id THEN
            RETURN NEW;
        END IF;
        PERFORM dwh.json_export_countries_lost(OLD.country_id::pg_catalog.text, NEW.country_id::pg_catalog.text);
    EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
        PERFORM dwh.json_export_countries_lost(pg_catalog.to_jsonb(OLD) OPERATOR(pg_catalog.->>) 'country_id'::pg_catalog.text,
                                           pg_catalog.to_jsonb(NEW) OPERATOR(pg_catalog.->>) 'country_id'::pg_catalog.text);
    END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dwh.json_export_countries_renumbered() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_dimension_lines(dataset text, relation text, keys text[]) RETURNS TABLE(dataset_name text, key bigint, reason text)
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    SELECT CASE WHEN u.known THEN $1 END, CASE WHEN u.known THEN u.key::bigint END,
           CASE WHEN NOT u.known THEN $2 || ' changed' END
      FROM (SELECT DISTINCT k.key, coalesce(k.key ~ '^-?[0-9]{1,18}$', false) AS known FROM unnest($3) AS k (key)) AS u
$_$;
COMMENT ON FUNCTION dwh.json_export_dimension_lines(dataset text, relation text, keys text[]) IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_name_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD::text <> NEW::text THEN
        INSERT INTO dwh.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_name_changed() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_names_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
        INSERT INTO dwh.json_export_log (reason) VALUES (TG_TABLE_NAME || ' changed');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_names_changed() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_set_pending() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.json_exported := false;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dwh.json_export_set_pending() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_status_rows() RETURNS TABLE(dataset text, rows bigint, pending bigint, removals_waiting bigint, last_success_at timestamp with time zone, last_run_result text, last_error text, generation bigint, full_requested_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT c.dataset, c.rows, c.pending,
           (SELECT count(*) FROM dwh.json_export_log l WHERE l.dataset = c.dataset AND l.key IS NULL),
           (SELECT max(r.finished_at) FROM dwh.json_export_runs r WHERE r.result = 'success'),
           last.result, last.error, s.generation,
           (SELECT min(l.logged_at) FROM dwh.json_export_log l WHERE l.dataset IS NULL)
      FROM (
        SELECT 1, 'users', (SELECT count(*) FROM (SELECT FROM dwh.datamartusers WHERE user_id >= 1 GROUP BY user_id) AS ids),
               (SELECT count(*)
                  FROM (SELECT tableoid, ctid FROM dwh.datamartusers WHERE json_exported IS NOT TRUE AND user_id >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM dwh.json_export_log l JOIN dwh.datamartusers d ON d.dimension_user_id = l.key
                         WHERE l.dataset = 'users' AND d.user_id >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM dwh.json_export_log l JOIN dwh.datamartusers d ON d.user_id = l.entity_id
                         WHERE l.dataset = 'users' AND d.user_id >= 1) AS waiting) UNION ALL 
        SELECT 2, 'countries', (SELECT count(*) FROM (SELECT FROM dwh.datamartcountries WHERE country_id >= 1 GROUP BY country_id) AS ids),
               (SELECT count(*)
                  FROM (SELECT tableoid, ctid FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE AND country_id >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM dwh.json_export_log l JOIN dwh.datamartcountries d ON d.dimension_country_id = l.key
                         WHERE l.dataset = 'countries' AND d.country_id >= 1
                         UNION
                        SELECT d.tableoid, d.ctid FROM dwh.json_export_log l JOIN dwh.datamartcountries d ON d.country_id = l.entity_id
                         WHERE l.dataset = 'countries' AND d.country_id >= 1) AS waiting)) AS c (position, dataset, rows, pending)
      LEFT JOIN dwh.json_export_state s ON true
      LEFT JOIN (SELECT r.result, r.error FROM dwh.json_export_runs r
                  ORDER BY r.finished_at DESC, r.run_id DESC LIMIT 1) AS last ON true
     ORDER BY c.position
$$;
COMMENT ON FUNCTION dwh.json_export_status_rows() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO dwh.json_export_log (dataset, reason) VALUES (TG_ARGV[0], 'truncated');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_truncated() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint[];
BEGIN
    BEGIN
        SELECT array_agg(DISTINCT o.user_id) INTO gone FROM old_rows o WHERE o.user_id >= 1;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        IF EXISTS (SELECT FROM old_rows) THEN
            gone := ARRAY[NULL];    -- no number is known: the whole dataset
        END IF;
    END;
    IF gone IS NOT NULL THEN
        INSERT INTO dwh.json_export_log (dataset, entity_id) SELECT 'users', unnest(gone);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_users_deleted() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_deleted_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint;
BEGIN
    BEGIN
        gone := OLD.user_id;
        IF gone IS NULL OR gone < 1 THEN
            RETURN NULL;
        END IF;
    EXCEPTION WHEN syntax_error_or_access_rule_violation OR data_exception THEN
        gone := NULL;   -- no number is known: the whole dataset
    END;
    INSERT INTO dwh.json_export_log (dataset, entity_id) VALUES ('users', gone);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_users_deleted_row() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_dimension() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        BEGIN
            SELECT array_agg(dimension_user_id::text) INTO keys FROM new_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(n) ->> 'dimension_user_id') INTO keys FROM new_rows n;
        END;
    ELSIF TG_OP = 'DELETE' THEN
        BEGIN
            SELECT array_agg(dimension_user_id::text) INTO keys FROM old_rows;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(to_jsonb(o) ->> 'dimension_user_id') INTO keys FROM old_rows o;
        END;
    ELSE
        BEGIN
            IF (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped)
               <> '8'::bigint THEN
                RAISE undefined_column;
            END IF;
            SELECT array_agg(dimension_user_id::text) INTO keys FROM old_rows o FULL JOIN new_rows n USING (dimension_user_id) WHERE o.dimension_user_id IS NULL OR n.dimension_user_id IS NULL OR o.user_id IS DISTINCT FROM n.user_id OR o.username IS DISTINCT FROM n.username OR n.modified AND o.modified IS NOT TRUE OR o.valid_from IS DISTINCT FROM n.valid_from OR o.valid_to IS DISTINCT FROM n.valid_to OR o.is_current IS DISTINCT FROM n.is_current OR o.experience_level_id IS DISTINCT FROM n.experience_level_id;
        EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
            SELECT array_agg(r.key) INTO keys
              FROM (SELECT to_jsonb(o) ->> 'dimension_user_id' FROM old_rows o UNION SELECT to_jsonb(n) ->> 'dimension_user_id' FROM new_rows n) AS r (key);
        END;
    END IF;
    IF keys IS NOT NULL THEN
        INSERT INTO dwh.json_export_log (dataset, key, reason)
        SELECT * FROM dwh.json_export_dimension_lines('users', TG_TABLE_NAME, keys);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_users_dimension() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_dimension_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    o jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    n jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    IF o IS NULL OR n IS NULL OR o ->> 'modified' IS DISTINCT FROM 'true' AND n ->> 'modified' = 'true'
       OR o - 'modified' IS DISTINCT FROM n - 'modified' THEN
        INSERT INTO dwh.json_export_log (dataset, key, reason)
        SELECT * FROM dwh.json_export_dimension_lines(
            'users', TG_TABLE_NAME, ARRAY[coalesce(o, n) ->> 'dimension_user_id', coalesce(n, o) ->> 'dimension_user_id']);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dwh.json_export_users_dimension_row() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_lost(was text, now text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    IF was IS DISTINCT FROM now AND was ~ '^[1-9][0-9]{0,17}$' THEN
        INSERT INTO dwh.json_export_log (dataset, entity_id) VALUES ('users', was::bigint);
    END IF;
END
$_$;
COMMENT ON FUNCTION dwh.json_export_users_lost(was text, now text) IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.json_export_users_renumbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    AS $$
BEGIN
    BEGIN
        IF OLD.user_id OPERATOR(pg_catalog.=) NEW.user_id THEN
            RETURN NEW;
        END IF;
        PERFORM dwh.json_export_users_lost(OLD.user_id::pg_catalog.text, NEW.user_id::pg_catalog.text);
    EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
        PERFORM dwh.json_export_users_lost(pg_catalog.to_jsonb(OLD) OPERATOR(pg_catalog.->>) 'user_id'::pg_catalog.text,
                                           pg_catalog.to_jsonb(NEW) OPERATOR(pg_catalog.->>) 'user_id'::pg_catalog.text);
    END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dwh.json_export_users_renumbered() IS 'osm-notes-exportd: part of install.sql';

CREATE FUNCTION dwh.request_json_export("full" boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF "full" THEN
        INSERT INTO dwh.json_export_log (reason) VALUES ('requested');
    END IF;
    PERFORM pg_notify('osm_notes_export', CASE WHEN "full" THEN '{"full":true}' ELSE '' END);
END
$$;
COMMENT ON FUNCTION dwh.request_json_export("full" boolean) IS 'osm-notes-exportd: part of install.sql';

CREATE TABLE dwh.json_export_log (
    line bigint DEFAULT hashtextextended((gen_random_uuid())::text, (0)::bigint) NOT NULL,
    dataset text,
    key bigint,
    entity_id bigint,
    reason text,
    logged_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE dwh.json_export_log IS 'osm-notes-exportd: What has to be looked at besides rows that are pending. Only added to, so nobody waits for it. The number of a line is drawn at random: a sequence may be behind its table after a restore, or a crash of the server, and would fail the ETL.';

CREATE TABLE dwh.json_export_runs (
    run_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    mode text NOT NULL,
    reason text NOT NULL,
    result text NOT NULL,
    generation bigint,
    users_exported integer DEFAULT 0 NOT NULL,
    countries_exported integer DEFAULT 0 NOT NULL,
    files_written integer DEFAULT 0 NOT NULL,
    files_unchanged integer DEFAULT 0 NOT NULL,
    files_removed integer DEFAULT 0 NOT NULL,
    rows_marked integer DEFAULT 0 NOT NULL,
    mark_conflicts integer DEFAULT 0 NOT NULL,
    quarantined integer DEFAULT 0 NOT NULL,
    bytes_written bigint DEFAULT 0 NOT NULL,
    duration_ms double precision NOT NULL,
    phases jsonb DEFAULT '{}'::jsonb NOT NULL,
    error text,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    CONSTRAINT json_export_runs_mode_check CHECK ((mode = ANY (ARRAY['incremental'::text, 'full'::text]))),
    CONSTRAINT json_export_runs_result_check CHECK ((result = ANY (ARRAY['success'::text, 'failure'::text])))
);
COMMENT ON TABLE dwh.json_export_runs IS 'osm-notes-exportd: One row per export cycle that did something or failed; kept for [database] runs_retention';

ALTER TABLE dwh.json_export_runs ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dwh.json_export_runs_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE dwh.json_export_state (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint DEFAULT 0 NOT NULL,
    published_at timestamp with time zone,
    install_version integer NOT NULL,
    CONSTRAINT json_export_state_only_row_check CHECK (only_row)
);
COMMENT ON TABLE dwh.json_export_state IS 'osm-notes-exportd: One row, what it published last';

CREATE VIEW dwh.json_export_status AS
 SELECT json_export_status_rows.dataset,
    json_export_status_rows.rows,
    json_export_status_rows.pending,
    json_export_status_rows.removals_waiting,
    json_export_status_rows.last_success_at,
    json_export_status_rows.last_run_result,
    json_export_status_rows.last_error,
    json_export_status_rows.generation,
    json_export_status_rows.full_requested_at
   FROM dwh.json_export_status_rows() json_export_status_rows(dataset, rows, pending, removals_waiting, last_success_at, last_run_result, last_error, generation, full_requested_at);
COMMENT ON VIEW dwh.json_export_status IS 'osm-notes-exportd: How far it is, one row per kind of entity';
ALTER TABLE ONLY dwh.json_export_log
    ADD CONSTRAINT json_export_log_pkey PRIMARY KEY (line);
ALTER TABLE ONLY dwh.json_export_runs
    ADD CONSTRAINT json_export_runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY dwh.json_export_state
    ADD CONSTRAINT json_export_state_pkey PRIMARY KEY (only_row);
CREATE INDEX json_export_countries_id ON dwh.datamartcountries USING btree (country_id);
COMMENT ON INDEX dwh.json_export_countries_id IS 'osm-notes-exportd: part of install.sql';
CREATE INDEX json_export_countries_pending ON dwh.datamartcountries USING btree (country_id) WHERE (json_exported IS NOT TRUE);
COMMENT ON INDEX dwh.json_export_countries_pending IS 'osm-notes-exportd: part of install.sql';
CREATE INDEX json_export_runs_finished ON dwh.json_export_runs USING btree (finished_at DESC);
CREATE INDEX json_export_users_id ON dwh.datamartusers USING btree (user_id);
COMMENT ON INDEX dwh.json_export_users_id IS 'osm-notes-exportd: part of install.sql';
CREATE INDEX json_export_users_pending ON dwh.datamartusers USING btree (user_id) WHERE (json_exported IS NOT TRUE);
COMMENT ON INDEX dwh.json_export_users_pending IS 'osm-notes-exportd: part of install.sql';
CREATE TRIGGER json_export_changed BEFORE UPDATE ON dwh.datamartcountries FOR EACH ROW WHEN ((old.json_exported AND new.json_exported AND (old.* *<> new.*))) EXECUTE FUNCTION dwh.json_export_set_pending();
ALTER TABLE dwh.datamartcountries ENABLE ALWAYS TRIGGER json_export_changed;
COMMENT ON TRIGGER json_export_changed ON dwh.datamartcountries IS 'osm-notes-exportd: made from 2652543849795142221, became 305467848595589967';
CREATE TRIGGER json_export_changed BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW WHEN ((old.json_exported AND new.json_exported AND (old.* *<> new.*))) EXECUTE FUNCTION dwh.json_export_set_pending();
ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_changed;
COMMENT ON TRIGGER json_export_changed ON dwh.datamartusers IS 'osm-notes-exportd: made from -1223970030321350898, became -1958877354678097976';
CREATE TRIGGER json_export_deleted AFTER DELETE ON dwh.datamartcountries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_deleted();
COMMENT ON TRIGGER json_export_deleted ON dwh.datamartcountries IS 'osm-notes-exportd: made from 6558333732867279117, became 58205933402619347';
CREATE TRIGGER json_export_deleted AFTER DELETE ON dwh.datamartusers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_deleted();
COMMENT ON TRIGGER json_export_deleted ON dwh.datamartusers IS 'osm-notes-exportd: made from -4873525714818821274, became 3463877203863053011';
CREATE TRIGGER json_export_deleted_row AFTER DELETE ON dwh.datamartcountries FOR EACH ROW EXECUTE FUNCTION dwh.json_export_countries_deleted_row();
ALTER TABLE dwh.datamartcountries ENABLE REPLICA TRIGGER json_export_deleted_row;
COMMENT ON TRIGGER json_export_deleted_row ON dwh.datamartcountries IS 'osm-notes-exportd: made from 2823064378837892908, became 4458956318024598630';
CREATE TRIGGER json_export_deleted_row AFTER DELETE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.json_export_users_deleted_row();
ALTER TABLE dwh.datamartusers ENABLE REPLICA TRIGGER json_export_deleted_row;
COMMENT ON TRIGGER json_export_deleted_row ON dwh.datamartusers IS 'osm-notes-exportd: made from -1943414179710784290, became -1919217144673120597';
CREATE TRIGGER json_export_dimension_deleted AFTER DELETE ON dwh.dimension_countries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();
COMMENT ON TRIGGER json_export_dimension_deleted ON dwh.dimension_countries IS 'osm-notes-exportd: made from -3914899863556480679, became -1427786208615584395';
CREATE TRIGGER json_export_dimension_deleted AFTER DELETE ON dwh.dimension_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();
COMMENT ON TRIGGER json_export_dimension_deleted ON dwh.dimension_users IS 'osm-notes-exportd: made from 7579031245784540193, became 1825907145303301013';
CREATE TRIGGER json_export_dimension_deleted_row AFTER DELETE ON dwh.dimension_countries FOR EACH ROW EXECUTE FUNCTION dwh.json_export_countries_dimension_row();
ALTER TABLE dwh.dimension_countries ENABLE REPLICA TRIGGER json_export_dimension_deleted_row;
COMMENT ON TRIGGER json_export_dimension_deleted_row ON dwh.dimension_countries IS 'osm-notes-exportd: made from -4242423151354380448, became -8861497070270345059';
CREATE TRIGGER json_export_dimension_deleted_row AFTER DELETE ON dwh.dimension_users FOR EACH ROW EXECUTE FUNCTION dwh.json_export_users_dimension_row();
ALTER TABLE dwh.dimension_users ENABLE REPLICA TRIGGER json_export_dimension_deleted_row;
COMMENT ON TRIGGER json_export_dimension_deleted_row ON dwh.dimension_users IS 'osm-notes-exportd: made from -8115511936012712574, became -8025193079932545013';
CREATE TRIGGER json_export_dimension_inserted AFTER INSERT ON dwh.dimension_countries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();
COMMENT ON TRIGGER json_export_dimension_inserted ON dwh.dimension_countries IS 'osm-notes-exportd: made from 8561753229198123117, became 1787365728418367172';
CREATE TRIGGER json_export_dimension_inserted AFTER INSERT ON dwh.dimension_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();
COMMENT ON TRIGGER json_export_dimension_inserted ON dwh.dimension_users IS 'osm-notes-exportd: made from 5722358031809917486, became -4661796077808151707';
CREATE TRIGGER json_export_dimension_inserted_row AFTER INSERT ON dwh.dimension_countries FOR EACH ROW EXECUTE FUNCTION dwh.json_export_countries_dimension_row();
ALTER TABLE dwh.dimension_countries ENABLE REPLICA TRIGGER json_export_dimension_inserted_row;
COMMENT ON TRIGGER json_export_dimension_inserted_row ON dwh.dimension_countries IS 'osm-notes-exportd: made from -7383546052360225343, became -3849252582082616418';
CREATE TRIGGER json_export_dimension_inserted_row AFTER INSERT ON dwh.dimension_users FOR EACH ROW EXECUTE FUNCTION dwh.json_export_users_dimension_row();
ALTER TABLE dwh.dimension_users ENABLE REPLICA TRIGGER json_export_dimension_inserted_row;
COMMENT ON TRIGGER json_export_dimension_inserted_row ON dwh.dimension_users IS 'osm-notes-exportd: made from 645593905727868839, became 8970351359835825318';
CREATE TRIGGER json_export_dimension_truncated AFTER TRUNCATE ON dwh.dimension_countries FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
ALTER TABLE dwh.dimension_countries ENABLE ALWAYS TRIGGER json_export_dimension_truncated;
COMMENT ON TRIGGER json_export_dimension_truncated ON dwh.dimension_countries IS 'osm-notes-exportd: made from 4646369516340716633, became 8569363633885625810';
CREATE TRIGGER json_export_dimension_truncated AFTER TRUNCATE ON dwh.dimension_users FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
ALTER TABLE dwh.dimension_users ENABLE ALWAYS TRIGGER json_export_dimension_truncated;
COMMENT ON TRIGGER json_export_dimension_truncated ON dwh.dimension_users IS 'osm-notes-exportd: made from 4178470261788401445, became 1466353750509349119';
CREATE TRIGGER json_export_dimension_updated AFTER UPDATE ON dwh.dimension_countries REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();
COMMENT ON TRIGGER json_export_dimension_updated ON dwh.dimension_countries IS 'osm-notes-exportd: made from -8990436600262701659, became -1716125729427486395';
CREATE TRIGGER json_export_dimension_updated AFTER UPDATE ON dwh.dimension_users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();
COMMENT ON TRIGGER json_export_dimension_updated ON dwh.dimension_users IS 'osm-notes-exportd: made from 36579356784934452, became -171725013025603680';
CREATE TRIGGER json_export_dimension_updated_row AFTER UPDATE ON dwh.dimension_countries FOR EACH ROW EXECUTE FUNCTION dwh.json_export_countries_dimension_row();
ALTER TABLE dwh.dimension_countries ENABLE REPLICA TRIGGER json_export_dimension_updated_row;
COMMENT ON TRIGGER json_export_dimension_updated_row ON dwh.dimension_countries IS 'osm-notes-exportd: made from 2977294491684942550, became 5953412465338532515';
CREATE TRIGGER json_export_dimension_updated_row AFTER UPDATE ON dwh.dimension_users FOR EACH ROW EXECUTE FUNCTION dwh.json_export_users_dimension_row();
ALTER TABLE dwh.dimension_users ENABLE REPLICA TRIGGER json_export_dimension_updated_row;
COMMENT ON TRIGGER json_export_dimension_updated_row ON dwh.dimension_users IS 'osm-notes-exportd: made from 2414124475610487127, became 4656093916924991923';
CREATE TRIGGER json_export_inserted BEFORE INSERT ON dwh.datamartcountries FOR EACH ROW WHEN (new.json_exported) EXECUTE FUNCTION dwh.json_export_set_pending();
ALTER TABLE dwh.datamartcountries ENABLE ALWAYS TRIGGER json_export_inserted;
COMMENT ON TRIGGER json_export_inserted ON dwh.datamartcountries IS 'osm-notes-exportd: made from -4950793301924622286, became -708580437693339624';
CREATE TRIGGER json_export_inserted BEFORE INSERT ON dwh.datamartusers FOR EACH ROW WHEN (new.json_exported) EXECUTE FUNCTION dwh.json_export_set_pending();
ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_inserted;
COMMENT ON TRIGGER json_export_inserted ON dwh.datamartusers IS 'osm-notes-exportd: made from 4462655334405881776, became -1478057721486467858';
CREATE TRIGGER json_export_marked BEFORE UPDATE OF json_exported ON dwh.datamartcountries FOR EACH ROW WHEN ((new.json_exported AND (old.json_exported IS NOT TRUE) AND (CURRENT_USER <> 'osm_notes_exporter'::name))) EXECUTE FUNCTION dwh.json_export_check_mark();
ALTER TABLE dwh.datamartcountries ENABLE ALWAYS TRIGGER json_export_marked;
COMMENT ON TRIGGER json_export_marked ON dwh.datamartcountries IS 'osm-notes-exportd: made from -2761746953571198040, became -3346510774863108603';
CREATE TRIGGER json_export_marked BEFORE UPDATE OF json_exported ON dwh.datamartusers FOR EACH ROW WHEN ((new.json_exported AND (old.json_exported IS NOT TRUE) AND (CURRENT_USER <> 'osm_notes_exporter'::name))) EXECUTE FUNCTION dwh.json_export_check_mark();
ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_marked;
COMMENT ON TRIGGER json_export_marked ON dwh.datamartusers IS 'osm-notes-exportd: made from 8201183336510242362, became 8692743946157676114';
CREATE TRIGGER json_export_names_deleted AFTER DELETE ON dwh.contributor_types REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_deleted ON dwh.contributor_types IS 'osm-notes-exportd: made from 7533525632704054313, became -7585654297656166566';
CREATE TRIGGER json_export_names_deleted AFTER DELETE ON dwh.dimension_experience_levels REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_deleted ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -3627816283820459488, became 3312056078649171798';
CREATE TRIGGER json_export_names_deleted_row AFTER DELETE ON dwh.contributor_types FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.contributor_types ENABLE REPLICA TRIGGER json_export_names_deleted_row;
COMMENT ON TRIGGER json_export_names_deleted_row ON dwh.contributor_types IS 'osm-notes-exportd: made from 1347341365400344237, became -1696762704837581865';
CREATE TRIGGER json_export_names_deleted_row AFTER DELETE ON dwh.dimension_experience_levels FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.dimension_experience_levels ENABLE REPLICA TRIGGER json_export_names_deleted_row;
COMMENT ON TRIGGER json_export_names_deleted_row ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from 1467325549818954526, became -7104430300981463383';
CREATE TRIGGER json_export_names_inserted AFTER INSERT ON dwh.contributor_types REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_inserted ON dwh.contributor_types IS 'osm-notes-exportd: made from -5136085442422615258, became 101917741915353669';
CREATE TRIGGER json_export_names_inserted AFTER INSERT ON dwh.dimension_experience_levels REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_inserted ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -8475843142552048375, became 6401059255698829444';
CREATE TRIGGER json_export_names_inserted_row AFTER INSERT ON dwh.contributor_types FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.contributor_types ENABLE REPLICA TRIGGER json_export_names_inserted_row;
COMMENT ON TRIGGER json_export_names_inserted_row ON dwh.contributor_types IS 'osm-notes-exportd: made from -4313934135307282465, became 2424981562380376781';
CREATE TRIGGER json_export_names_inserted_row AFTER INSERT ON dwh.dimension_experience_levels FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.dimension_experience_levels ENABLE REPLICA TRIGGER json_export_names_inserted_row;
COMMENT ON TRIGGER json_export_names_inserted_row ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -7152255699567178491, became -3711656922653799108';
CREATE TRIGGER json_export_names_truncated AFTER TRUNCATE ON dwh.contributor_types FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
ALTER TABLE dwh.contributor_types ENABLE ALWAYS TRIGGER json_export_names_truncated;
COMMENT ON TRIGGER json_export_names_truncated ON dwh.contributor_types IS 'osm-notes-exportd: made from 2493668204421289979, became 5584993342575575617';
CREATE TRIGGER json_export_names_truncated AFTER TRUNCATE ON dwh.dimension_experience_levels FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
ALTER TABLE dwh.dimension_experience_levels ENABLE ALWAYS TRIGGER json_export_names_truncated;
COMMENT ON TRIGGER json_export_names_truncated ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -7499435795152795700, became -4195013134613018395';
CREATE TRIGGER json_export_names_updated AFTER UPDATE ON dwh.contributor_types REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_updated ON dwh.contributor_types IS 'osm-notes-exportd: made from 6169211579853042055, became 6747878503001241653';
CREATE TRIGGER json_export_names_updated AFTER UPDATE ON dwh.dimension_experience_levels REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();
COMMENT ON TRIGGER json_export_names_updated ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -4842753495605247414, became 6130441720004818858';
CREATE TRIGGER json_export_names_updated_row AFTER UPDATE ON dwh.contributor_types FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.contributor_types ENABLE REPLICA TRIGGER json_export_names_updated_row;
COMMENT ON TRIGGER json_export_names_updated_row ON dwh.contributor_types IS 'osm-notes-exportd: made from 429151388751436106, became 2391752364788901355';
CREATE TRIGGER json_export_names_updated_row AFTER UPDATE ON dwh.dimension_experience_levels FOR EACH ROW EXECUTE FUNCTION dwh.json_export_name_changed();
ALTER TABLE dwh.dimension_experience_levels ENABLE REPLICA TRIGGER json_export_names_updated_row;
COMMENT ON TRIGGER json_export_names_updated_row ON dwh.dimension_experience_levels IS 'osm-notes-exportd: made from -4233259154304765615, became -4572274183914338495';
CREATE TRIGGER json_export_renumbered BEFORE UPDATE ON dwh.datamartcountries FOR EACH ROW WHEN ((new.json_exported IS NOT TRUE)) EXECUTE FUNCTION dwh.json_export_countries_renumbered();
ALTER TABLE dwh.datamartcountries ENABLE ALWAYS TRIGGER json_export_renumbered;
COMMENT ON TRIGGER json_export_renumbered ON dwh.datamartcountries IS 'osm-notes-exportd: made from -6362375573747024239, became -6359586499731117897';
CREATE TRIGGER json_export_renumbered BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW WHEN ((new.json_exported IS NOT TRUE)) EXECUTE FUNCTION dwh.json_export_users_renumbered();
ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_renumbered;
COMMENT ON TRIGGER json_export_renumbered ON dwh.datamartusers IS 'osm-notes-exportd: made from -8912298875622851558, became -8128567512477885861';
CREATE TRIGGER json_export_truncated AFTER TRUNCATE ON dwh.datamartcountries FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_truncated('countries');
ALTER TABLE dwh.datamartcountries ENABLE ALWAYS TRIGGER json_export_truncated;
COMMENT ON TRIGGER json_export_truncated ON dwh.datamartcountries IS 'osm-notes-exportd: made from -2853356559166811034, became -2182914204297636135';
CREATE TRIGGER json_export_truncated AFTER TRUNCATE ON dwh.datamartusers FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_truncated('users');
ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_truncated;
COMMENT ON TRIGGER json_export_truncated ON dwh.datamartusers IS 'osm-notes-exportd: made from -7116337619601155182, became -2266844723593158126';
GRANT USAGE ON SCHEMA dwh TO osm_notes_exporter;
REVOKE ALL ON FUNCTION dwh.json_export_check_mark() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_deleted() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_deleted_row() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_dimension() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_dimension_row() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_lost(was text, now text) FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_countries_renumbered() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_dimension_lines(dataset text, relation text, keys text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_name_changed() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_names_changed() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_set_pending() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_truncated() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_deleted() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_deleted_row() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_dimension() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_dimension_row() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_lost(was text, now text) FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.json_export_users_renumbered() FROM PUBLIC;
REVOKE ALL ON FUNCTION dwh.request_json_export("full" boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dwh.request_json_export("full" boolean) TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.contributor_types TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.datamartcountries TO osm_notes_exporter;
GRANT UPDATE(json_exported) ON TABLE dwh.datamartcountries TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.datamartglobal TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.datamartusers TO osm_notes_exporter;
GRANT UPDATE(json_exported) ON TABLE dwh.datamartusers TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.dimension_experience_levels TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.dimension_users TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.dimension_countries TO osm_notes_exporter;
GRANT SELECT,DELETE ON TABLE dwh.json_export_log TO osm_notes_exporter;
GRANT SELECT,INSERT,DELETE ON TABLE dwh.json_export_runs TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.json_export_state TO osm_notes_exporter;
GRANT INSERT(generation),UPDATE(generation) ON TABLE dwh.json_export_state TO osm_notes_exporter;
GRANT INSERT(published_at),UPDATE(published_at) ON TABLE dwh.json_export_state TO osm_notes_exporter;
GRANT INSERT(install_version) ON TABLE dwh.json_export_state TO osm_notes_exporter;
GRANT SELECT ON TABLE dwh.json_export_status TO osm_notes_exporter;
ALTER DEFAULT PRIVILEGES IN SCHEMA dwh GRANT SELECT ON TABLES TO osm_notes_exporter;

INSERT INTO dwh.json_export_state (install_version) VALUES (2);
