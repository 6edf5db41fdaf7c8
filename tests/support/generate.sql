-- Fills the tables of datamart.sql with made-up data that looks like production.
--
--   psql -v ON_ERROR_STOP=1 -v users=10000 -v countries=250 -f tests/support/generate.sql
--
-- The same arguments give the same rows: every value is drawn from a hash, never from random() or the clock.
-- `-v awkward=1` adds the odd rows that production has too:
--   user_id NULL, 0 and -1; country_id -1          must never be published
--   user 30000001                                  renamed: two rows, the newer dimension row is current
--   user 30000002                                  renamed: two rows, the older dimension row is current
--   user 30000003                                  renamed: two rows, no dimension row is current
--   users 30000010..30000014                       same history_whole_open and history_whole_closed
--   user 30000020                                  the longest name, with control characters and line separators

\if :{?users} \else \set users 10000 \endif
\if :{?countries} \else \set countries 250 \endif
\if :{?awkward} \else \set awkward 0 \endif

BEGIN;

-- A number in 0..n-1, fixed for the key and the salt.
CREATE FUNCTION pg_temp.draw(key bigint, salt bigint, n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(key, salt) & 9223372036854775807) % n)::integer
$$;

CREATE FUNCTION pg_temp.pick(list text[], key bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT list[1 + pg_temp.draw(key, salt, cardinality(list))]
$$;

-- Names ------------------------------------------------------------------------------------------------------------

CREATE TEMP TABLE name_parts AS SELECT
    ARRAY['Ana', 'Jörg', 'Zoë', 'Søren', 'Łukasz', 'Nguyễn', 'François', 'Íñigo', 'Şule', 'Žofie', 'Ådne', 'O''Brien',
          'cartographe', 'GeoFox', 'two wheels', 'night owl', 'Ольга', 'Владимир', 'Їжак', 'Ђорђе', 'карта',
          'Γιώργος', 'Ελένη', 'χάρτης', 'أحمد', 'فاطمة', 'خريطة', 'بهرام', 'דוד', 'שרה', 'מפה', '山田', '地図好き',
          '王小明', '李娜', '測繪員', '김민준', '지도', 'สมชาย', 'แผนที่', 'राहुल', 'नक्शा', 'தமிழ்', 'বাংলা', 'አበበ',
          'გიორგი', 'Հայկ', 'ਪੰਜਾਬ', '🗺️', '🚲 bike', '👩‍🚀', '🇨🇴 vecino', '"Quoted"', 'back\slash', 'a|b', 'a/b/c',
          '<b>bold</b>', '100% map', 'c:\maps', '{curly}', '[square]', 'null', '-dash', '@home', '#tag', 'semi;colon',
          'comma, name', '&amp;'] AS heads,
    ARRAY['', ' mapper', '_osm', '-bot', ' López', ' der Läufer', 'ова', ' Петров', ' Παπάς', ' العربي', ' כהן', '太郎',
          ' 先生', ' 선생님', ' ใจดี', ' शर्मा', ' 🌍', ' 🏳️‍🌈', '.maps', ' "Doc"', ' the ''Great''', '\n', '\\', '|x', '/fr',
          ' (work)', ' <at> home', '  two spaces', '~', '+more', '=', '*', '?', '!', ' & Co', ', Jr.', '``', '$HOME', '^'
         ] AS tails;

-- Unique: number -> (head, tail, round) is one to one, and the first round shows no number.
CREATE FUNCTION pg_temp.user_name(number bigint, heads text[], tails text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT heads[1 + number % cardinality(heads)]
        || tails[1 + number / cardinality(heads) % cardinality(tails)]
        || CASE WHEN number >= cardinality(heads) * cardinality(tails)
                THEN CASE pg_temp.draw(number, 1, 3) WHEN 0 THEN '_' WHEN 1 THEN ' ' ELSE '' END
                     || number / (cardinality(heads) * cardinality(tails))
                ELSE '' END
$$;

CREATE TEMP TABLE country_names (id serial, native text, es text, en text, alpha2 text, alpha3 text);
INSERT INTO country_names (native, es, en, alpha2, alpha3) VALUES
    ('Colombia', 'Colombia', 'Colombia', 'CO', 'COL'),
    ('Deutschland', 'Alemania', 'Germany', 'DE', 'DEU'),
    ('France', 'Francia', 'France', 'FR', 'FRA'),
    ('España', 'España', 'Spain', 'ES', 'ESP'),
    ('Россия', 'Rusia', 'Russia', 'RU', 'RUS'),
    ('Україна', 'Ucrania', 'Ukraine', 'UA', 'UKR'),
    ('Ελλάς', 'Grecia', 'Greece', 'GR', 'GRC'),
    ('日本', 'Japón', 'Japan', 'JP', 'JPN'),
    ('中国', 'China', 'China', 'CN', 'CHN'),
    ('대한민국', 'Corea del Sur', 'South Korea', 'KR', 'KOR'),
    ('ประเทศไทย', 'Tailandia', 'Thailand', 'TH', 'THA'),
    ('भारत', 'India', 'India', 'IN', 'IND'),
    ('مصر', 'Egipto', 'Egypt', 'EG', 'EGY'),
    ('ישראל', 'Israel', 'Israel', 'IL', 'ISR'),
    ('ایران', 'Irán', 'Iran', 'IR', 'IRN'),
    ('Việt Nam', 'Vietnam', 'Vietnam', 'VN', 'VNM'),
    ('Türkiye', 'Turquía', 'Turkey', 'TR', 'TUR'),
    ('Polska', 'Polonia', 'Poland', 'PL', 'POL'),
    ('Česko', 'Chequia', 'Czechia', 'CZ', 'CZE'),
    ('Magyarország', 'Hungría', 'Hungary', 'HU', 'HUN'),
    ('Ísland', 'Islandia', 'Iceland', 'IS', 'ISL'),
    ('Éire / Ireland', 'Irlanda', 'Ireland', 'IE', 'IRL'),
    ('België / Belgique / Belgien', 'Bélgica', 'Belgium', 'BE', 'BEL'),
    ('Schweiz/Suisse/Svizzera/Svizra', 'Suiza', 'Switzerland', 'CH', 'CHE'),
    ('Côte d''Ivoire', 'Costa de Marfil', 'Ivory Coast', 'CI', 'CIV'),
    ('ኢትዮጵያ', 'Etiopía', 'Ethiopia', 'ET', 'ETH'),
    ('საქართველო', 'Georgia', 'Georgia', 'GE', 'GEO'),
    ('Հայաստան', 'Armenia', 'Armenia', 'AM', 'ARM'),
    ('ລາວ', 'Laos', 'Laos', 'LA', 'LAO'),
    ('မြန်မာ', 'Birmania', 'Myanmar', 'MM', 'MMR'),
    ('Brasil', 'Brasil', 'Brazil', 'BR', 'BRA'),
    ('México', 'México', 'Mexico', 'MX', 'MEX'),
    ('Perú', 'Perú', 'Peru', 'PE', 'PER'),
    ('Aotearoa New Zealand', 'Nueva Zelanda', 'New Zealand', 'NZ', 'NZL'),
    ('Soomaaliya الصومال', 'Somalia', 'Somalia', 'SO', 'SOM'),
    ('Madagasikara', 'Madagascar', 'Madagascar', 'MG', 'MDG');

-- The regions that follow the countries themselves: round 0 is the country, later rounds are parts of it.
CREATE FUNCTION pg_temp.region(round bigint, forms text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN round < cardinality(forms) THEN forms[1 + round]
                ELSE format('%s %s', forms[1 + round % cardinality(forms)], round) END
$$;

CREATE TEMP TABLE country AS
SELECT n AS number,
       n + 1 AS dimension_country_id,
       16000 + n * (14000000 / :countries) + pg_temp.draw(n, 2, 14000000 / :countries) AS country_id,
       concat_ws(' ', c.native, region) AS country_name,
       CASE WHEN pg_temp.draw(n, 3, 20) > 0 THEN concat_ws(' ', c.es, region) END AS country_name_es,
       CASE WHEN pg_temp.draw(n, 4, 20) > 0 THEN concat_ws(' ', c.en, region) END AS country_name_en,
       CASE WHEN region IS NULL THEN alpha2 END AS iso_alpha2,
       CASE WHEN region IS NULL THEN alpha3 END AS iso_alpha3,
       1 + pg_temp.draw(n, 5, 6) AS continent,
       -- How busy, in percent; the power makes most countries quiet.
       (100 * (pg_temp.draw(n, 6, 1001) / 1000.0) ^ 2.8)::integer AS weight
FROM generate_series(0, :countries - 1) n
JOIN country_names c ON c.id = 1 + n % (SELECT count(*) FROM country_names)
CROSS JOIN LATERAL pg_temp.region(n / (SELECT count(*) FROM country_names),
    ARRAY[NULL, '(Islas)', '(Norte)', '(Zona Económica Exclusiva)', '"Sur"', 'Côte', '— Тест']) region;

-- JSON columns, in the two spellings that PostgreSQL gives them ------------------------------------------------------

-- json_agg of built objects: [{"rank" : 1, "country" : "X", "quantity" : 2}, {...}]. NULL when empty.
CREATE FUNCTION pg_temp.ranking(label text, names text[], best integer, counted text DEFAULT 'quantity')
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('rank', rank, label, name, counted, quantity) ORDER BY place)
    FROM (SELECT place, name, quantity, rank() OVER (ORDER BY quantity DESC) AS rank
          FROM (SELECT place, name, greatest(best / place, 1) AS quantity
                FROM unnest(names) WITH ORDINALITY AS listed(name, place)) ordered) ranked
$$;

-- json_agg of rows: [{"day_of_week":1,...}, <newline> {...}]. About `slots` of the 168 hours of a week.
CREATE FUNCTION pg_temp.hours(slots integer, best integer, key bigint) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(hour)
    FROM (SELECT day_of_week, hour_of_day,
                 1 + pg_temp.draw(key * 168 + day_of_week * 24 + hour_of_day, 10, best) AS count
          FROM generate_series(1, 7) day_of_week, generate_series(0, 23) hour_of_day
          WHERE pg_temp.draw(key * 168 + day_of_week * 24 + hour_of_day, 11, 168) < slots
          ORDER BY day_of_week, hour_of_day) hour
$$;

CREATE FUNCTION pg_temp.dates(entries integer, best integer, first_year integer, last_year integer, key bigint)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('date', day, 'quantity', greatest(best / place, 1)) ORDER BY place)
    FROM (SELECT place, make_date(first_year + pg_temp.draw(key, 12 + place, last_year - first_year + 1),
                                  1 + pg_temp.draw(key, 100 + place, 4), 1 + pg_temp.draw(key, 200 + place, 28)) AS day
          FROM generate_series(1, entries) place) listed
$$;

CREATE FUNCTION pg_temp.resolution_by_year(first_year integer, last_year integer, key bigint)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('year', year, 'avg_days', pg_temp.draw(key, 300 + year, 400),
                                      'median_days', pg_temp.draw(key, 400 + year, 100),
                                      'resolution_rate', (pg_temp.draw(key, 500 + year, 10001) / 100.0)::numeric(5,2)))
    FROM generate_series(first_year, last_year) year
$$;

CREATE FUNCTION pg_temp.resolution_by_month(months integer, last_year integer, key bigint)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('year', extract(year FROM month)::integer,
                                      'month', extract(month FROM month)::integer,
                                      'avg_days', 0, 'median_days', pg_temp.draw(key, 600 + place, 9),
                                      'resolution_rate', (pg_temp.draw(key, 800 + place, 10001) / 100.0)::numeric(5,2))
                    ORDER BY place DESC)
    FROM (SELECT place, make_date(last_year, 4, 1) - make_interval(months => place) AS month
          FROM generate_series(0, months - 1) place) listed
$$;

CREATE FUNCTION pg_temp.applications(entries integer, best integer) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('app_id', 10 - place, 'app_name', name, 'count', greatest(best / place, 1))
                    ORDER BY place)
    FROM unnest(ARRAY['Pocket Maps', 'Steps & Notes', 'Línea "9"', '地図アプリ', 'web', 'Trail/Log'])
         WITH ORDINALITY AS listed(name, place)
    WHERE place <= entries
$$;

CREATE FUNCTION pg_temp.application_trends(first_year integer, last_year integer, entries integer)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('year', year, 'applications',
                                      CASE WHEN year > 2018 THEN pg_temp.applications(entries, 3 * (year - 2018)) END))
    FROM generate_series(first_year, last_year) year
$$;

CREATE FUNCTION pg_temp.note_ages(notes integer) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object('age_range', range, 'count', notes / share) ORDER BY share DESC)
    FROM (VALUES ('0-7 days', 30), ('8-30 days', 20), ('31-90 days', 9), ('90+ days', 1)) AS ages(range, share)
    WHERE notes / share > 0
$$;

-- One digit for each of the last 371 days, most of them 0 for a quiet account.
CREATE FUNCTION pg_temp.year_of_days(busy integer, key bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(CASE WHEN pg_temp.draw(key, 2000 + day, 100) < busy
                           THEN (1 + pg_temp.draw(key, 3000 + day, 9))::text ELSE '0' END, '' ORDER BY day)
    FROM generate_series(1, 371) day
$$;

-- Counters -----------------------------------------------------------------------------------------------------------

-- All history_* columns: every year by itself, and whole / year / month / day that agree with them.
CREATE FUNCTION pg_temp.counters(first_year integer, last_year integer, best integer, key bigint)
RETURNS TABLE (name text, value json) LANGUAGE sql IMMUTABLE AS $$
    WITH yearly AS MATERIALIZED (
        SELECT year, active * (1 + pg_temp.draw(key, 5000 + year, best)) AS opened,
               active * pg_temp.draw(key, 5100 + year, best) AS commented,
               active * pg_temp.draw(key, 5200 + year, best) AS closed,
               active * pg_temp.draw(key, 5300 + year, 1 + best / 8) AS reopened
        FROM (SELECT year, (year BETWEEN first_year AND last_year)::integer AS active
              FROM generate_series(2013, 2026) year) years
    ), periods AS (
        SELECT 'whole' AS period, sum(opened)::integer AS opened, sum(commented)::integer AS commented,
               sum(closed)::integer AS closed, sum(reopened)::integer AS reopened FROM yearly
        UNION ALL
        SELECT period, opened / part, commented / part, closed / part, reopened / part
        FROM yearly, (VALUES ('year', 1), ('month', 4), ('day', 60)) AS parts(period, part) WHERE year = 2026
        UNION ALL
        SELECT year::text, opened, commented, closed, reopened FROM yearly
    )
    SELECT format('history_%s_%s', period, kind), to_json(amount)
    FROM periods,
         LATERAL (VALUES ('open', opened), ('commented', commented), ('closed', closed), ('reopened', reopened),
                         -- The total of these was never filled for old accounts.
                         ('closed_with_comment', CASE WHEN period = 'whole' AND pg_temp.draw(key, 5400, 3) > 0
                                                      THEN NULL ELSE closed * 7 / 10 END)) AS amounts(kind, amount)
$$;

-- Columns that users and countries have in common, besides the counters.
CREATE FUNCTION pg_temp.common_columns(first_year integer, last_year integer, best integer, slots integer,
                                       months integer, days integer, apps integer, key bigint)
RETURNS TABLE (name text, value json) LANGUAGE sql IMMUTABLE AS $$
    SELECT name, value FROM pg_temp.counters(first_year, last_year, best, key)
    UNION ALL SELECT * FROM (VALUES
        ('last_year_activity', to_json(pg_temp.year_of_days(slots / 3, key))),
        ('date_starting_creating_notes', to_json(make_date(first_year, 1 + pg_temp.draw(key, 6000, 12), 3))),
        ('date_starting_solving_notes',
         CASE WHEN slots > 4 THEN to_json(make_date(first_year, 1 + pg_temp.draw(key, 6001, 12), 28)) END),
        ('dates_most_open', pg_temp.dates(days, best, first_year, last_year, key)),
        ('dates_most_closed', pg_temp.dates(days / 2, best, first_year, last_year, -key)),
        ('working_hours_of_week_opening', pg_temp.hours(slots, best, 3 * key)),
        ('working_hours_of_week_commenting', pg_temp.hours(slots * 2 / 3, best, 3 * key + 1)),
        ('working_hours_of_week_closing', pg_temp.hours(slots / 3, best, 3 * key + 2)),
        ('avg_days_to_resolution', to_json((pg_temp.draw(key, 6002, 120000) / 100.0)::numeric(10,2))),
        ('median_days_to_resolution', to_json((pg_temp.draw(key, 6003, 30000) / 100.0)::numeric(10,2))),
        ('notes_resolved_count', to_json(pg_temp.draw(key, 6004, best))),
        ('notes_still_open_count', to_json(pg_temp.draw(key, 6005, best))),
        ('resolution_rate', to_json((pg_temp.draw(key, 6006, 10001) / 100.0)::numeric(5,2))),
        ('applications_used', pg_temp.applications(apps, best)),
        ('most_used_application_id', CASE WHEN apps > 0 THEN to_json(9) END),
        ('mobile_apps_count', to_json(apps / 2)),
        ('desktop_apps_count', to_json(apps - apps / 2)),
        ('avg_comment_length', to_json((pg_temp.draw(key, 6007, 30000) / 100.0)::numeric(10,2))),
        ('comments_with_url_count', to_json(pg_temp.draw(key, 6008, best))),
        ('comments_with_url_pct', to_json((pg_temp.draw(key, 6009, 10001) / 100.0)::numeric(5,2))),
        ('comments_with_mention_count', to_json(pg_temp.draw(key, 6010, best))),
        ('comments_with_mention_pct', to_json((pg_temp.draw(key, 6011, 10001) / 100.0)::numeric(5,2))),
        ('avg_comments_per_note', to_json((pg_temp.draw(key, 6012, 500) / 100.0)::numeric(10,2))),
        ('active_notes_count', to_json(pg_temp.draw(key, 6013, best))),
        ('notes_backlog_size', to_json(pg_temp.draw(key, 6014, best))),
        ('notes_age_distribution', pg_temp.note_ages(best)),
        ('notes_created_last_30_days', to_json(pg_temp.draw(key, 6015, 1 + best / 20))),
        ('notes_resolved_last_30_days', to_json(pg_temp.draw(key, 6016, 1 + best / 20))),
        ('resolution_by_year', pg_temp.resolution_by_year(first_year, last_year, key)),
        ('resolution_by_month', pg_temp.resolution_by_month(months, last_year, key)),
        ('hashtags', pg_temp.ranking('hashtag', (ARRAY['mapa', 'survey', '道路', 'fix_me', 'été'])[:apps], best)),
        ('hashtags_opening', pg_temp.ranking('hashtag', (ARRAY['mapa', 'survey', '道路'])[:apps], best, 'count')),
        ('hashtags_resolution', pg_temp.ranking('hashtag', (ARRAY['fix_me', 'été'])[:apps - 1], best, 'count')),
        ('opening_hashtag_count', to_json(apps * 3)),
        ('resolution_hashtag_count', to_json(apps)),
        ('application_usage_trends', pg_temp.application_trends(first_year, last_year, apps)),
        ('version_adoption_rates', '[]'::json)) AS fixed
$$;

-- Users --------------------------------------------------------------------------------------------------------------

-- Making every document from nothing would take minutes for a million users. There are 3 kinds of accounts (quiet,
-- regular, busy) with 200 variants each; a user takes one of them and has its own ids, name and numbers.
CREATE FUNCTION pg_temp.user_variant(kind integer, variant integer, names text[])
RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    key CONSTANT bigint := kind * 1000 + variant;
    first_year CONSTANT integer := 2013 + pg_temp.draw(key, 20, 12);
    last_year CONSTANT integer := CASE kind WHEN 0 THEN first_year
                                            ELSE least(first_year + 1 + pg_temp.draw(key, 21, 13), 2026) END;
    best CONSTANT integer := (ARRAY[4, 90, 2500])[1 + kind];
    slots CONSTANT integer := (ARRAY[2, 11, 48])[1 + kind] + pg_temp.draw(key, 22, (ARRAY[3, 14, 36])[1 + kind]);
    months CONSTANT integer := (ARRAY[1, 9, 16])[1 + kind] + pg_temp.draw(key, 23, (ARRAY[2, 9, 14])[1 + kind]);
    places CONSTANT integer := (ARRAY[1, 2, 5])[1 + kind] + pg_temp.draw(key, 24, (ARRAY[2, 4, 10])[1 + kind]);
    days CONSTANT integer := (ARRAY[1, 6, 25])[1 + kind];
    apps CONSTANT integer := kind * pg_temp.draw(key, 25, 3);
    offset_ CONSTANT integer := 1 + pg_temp.draw(key, 26, greatest(cardinality(names) - 30, 1));
BEGIN
    RETURN (SELECT json_object_agg(name, value) FROM (
        SELECT name, value
        FROM pg_temp.common_columns(first_year, last_year, best, slots, months, days, apps, key)
        UNION ALL
        SELECT format('ranking_countries_%s_%s', action, year),
               pg_temp.ranking('country_name', names[offset_ : offset_ + places / part - 1], best)
        FROM generate_series(first_year, last_year) year, (VALUES ('opening', 1), ('closing', 4)) AS a(action, part)
        UNION ALL VALUES
            ('countries_open_notes', pg_temp.ranking('country', names[offset_ : offset_ + places - 1], best)),
            ('countries_solving_notes', pg_temp.ranking('country', names[offset_ : offset_ + places / 2 - 1], best)),
            ('countries_open_notes_current_month', pg_temp.ranking('country', names[offset_ : offset_ + kind - 1], 9)),
            ('notes_opened_but_not_closed_by_user', to_json(pg_temp.draw(key, 27, best))),
            ('favorite_opening_hashtag', CASE WHEN apps > 0 THEN to_json('mapa'::text) END),
            ('favorite_resolution_hashtag', CASE WHEN apps > 1 THEN to_json('fix_me'::text) END),
            ('collaboration_patterns',
             CASE WHEN kind > 0 THEN json_build_object('mentions_given', apps, 'replies_count', slots) END),
            ('iso_week', to_json(1 + pg_temp.draw(key, 28, 52))),
            ('quarter', to_json(1 + pg_temp.draw(key, 29, 4))),
            ('month_name', to_json('April'::text)),
            ('hour_of_week', to_json(pg_temp.draw(key, 30, 168))),
            ('period_of_day', to_json(pg_temp.pick(ARRAY['Morning', 'Afternoon', 'Evening', 'Night'], key, 31)))
        ) AS columns(name, value));
END
$$;

CREATE TEMP TABLE user_variant AS
SELECT kind, variant, made.*
FROM (SELECT array_agg(coalesce(country_name_es, country_name) ORDER BY number) AS names FROM country) AS c,
     generate_series(0, 2) kind, generate_series(0, 199) variant,
     LATERAL json_populate_record(NULL::dwh.datamartusers, pg_temp.user_variant(kind, variant, c.names)) AS made;
ANALYZE user_variant;

-- Ids as in production: spread over 1..25,000,000 with gaps; the dimension ids count in another order.
CREATE TEMP TABLE account AS
SELECT n AS number,
       (1 + n::bigint * 15485863 % :users)::integer AS dimension_user_id,
       (1 + n * stride + pg_temp.draw(n, 40, stride))::integer AS user_id,
       pg_temp.user_name(n, heads, tails) AS username,
       (1 + pg_temp.draw(n, 41, 6))::smallint AS level,
       CASE WHEN share < 77 THEN 0 WHEN share < 94 THEN 1 ELSE 2 END AS kind,
       pg_temp.draw(n, 42, 200) AS variant
FROM (SELECT n, pg_temp.draw(n, 43, 100) AS share, 25000000 / :users AS stride
      FROM (SELECT generate_series(0, :users - 1) AS n) series) numbers
CROSS JOIN name_parts;
ANALYZE account;

INSERT INTO dwh.contributor_types (contributor_type_id, contributor_type_name, contributor_type_name_en) VALUES
    (1, 'Recién llegado', 'Newcomer'), (2, 'Ocasional', 'Occasional'), (3, 'Constante', 'Steady'),
    (4, 'Explorador "épico"', 'Epic explorer'), (5, 'Solo abre', 'Only opens'), (6, 'Solo cierra', 'Only closes'),
    (7, 'Robot', NULL);
SELECT setval('dwh.contributor_types_contributor_type_id_seq', 7) \g /dev/null

INSERT INTO dwh.dimension_experience_levels (dimension_experience_id, experience_level) VALUES
    (1, 'newcomer'), (2, 'beginner'), (3, 'regular'), (4, 'skilled'), (5, 'expert'), (6, 'veteran');

INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, valid_from, is_current,
                                 experience_level_id)
SELECT dimension_user_id, user_id, username, false, timestamp '2013-04-24', true, level FROM account;

-- All columns come from the variant, but for those named here. The list is made from the catalog, so that a new year
-- needs no change in this file.
SELECT format('INSERT INTO dwh.datamartusers SELECT %s FROM account a JOIN user_variant v USING (kind, variant)',
              string_agg(coalesce(own.expression, 'v.' || column_name), ', ' ORDER BY ordinal_position))
FROM information_schema.columns
LEFT JOIN (VALUES
    ('dimension_user_id', 'a.dimension_user_id'),
    ('user_id', 'a.user_id'),
    ('username', 'a.username'),
    ('id_contributor_type', '1 + pg_temp.draw(a.number, 50, 7)'),
    -- Note ids grow with the years, as user ids do; about 4.9 million exist.
    ('first_open_note_id', 'a.user_id / 6 + pg_temp.draw(a.number, 51, 9000)'),
    ('first_commented_note_id', 'CASE WHEN v.kind > 0 THEN a.user_id / 6 + pg_temp.draw(a.number, 52, 90000) END'),
    ('first_closed_note_id', 'CASE WHEN v.kind > 0 THEN a.user_id / 6 + pg_temp.draw(a.number, 53, 90000) END'),
    ('first_reopened_note_id', 'CASE WHEN v.kind > 1 THEN a.user_id / 6 + pg_temp.draw(a.number, 54, 90000) END'),
    ('latest_open_note_id', 'a.user_id / 6 + 9000 + pg_temp.draw(a.number, 55, 500000)'),
    ('latest_commented_note_id', 'CASE WHEN v.kind > 0 THEN a.user_id / 6 + 90000 END'),
    ('latest_closed_note_id', 'CASE WHEN v.kind > 0 THEN a.user_id / 6 + 99000 END'),
    ('latest_reopened_note_id', 'CASE WHEN v.kind > 1 THEN a.user_id / 6 + 99900 END'),
    ('history_whole_commented', 'v.history_whole_commented + pg_temp.draw(a.number, 56, 9)'),
    ('user_response_time', 'CASE WHEN v.kind > 0 THEN pg_temp.draw(a.number, 57, 90000) / 100.0 END'),
    ('days_since_last_action', 'pg_temp.draw(a.number, 58, 4000)'),
    ('json_exported', 'false')
) AS own(name, expression) ON own.name = column_name
WHERE table_schema = 'dwh' AND table_name = 'datamartusers' \gexec

-- Countries ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION pg_temp.country_columns(c country, names text[]) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    key CONSTANT bigint := 1000000 + c.number;
    first_year CONSTANT integer := 2013 + pg_temp.draw(key, 60, 3);
    best CONSTANT integer := 20 + c.weight * c.weight;
    slots CONSTANT integer := 5 + c.weight * 2;
    listed CONSTANT integer := 1 + least(48, c.weight * 2 / 3);
    apps CONSTANT integer := c.weight / 17;
BEGIN
    RETURN (SELECT json_object_agg(name, value) FROM (
        SELECT name, value
        FROM pg_temp.common_columns(first_year, 2026, best, slots, 20 + c.weight * 13 / 10, listed, apps, key)
        UNION ALL
        SELECT format('ranking_users_%s_%s', action, year),
               pg_temp.ranking('username', names[start : start + listed / part - 1], best)
        FROM generate_series(first_year, 2026) year, (VALUES ('opening', 1), ('closing', 3)) AS a(action, part),
             LATERAL (SELECT 1 + pg_temp.draw(key, 6100 + year, greatest(cardinality(names) - 50, 1))) AS s(start)
        UNION ALL
        SELECT format('users_%s', list), pg_temp.ranking('username', names[1 : listed / part], best)
        FROM (VALUES ('open_notes', 1), ('solving_notes', 1), ('open_notes_current_month', 4),
                     ('solving_notes_current_month', 6), ('open_notes_current_day', 12),
                     ('solving_notes_current_day', 20)) AS l(list, part)
        UNION ALL VALUES
            ('dimension_country_id', to_json(c.dimension_country_id)),
            ('country_id', to_json(c.country_id)),
            ('country_name', to_json(c.country_name)),
            ('country_name_es', to_json(c.country_name_es)),
            ('country_name_en', to_json(c.country_name_en)),
            ('iso_alpha2', to_json(c.iso_alpha2)),
            ('iso_alpha3', to_json(c.iso_alpha3)),
            ('dimension_continent_id', to_json(c.continent)),
            ('first_open_note_id', to_json(1 + pg_temp.draw(key, 61, 9000))),
            ('first_commented_note_id', to_json(1 + pg_temp.draw(key, 62, 90000))),
            ('first_closed_note_id', to_json(1 + pg_temp.draw(key, 63, 90000))),
            ('first_reopened_note_id', CASE WHEN c.weight > 2 THEN to_json(1 + pg_temp.draw(key, 69, 90000)) END),
            ('latest_open_note_id', to_json(4500000 + pg_temp.draw(key, 64, 400000))),
            ('latest_commented_note_id', to_json(4500000 + pg_temp.draw(key, 65, 400000))),
            ('latest_closed_note_id', to_json(4500000 + pg_temp.draw(key, 66, 400000))),
            ('latest_reopened_note_id', CASE WHEN c.weight > 2 THEN to_json(4899000) END),
            ('top_opening_hashtag', CASE WHEN apps > 0 THEN to_json('mapa'::text) END),
            ('top_resolution_hashtag', CASE WHEN apps > 1 THEN to_json('fix_me'::text) END),
            ('notes_health_score', to_json((pg_temp.draw(key, 67, 10001) / 100.0)::numeric(5,2))),
            ('new_vs_resolved_ratio', to_json((pg_temp.draw(key, 68, 99999) / 100.0)::numeric(5,2))),
            ('json_exported', to_json(false))
        ) AS columns(name, value));
END
$$;

INSERT INTO dwh.dimension_countries (dimension_country_id, country_id, country_name, country_name_es, country_name_en,
                                     iso_alpha2, iso_alpha3, region_id, modified)
SELECT dimension_country_id, country_id, country_name, country_name_es, country_name_en, iso_alpha2, iso_alpha3,
       continent, false
FROM country;

INSERT INTO dwh.datamartcountries
SELECT made.*
FROM (SELECT array_agg(username ORDER BY number) AS names FROM account WHERE number < 2000) AS u,
     country c,
     LATERAL json_populate_record(NULL::dwh.datamartcountries, pg_temp.country_columns(c, u.names)) AS made;

-- The world ----------------------------------------------------------------------------------------------------------

INSERT INTO dwh.datamartglobal
SELECT made.*
FROM (SELECT json_object_agg(name, value) AS document FROM (
          SELECT name, value FROM pg_temp.common_columns(2013, 2026, 250000, 168, 0, 0, 0, 7)
          WHERE name NOT IN ('notes_age_distribution', 'applications_used', 'most_used_application_id')
          UNION ALL VALUES
              ('dimension_global_id', to_json(1)),
              ('first_open_note_id', to_json(1)),
              ('first_closed_note_id', to_json(6)),
              ('first_reopened_note_id', to_json(38)),
              ('latest_open_note_id', to_json(4899999)),
              ('latest_closed_note_id', to_json(4899990)),
              ('latest_reopened_note_id', to_json(4899000)),
              ('currently_open_count', to_json(712345)),
              ('currently_closed_count', to_json(4100321)),
              ('avg_days_to_resolution_current_year', to_json(12.40)),
              ('median_days_to_resolution_current_year', to_json(2.00)),
              ('active_users_count', to_json(:users)),
              ('notes_age_distribution', json_build_object('0-7_days', 5210, '8-30_days', 15003, '31-90_days', 40712,
                                                           '90_plus_days', 651420)),
              ('top_countries', (SELECT json_agg(json_build_object('country_id', country_id, 'country_name',
                                     country_name, 'total_actions', weight * 1000) ORDER BY weight DESC, country_id)
                                 FROM (SELECT * FROM country ORDER BY weight DESC, country_id LIMIT 10) busiest)),
              ('applications_used', json_build_array(json_build_object('application_id', 9, 'application_name',
                                     'Pocket Maps', 'usage_count', 31337))),
              ('most_used_application_id', to_json(9))
          ) AS columns(name, value)) AS world,
     LATERAL json_populate_record(NULL::dwh.datamartglobal, world.document) AS made;

-- Odd rows -----------------------------------------------------------------------------------------------------------

\if :awkward
CREATE TEMP TABLE odd_user AS
SELECT :users + place::integer AS dimension_user_id, user_id::integer, username, is_current
FROM (VALUES
    (1, NULL, 'no id', NULL), (2, 0, 'Anonymous', true), (3, -1, 'unknown', true),
    (4, 30000001, 'before the renaming', false), (5, 30000001, 'after the renaming', true),
    (6, 30000002, 'current, but older', true), (7, 30000002, 'newer, not current', false),
    (8, 30000003, 'not current', false), (9, 30000003, 'not current either', false),
    (10, 30000010, 'tie 1', true), (11, 30000011, 'tie 2', true), (12, 30000012, 'tie 3', true),
    (13, 30000013, 'tie 4', true), (14, 30000014, 'tie 5', true),
    (15, 30000020, rpad(E'\u0001\u001f\u007f\u2028\u2029\u200f "\\/\b\f\t 𝄞', 256, 'ß'), true)
) AS odd(place, user_id, username, is_current);

INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, valid_from, valid_to, is_current,
                                 experience_level_id)
SELECT dimension_user_id, user_id, username, false, timestamp '2014-01-01',
       CASE WHEN NOT is_current THEN timestamp '2020-02-29 12:00' END, is_current, 3
FROM odd_user WHERE user_id IS NOT NULL;

INSERT INTO dwh.datamartusers
SELECT made.*
FROM (SELECT d AS model FROM dwh.datamartusers d ORDER BY dimension_user_id LIMIT 1) AS first,
     odd_user o,
     LATERAL json_populate_record(first.model, json_build_object(
         'dimension_user_id', o.dimension_user_id, 'user_id', o.user_id, 'username', o.username,
         'history_whole_open', 777, 'history_whole_closed', 77)) AS made;

INSERT INTO dwh.dimension_countries (dimension_country_id, country_id, country_name, modified)
VALUES (:countries + 1, -1, 'Nowhere', false);

INSERT INTO dwh.datamartcountries
SELECT made.*
FROM (SELECT d AS model FROM dwh.datamartcountries d ORDER BY dimension_country_id LIMIT 1) AS first,
     LATERAL json_populate_record(first.model, json_build_object(
         'dimension_country_id', :countries + 1, 'country_id', -1, 'country_name', 'Nowhere')) AS made;
\endif

SELECT setval('dwh.dimension_users_dimension_user_id_seq', max(dimension_user_id)) FROM dwh.dimension_users \g /dev/null
SELECT setval('dwh.dimension_countries_dimension_country_id_seq', max(dimension_country_id))
FROM dwh.dimension_countries \g /dev/null

COMMIT;

ANALYZE dwh.datamartusers, dwh.datamartcountries, dwh.dimension_users, dwh.dimension_countries;
