-- The warehouse tables that osm-notes-exportd reads, for an empty test database.
--
-- Same names, types and order of columns as in production, because the published documents and data_schema_hash
-- depend on all three. Plain SQL only, so that psql and libpq can both run it in one go.
-- The last year with columns of its own is 2026; `SET datamart.last_year = 2025` before running this changes it.

CREATE SCHEMA dwh;

CREATE TABLE dwh.contributor_types (
    contributor_type_id serial PRIMARY KEY,
    contributor_type_name varchar(64) NOT NULL,
    contributor_type_name_en varchar(64)
);

CREATE TABLE dwh.dimension_experience_levels (
    dimension_experience_id smallint PRIMARY KEY,
    experience_level varchar(30) NOT NULL
);

-- Versioned: a renamed user has several rows, one of them current.
CREATE TABLE dwh.dimension_users (
    dimension_user_id serial PRIMARY KEY,
    user_id integer NOT NULL,
    username varchar(256),
    modified boolean,
    valid_from timestamp,
    valid_to timestamp,
    is_current boolean,
    experience_level_id smallint
);

CREATE TABLE dwh.dimension_countries (
    dimension_country_id serial PRIMARY KEY,
    country_id integer NOT NULL,
    country_name varchar(100),
    country_name_es varchar(100),
    country_name_en varchar(100),
    iso_alpha2 varchar(2),
    iso_alpha3 varchar(3),
    region_id integer,
    modified boolean
);

-- The wide tables repeat the same five counters for many periods, and the same seven columns for every year. They are
-- therefore put together from blocks; the columns between two blocks are added in between, as the order matters.
CREATE TABLE dwh.datamartusers (
    dimension_user_id integer PRIMARY KEY,
    user_id integer,
    username varchar,
    date_starting_creating_notes date,
    date_starting_solving_notes date,
    first_open_note_id integer,
    first_commented_note_id integer,
    first_closed_note_id integer,
    first_reopened_note_id integer,
    id_contributor_type smallint,
    last_year_activity char(371),
    latest_open_note_id integer,
    latest_commented_note_id integer,
    latest_closed_note_id integer,
    latest_reopened_note_id integer,
    dates_most_open json,
    dates_most_closed json,
    hashtags json,
    countries_open_notes json,
    countries_solving_notes json,
    countries_open_notes_current_month json,
    countries_solving_notes_current_month json,
    countries_open_notes_current_day json,
    countries_solving_notes_current_day json,
    working_hours_of_week_opening json,
    working_hours_of_week_commenting json,
    working_hours_of_week_closing json
);

CREATE TABLE dwh.datamartcountries (
    dimension_country_id integer PRIMARY KEY,
    country_id integer,
    country_name varchar(100),
    country_name_es varchar(100),
    country_name_en varchar(100),
    iso_alpha2 varchar(2),
    iso_alpha3 varchar(3),
    dimension_continent_id integer,
    date_starting_creating_notes date,
    date_starting_solving_notes date,
    first_open_note_id integer,
    first_commented_note_id integer,
    first_closed_note_id integer,
    first_reopened_note_id integer,
    last_year_activity char(371),
    latest_open_note_id integer,
    latest_commented_note_id integer,
    latest_closed_note_id integer,
    latest_reopened_note_id integer,
    dates_most_open json,
    dates_most_closed json,
    hashtags json,
    users_open_notes json,
    users_solving_notes json,
    users_open_notes_current_month json,
    users_solving_notes_current_month json,
    users_open_notes_current_day json,
    users_solving_notes_current_day json,
    working_hours_of_week_opening json,
    working_hours_of_week_commenting json,
    working_hours_of_week_closing json
);

CREATE TABLE dwh.datamartglobal (
    dimension_global_id integer PRIMARY KEY DEFAULT 1,
    date_starting_creating_notes date,
    date_starting_solving_notes date,
    first_open_note_id integer,
    first_closed_note_id integer,
    first_reopened_note_id integer,
    last_year_activity char(371),
    latest_open_note_id integer,
    latest_closed_note_id integer,
    latest_reopened_note_id integer
);

CREATE FUNCTION pg_temp.add_counters(relation regclass, period text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %1$s ADD history_%2$s_open integer, ADD history_%2$s_commented integer,'
        ' ADD history_%2$s_closed integer, ADD history_%2$s_closed_with_comment integer,'
        ' ADD history_%2$s_reopened integer', relation, period);
END
$$;

CREATE FUNCTION pg_temp.add_year(relation regclass, ranked text, year integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.add_counters(relation, year::text);
    EXECUTE format('ALTER TABLE %1$s ADD ranking_%2$s_opening_%3$s json, ADD ranking_%2$s_closing_%3$s json',
                   relation, ranked, year);
END
$$;

DO $$
DECLARE
    first_year CONSTANT integer := 2013;
    last_year CONSTANT integer := coalesce(nullif(current_setting('datamart.last_year', true), '')::integer, 2026);
    period text;
BEGIN
    FOREACH period IN ARRAY ARRAY['whole', 'year', 'month', 'day'] LOOP
        PERFORM pg_temp.add_counters('dwh.datamartusers', period);
        PERFORM pg_temp.add_counters('dwh.datamartcountries', period);
    END LOOP;
    PERFORM pg_temp.add_counters('dwh.datamartglobal', 'whole');
    PERFORM pg_temp.add_counters('dwh.datamartglobal', 'year');

    ALTER TABLE dwh.datamartusers
        ADD avg_days_to_resolution numeric(10,2),
        ADD median_days_to_resolution numeric(10,2),
        ADD notes_resolved_count integer,
        ADD notes_still_open_count integer,
        ADD notes_opened_but_not_closed_by_user integer,
        ADD resolution_rate numeric(5,2),
        ADD applications_used json,
        ADD most_used_application_id integer,
        ADD mobile_apps_count integer,
        ADD desktop_apps_count integer,
        ADD avg_comment_length numeric(10,2),
        ADD comments_with_url_count integer,
        ADD comments_with_url_pct numeric(5,2),
        ADD comments_with_mention_count integer,
        ADD comments_with_mention_pct numeric(5,2),
        ADD avg_comments_per_note numeric(10,2),
        ADD active_notes_count integer,
        ADD notes_backlog_size integer,
        ADD notes_age_distribution json,
        ADD notes_created_last_30_days integer,
        ADD notes_resolved_last_30_days integer,
        ADD resolution_by_year json,
        ADD resolution_by_month json,
        ADD hashtags_opening json,
        ADD hashtags_resolution json,
        ADD hashtags_comments json,
        ADD favorite_opening_hashtag varchar(50),
        ADD favorite_resolution_hashtag varchar(50),
        ADD opening_hashtag_count integer DEFAULT 0,
        ADD resolution_hashtag_count integer DEFAULT 0,
        ADD application_usage_trends json,
        ADD version_adoption_rates json,
        ADD user_response_time numeric(10,2),
        ADD days_since_last_action integer,
        ADD collaboration_patterns json,
        ADD iso_week smallint,
        ADD quarter smallint,
        ADD month_name varchar(16),
        ADD hour_of_week smallint,
        ADD period_of_day varchar(16),
        ADD json_exported boolean DEFAULT false;
    FOR year IN first_year .. last_year LOOP
        PERFORM pg_temp.add_year('dwh.datamartusers', 'countries', year);
    END LOOP;

    -- The first year stands before the later additions, all other years after them.
    PERFORM pg_temp.add_year('dwh.datamartcountries', 'users', first_year);
    ALTER TABLE dwh.datamartcountries
        ADD json_exported boolean DEFAULT false,
        ADD avg_days_to_resolution numeric(10,2),
        ADD median_days_to_resolution numeric(10,2),
        ADD notes_resolved_count integer,
        ADD notes_still_open_count integer,
        ADD resolution_rate numeric(5,2),
        ADD applications_used json,
        ADD most_used_application_id integer,
        ADD mobile_apps_count integer,
        ADD desktop_apps_count integer,
        ADD avg_comment_length numeric(10,2),
        ADD comments_with_url_count integer,
        ADD comments_with_url_pct numeric(5,2),
        ADD comments_with_mention_count integer,
        ADD comments_with_mention_pct numeric(5,2),
        ADD avg_comments_per_note numeric(10,2),
        ADD active_notes_count integer,
        ADD notes_backlog_size integer,
        ADD notes_age_distribution json,
        ADD notes_created_last_30_days integer,
        ADD notes_resolved_last_30_days integer,
        ADD resolution_by_year json,
        ADD resolution_by_month json,
        ADD hashtags_opening json,
        ADD hashtags_resolution json,
        ADD hashtags_comments json,
        ADD top_opening_hashtag varchar(50),
        ADD top_resolution_hashtag varchar(50),
        ADD opening_hashtag_count integer DEFAULT 0,
        ADD resolution_hashtag_count integer DEFAULT 0,
        ADD application_usage_trends json,
        ADD version_adoption_rates json,
        ADD notes_health_score numeric(5,2),
        ADD new_vs_resolved_ratio numeric(5,2);
    FOR year IN first_year + 1 .. last_year LOOP
        PERFORM pg_temp.add_year('dwh.datamartcountries', 'users', year);
    END LOOP;

    ALTER TABLE dwh.datamartglobal
        ADD currently_open_count integer,
        ADD currently_closed_count integer,
        ADD notes_created_last_30_days integer,
        ADD notes_resolved_last_30_days integer,
        ADD notes_backlog_size integer,
        ADD avg_days_to_resolution numeric(10,2),
        ADD median_days_to_resolution numeric(10,2),
        ADD avg_days_to_resolution_current_year numeric(10,2),
        ADD median_days_to_resolution_current_year numeric(10,2),
        ADD notes_resolved_count integer,
        ADD resolution_rate numeric(5,2),
        ADD active_users_count integer,
        ADD notes_age_distribution json,
        ADD top_countries json,
        ADD applications_used json,
        ADD most_used_application_id integer,
        ADD mobile_apps_count integer,
        ADD desktop_apps_count integer,
        ADD avg_comment_length numeric(10,2),
        ADD comments_with_url_pct numeric(5,2),
        ADD comments_with_mention_pct numeric(5,2),
        ADD avg_comments_per_note numeric(10,2);
END
$$;

-- What is published about a user: no columns per year, but the experience level.
CREATE VIEW dwh.datamartusers_export AS
SELECT d.dimension_user_id, d.user_id, d.username, d.date_starting_creating_notes, d.date_starting_solving_notes,
       d.first_open_note_id, d.first_commented_note_id, d.first_closed_note_id, d.first_reopened_note_id,
       d.latest_open_note_id, d.latest_commented_note_id, d.latest_closed_note_id, d.latest_reopened_note_id,
       d.last_year_activity, d.id_contributor_type,
       u.experience_level_id::integer AS experience_level_id, e.experience_level::varchar AS experience_level,
       d.dates_most_open, d.dates_most_closed, d.hashtags, d.countries_open_notes, d.countries_solving_notes,
       d.countries_open_notes_current_month, d.countries_solving_notes_current_month,
       d.countries_open_notes_current_day, d.countries_solving_notes_current_day,
       d.working_hours_of_week_opening, d.working_hours_of_week_commenting, d.working_hours_of_week_closing,
       d.history_whole_open, d.history_whole_commented, d.history_whole_closed,
       d.history_whole_closed_with_comment, d.history_whole_reopened,
       d.history_year_open, d.history_year_commented, d.history_year_closed,
       d.history_year_closed_with_comment, d.history_year_reopened,
       d.history_month_open, d.history_month_commented, d.history_month_closed,
       d.history_month_closed_with_comment, d.history_month_reopened,
       d.history_day_open, d.history_day_commented, d.history_day_closed,
       d.history_day_closed_with_comment, d.history_day_reopened,
       d.avg_days_to_resolution, d.median_days_to_resolution, d.notes_resolved_count, d.notes_still_open_count,
       d.notes_opened_but_not_closed_by_user, d.resolution_rate, d.applications_used, d.most_used_application_id,
       d.mobile_apps_count, d.desktop_apps_count, d.avg_comment_length, d.comments_with_url_count,
       d.comments_with_url_pct, d.comments_with_mention_count, d.comments_with_mention_pct, d.avg_comments_per_note,
       d.active_notes_count, d.notes_backlog_size, d.notes_age_distribution, d.notes_created_last_30_days,
       d.notes_resolved_last_30_days, d.resolution_by_year, d.resolution_by_month, d.hashtags_opening,
       d.hashtags_resolution, d.hashtags_comments, d.favorite_opening_hashtag, d.favorite_resolution_hashtag,
       d.opening_hashtag_count, d.resolution_hashtag_count, d.application_usage_trends, d.version_adoption_rates,
       d.user_response_time, d.days_since_last_action, d.collaboration_patterns, d.iso_week, d.quarter, d.month_name,
       d.hour_of_week, d.period_of_day, d.json_exported
FROM dwh.datamartusers d
LEFT JOIN dwh.dimension_users u ON u.dimension_user_id = d.dimension_user_id
LEFT JOIN dwh.dimension_experience_levels e ON e.dimension_experience_id = u.experience_level_id;

DROP FUNCTION pg_temp.add_year(regclass, text, integer);
DROP FUNCTION pg_temp.add_counters(regclass, text);
