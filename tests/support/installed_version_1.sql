-- What version 1 of sql/install.sql made in schema dwh, as pg_dump writes it: for tests of the upgrade.

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

CREATE FUNCTION dwh.json_export_countries_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint[];
BEGIN
    SELECT array_agg(DISTINCT o.country_id) INTO gone FROM old_rows o WHERE o.country_id >= 1;
    IF gone IS NOT NULL THEN
        INSERT INTO dwh.json_export_removals (dataset, entity_id) SELECT 'countries', unnest(gone);
        UPDATE dwh.datamartcountries d SET json_exported = false WHERE d.country_id = ANY (gone);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_countries_dimension() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    content bigint[];
    announced bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.dimension_country_id ORDER BY n.dimension_country_id) INTO content FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(o.dimension_country_id ORDER BY o.dimension_country_id) INTO content FROM old_rows o;
    ELSE
        SELECT array_agg(dimension_country_id ORDER BY dimension_country_id) FILTER (WHERE o.dimension_country_id IS NULL OR n.dimension_country_id IS NULL OR o.country_id IS DISTINCT FROM n.country_id),
               array_agg(dimension_country_id ORDER BY dimension_country_id) FILTER (WHERE n.modified AND o.modified IS NOT TRUE)
          INTO content, announced
          FROM old_rows o FULL JOIN new_rows n USING (dimension_country_id);
    END IF;
    IF content IS NOT NULL THEN
        UPDATE dwh.datamartcountries d SET json_exported = false WHERE d.dimension_country_id = ANY (content);
    END IF;
    IF announced IS NOT NULL THEN
        UPDATE dwh.datamartcountries d SET json_exported = false
          FROM (SELECT l.dimension_country_id FROM dwh.datamartcountries l
                 WHERE l.dimension_country_id = ANY (announced) AND l.json_exported
                 ORDER BY l.dimension_country_id FOR NO KEY UPDATE SKIP LOCKED) locked
         WHERE d.dimension_country_id = locked.dimension_country_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_countries_renumbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO dwh.json_export_removals (dataset, entity_id) VALUES ('countries', OLD.country_id);
    UPDATE dwh.datamartcountries d SET json_exported = false WHERE d.country_id = OLD.country_id;
    RETURN NULL;
END
$$;

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
        UPDATE dwh.json_export_state SET full_requested_at = clock_timestamp();
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_set_pending() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    NEW.json_exported := false;
    RETURN NEW;
END
$$;

CREATE FUNCTION dwh.json_export_status_rows() RETURNS TABLE(dataset text, rows bigint, pending bigint, removals_waiting bigint, last_success_at timestamp with time zone, last_run_result text, last_error text, generation bigint, full_requested_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT c.dataset, c.rows, c.pending,
           (SELECT count(*) FROM dwh.json_export_removals r WHERE r.dataset = c.dataset),
           (SELECT max(r.finished_at) FROM dwh.json_export_runs r WHERE r.result = 'success'),
           last.result, last.error, s.generation, s.full_requested_at
      FROM (SELECT 1, 'users', (SELECT count(*) FROM (SELECT FROM dwh.datamartusers WHERE user_id >= 1 GROUP BY user_id) AS ids), (SELECT count(*) FROM dwh.datamartusers WHERE json_exported IS NOT TRUE AND user_id >= 1) UNION ALL SELECT 2, 'countries', (SELECT count(*) FROM (SELECT FROM dwh.datamartcountries WHERE country_id >= 1 GROUP BY country_id) AS ids), (SELECT count(*) FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE AND country_id >= 1)) AS c (position, dataset, rows, pending)
      LEFT JOIN dwh.json_export_state s ON true
      LEFT JOIN (SELECT r.result, r.error FROM dwh.json_export_runs r
                  ORDER BY r.finished_at DESC, r.run_id DESC LIMIT 1) AS last ON true
     ORDER BY c.position
$$;

CREATE FUNCTION dwh.json_export_truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO dwh.json_export_removals (dataset) VALUES (TG_ARGV[0]);
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_users_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    gone bigint[];
BEGIN
    SELECT array_agg(DISTINCT o.user_id) INTO gone FROM old_rows o WHERE o.user_id >= 1;
    IF gone IS NOT NULL THEN
        INSERT INTO dwh.json_export_removals (dataset, entity_id) SELECT 'users', unnest(gone);
        UPDATE dwh.datamartusers d SET json_exported = false WHERE d.user_id = ANY (gone);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_users_dimension() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    content bigint[];
    announced bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(n.dimension_user_id ORDER BY n.dimension_user_id) INTO content FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(o.dimension_user_id ORDER BY o.dimension_user_id) INTO content FROM old_rows o;
    ELSE
        SELECT array_agg(dimension_user_id ORDER BY dimension_user_id) FILTER (WHERE o.dimension_user_id IS NULL OR n.dimension_user_id IS NULL OR o.user_id IS DISTINCT FROM n.user_id OR o.username IS DISTINCT FROM n.username OR o.is_current IS DISTINCT FROM n.is_current OR o.experience_level_id IS DISTINCT FROM n.experience_level_id),
               array_agg(dimension_user_id ORDER BY dimension_user_id) FILTER (WHERE n.modified AND o.modified IS NOT TRUE)
          INTO content, announced
          FROM old_rows o FULL JOIN new_rows n USING (dimension_user_id);
    END IF;
    IF content IS NOT NULL THEN
        UPDATE dwh.datamartusers d SET json_exported = false WHERE d.dimension_user_id = ANY (content);
    END IF;
    IF announced IS NOT NULL THEN
        UPDATE dwh.datamartusers d SET json_exported = false
          FROM (SELECT l.dimension_user_id FROM dwh.datamartusers l
                 WHERE l.dimension_user_id = ANY (announced) AND l.json_exported
                 ORDER BY l.dimension_user_id FOR NO KEY UPDATE SKIP LOCKED) locked
         WHERE d.dimension_user_id = locked.dimension_user_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.json_export_users_renumbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO dwh.json_export_removals (dataset, entity_id) VALUES ('users', OLD.user_id);
    UPDATE dwh.datamartusers d SET json_exported = false WHERE d.user_id = OLD.user_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION dwh.request_json_export("full" boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF "full" THEN
        UPDATE dwh.json_export_state SET full_requested_at = clock_timestamp();
    END IF;
    PERFORM pg_notify('osm_notes_export', CASE WHEN "full" THEN '{"full":true}' ELSE '' END);
END
$$;

CREATE TABLE dwh.json_export_removals (
    seq bigint NOT NULL,
    dataset text NOT NULL,
    entity_id bigint,
    removed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT json_export_removals_dataset_check CHECK ((dataset = ANY (ARRAY['users'::text, 'countries'::text])))
);

ALTER TABLE dwh.json_export_removals ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dwh.json_export_removals_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    full_requested_at timestamp with time zone,
    install_version integer NOT NULL,
    CONSTRAINT json_export_state_only_row_check CHECK (only_row)
);

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

ALTER TABLE ONLY dwh.json_export_removals
    ADD CONSTRAINT json_export_removals_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY dwh.json_export_runs
    ADD CONSTRAINT json_export_runs_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY dwh.json_export_state
    ADD CONSTRAINT json_export_state_pkey PRIMARY KEY (only_row);

CREATE INDEX json_export_countries_id ON dwh.datamartcountries USING btree (country_id);

CREATE INDEX json_export_countries_pending ON dwh.datamartcountries USING btree (country_id) WHERE (json_exported IS NOT TRUE);

CREATE INDEX json_export_runs_finished ON dwh.json_export_runs USING btree (finished_at DESC);

CREATE INDEX json_export_users_id ON dwh.datamartusers USING btree (user_id);

CREATE INDEX json_export_users_pending ON dwh.datamartusers USING btree (user_id) WHERE (json_exported IS NOT TRUE);

CREATE TRIGGER json_export_changed BEFORE UPDATE ON dwh.datamartcountries FOR EACH ROW WHEN ((old.json_exported AND new.json_exported AND (old.* *<> new.*))) EXECUTE FUNCTION dwh.json_export_set_pending();

CREATE TRIGGER json_export_changed BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW WHEN ((old.json_exported AND new.json_exported AND (old.* *<> new.*))) EXECUTE FUNCTION dwh.json_export_set_pending();

CREATE TRIGGER json_export_deleted AFTER DELETE ON dwh.datamartcountries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_deleted();

CREATE TRIGGER json_export_deleted AFTER DELETE ON dwh.datamartusers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_deleted();

CREATE TRIGGER json_export_dimension_deleted AFTER DELETE ON dwh.dimension_countries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();

CREATE TRIGGER json_export_dimension_deleted AFTER DELETE ON dwh.dimension_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();

CREATE TRIGGER json_export_dimension_inserted AFTER INSERT ON dwh.dimension_countries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();

CREATE TRIGGER json_export_dimension_inserted AFTER INSERT ON dwh.dimension_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();

CREATE TRIGGER json_export_dimension_truncated AFTER TRUNCATE ON dwh.dimension_countries FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_dimension_truncated AFTER TRUNCATE ON dwh.dimension_users FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_dimension_updated AFTER UPDATE ON dwh.dimension_countries REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_countries_dimension();

CREATE TRIGGER json_export_dimension_updated AFTER UPDATE ON dwh.dimension_users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_users_dimension();

CREATE TRIGGER json_export_inserted BEFORE INSERT ON dwh.datamartcountries FOR EACH ROW WHEN (new.json_exported) EXECUTE FUNCTION dwh.json_export_set_pending();

CREATE TRIGGER json_export_inserted BEFORE INSERT ON dwh.datamartusers FOR EACH ROW WHEN (new.json_exported) EXECUTE FUNCTION dwh.json_export_set_pending();

CREATE TRIGGER json_export_marked BEFORE UPDATE OF json_exported ON dwh.datamartcountries FOR EACH ROW WHEN ((new.json_exported AND (old.json_exported IS NOT TRUE) AND (CURRENT_USER <> 'osm_notes_exporter'::name))) EXECUTE FUNCTION dwh.json_export_check_mark();

CREATE TRIGGER json_export_marked BEFORE UPDATE OF json_exported ON dwh.datamartusers FOR EACH ROW WHEN ((new.json_exported AND (old.json_exported IS NOT TRUE) AND (CURRENT_USER <> 'osm_notes_exporter'::name))) EXECUTE FUNCTION dwh.json_export_check_mark();

CREATE TRIGGER json_export_names_deleted AFTER DELETE ON dwh.contributor_types REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_deleted AFTER DELETE ON dwh.dimension_experience_levels REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_inserted AFTER INSERT ON dwh.contributor_types REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_inserted AFTER INSERT ON dwh.dimension_experience_levels REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_truncated AFTER TRUNCATE ON dwh.contributor_types FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_truncated AFTER TRUNCATE ON dwh.dimension_experience_levels FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_updated AFTER UPDATE ON dwh.contributor_types REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_names_updated AFTER UPDATE ON dwh.dimension_experience_levels REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_names_changed();

CREATE TRIGGER json_export_renumbered AFTER UPDATE OF country_id ON dwh.datamartcountries FOR EACH ROW WHEN (((old.country_id IS DISTINCT FROM new.country_id) AND (old.country_id >= 1))) EXECUTE FUNCTION dwh.json_export_countries_renumbered();

CREATE TRIGGER json_export_renumbered AFTER UPDATE OF user_id ON dwh.datamartusers FOR EACH ROW WHEN (((old.user_id IS DISTINCT FROM new.user_id) AND (old.user_id >= 1))) EXECUTE FUNCTION dwh.json_export_users_renumbered();

CREATE TRIGGER json_export_truncated AFTER TRUNCATE ON dwh.datamartcountries FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_truncated('countries');

CREATE TRIGGER json_export_truncated AFTER TRUNCATE ON dwh.datamartusers FOR EACH STATEMENT EXECUTE FUNCTION dwh.json_export_truncated('users');

REVOKE ALL ON FUNCTION dwh.json_export_check_mark() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_countries_deleted() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_countries_dimension() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_countries_renumbered() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_names_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_set_pending() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_truncated() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_users_deleted() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_users_dimension() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.json_export_users_renumbered() FROM PUBLIC;

REVOKE ALL ON FUNCTION dwh.request_json_export("full" boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dwh.request_json_export("full" boolean) TO osm_notes_exporter;

GRANT UPDATE(json_exported) ON TABLE dwh.datamartcountries TO osm_notes_exporter;

GRANT UPDATE(json_exported) ON TABLE dwh.datamartusers TO osm_notes_exporter;

GRANT SELECT,DELETE ON TABLE dwh.json_export_removals TO osm_notes_exporter;

GRANT SELECT,INSERT,DELETE ON TABLE dwh.json_export_runs TO osm_notes_exporter;

GRANT SELECT ON TABLE dwh.json_export_state TO osm_notes_exporter;

GRANT UPDATE(generation) ON TABLE dwh.json_export_state TO osm_notes_exporter;

GRANT UPDATE(published_at) ON TABLE dwh.json_export_state TO osm_notes_exporter;

GRANT UPDATE(full_requested_at) ON TABLE dwh.json_export_state TO osm_notes_exporter;

GRANT SELECT ON TABLE dwh.json_export_status TO osm_notes_exporter;

INSERT INTO dwh.json_export_state (install_version) VALUES (1);
