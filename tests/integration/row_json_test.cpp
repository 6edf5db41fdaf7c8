// Our rendering of rows against row_to_json, value by value.
#include "support/catch.hpp"

#include "document/row_json.hpp"
#include "pg/cursor.hpp"
#include "pg/quote.hpp"
#include "source/select_list.hpp"
#include "support/test_database.hpp"
#include "support/thrown_message.hpp"

#include <set>

using namespace notes_export;

namespace {

struct row_fixture {
    test::test_database db{"plain"};
    pg::connection session{session_request{db.conninfo(), "test", "render"}};

    std::vector<column> columns_of(std::string const& relation) {
        auto const r = session.query("read columns", "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = '" +
                                                         relation + "'::regclass AND attnum > 0 ORDER BY attnum");
        std::vector<column> columns;
        for (int i = 0; i < r.rows(); ++i)
            columns.push_back({r.text(i, 0), static_cast<type_oid>(r.integer(i, 1)), "0"});
        return columns;
    }

    // Number of rows, all of them compared.
    int compare(std::string const& relation) {
        select_list list{1};
        for (auto const& c : columns_of(relation))
            list.add("whole", c);
        auto const query = "SELECT row_to_json(whole)::text" + list.text() + " FROM " + relation + " whole";
        auto const rows = session.query("read rows", query);
        row_json document{list.members()};
        document.bind(rows);
        for (int i = 0; i < rows.rows(); ++i) {
            std::string ours;
            document.append(ours, rows, i);
            INFO(relation << " row " << i);
            REQUIRE(ours == rows.text(i, 0));
        }
        return rows.rows();
    }
};

// Every type that a column can have and a person can write, with every one of these texts that it accepts.
constexpr auto pool = R"sql(
SET client_min_messages = warning;
CREATE TYPE public.mood AS ENUM ('sad', 'o"k', 'null');
CREATE TYPE public.pair AS (n integer, t text, d timestamptz);
CREATE TYPE public.float_range AS RANGE (subtype = float8);
CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN public.stamp AS timestamp;
CREATE DOMAIN public.doc AS json;
CREATE DOMAIN public.many AS integer[];
CREATE DOMAIN public.twice AS public.positive;
CREATE TYPE public.castable AS (n integer);
CREATE FUNCTION public.as_json(c public.castable) RETURNS json LANGUAGE sql AS 'SELECT ''{"cast": true}''::json';
CREATE CAST (public.castable AS json) WITH FUNCTION public.as_json(public.castable);
CREATE TYPE public.castable_mood AS ENUM ('a', 'b');
CREATE FUNCTION public.as_json(c public.castable_mood) RETURNS json LANGUAGE sql AS 'SELECT ''[ "cast"]''::json';
CREATE CAST (public.castable_mood AS json) WITH FUNCTION public.as_json(public.castable_mood);
CREATE TABLE public.pool (v text);
INSERT INTO public.pool VALUES
 (''), (' '), ('a'), ('"'), ('\'), ('a\b"c'), (E'\b\f\n\r\t\x01\x1f\x7f'), ('äöü€😀'), ('NULL'), ('null'), ('sad'), ('o"k'),
 ('t'), ('f'), ('true'), ('0'), ('1'), ('-1'), ('-0'), ('+7'), ('32767'), ('-32768'), ('2147483647'), ('-2147483648'),
 ('9223372036854775807'), ('-9223372036854775808'), ('4294967295'), ('5.00'), ('0.1'), ('-0.0'), ('1e20'), ('1e-7'),
 ('123456789012345678901234567890.12345678901234567890'), ('1e300'), ('4.9e-324'), ('1.7976931348623157e308'),
 ('NaN'), ('Infinity'), ('-Infinity'), ('infinity'), ('-infinity'), ('$1,234.56'), ('2024-02-29'), ('0001-01-01'),
 ('0044-03-15 BC'), ('4714-11-24 BC'), ('5874897-12-31'), ('294276-12-31 23:59:59.999999'), ('0044-03-15 12:00 BC'),
 ('2024-02-29 23:59:59.123456'), ('2024-02-29 23:59:59.1+05:45'), ('1890-01-01 00:00:00.5 Europe/Amsterdam'),
 ('24:00:00'), ('12:34:56.7'), ('12:34:56+05:30'), ('12:34:56.000001-00:00:30'), ('1 year 2 mons -3 days 04:05:06.7'),
 ('-178000000 years'), ('PT0S'), ('{}'), ('{1,2,NULL}'), ('{{1,2},{3,4}}'), ('[0:1]={1,2}'), ('{a,"b\"c",null}'), ('{t,f}'),
 ('{2024-01-01}'), ('{"{}"}'), ('{"{\"a\":1}"}'), ('{NaN,Infinity}'), ('{"(1,a,2024-01-01)"}'), ('{"[1,2)"}'),
 ('{"{[1,2)}"}'), ('[1,2)'), ('(,5]'), ('empty'), ('[2024-01-01,2024-02-01)'), ('["2024-01-01 00:00","2024-02-01 12:00")'),
 ('{[1,2),[5,)}'), ('{[2024-01-01,2024-02-01)}'), ('[1.5,NaN)'), ('{"a": [1, 2.50, "x"]}'), ('[1, 
 {"b":null}]'), ('"s\u00e9\n"'), ('{"a":1,"a":2}'), ('(1,"a ""b""",2024-01-01)'), ('(,,)'), ('(7)'), ('(1,2)'),
 ('((1,2),(3,4))'), ('[(1,2),(3,4)]'), ('<(1,2),3>'), ('{1,2,3}'), ('((0,0),(1,1),(1,0))'), ('192.168.0.1/24'),
 ('::1'), ('10.0.0.0/8'), ('08:00:2b:01:02:03'), ('08:00:2b:01:02:03:04:05'), ('101'), ('\x00ff80'), ('abc\000'),
 ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('<a b="c">&amp;</a>'), ('a & b'), ('cat:3 fat:2A'), ('(0,1)'), ('16/B374D848'),
 ('10:20:10,14,15'), ('pg_class'), ('integer'), ('now'), ('+'), ('+(integer,integer)'), ('now()'), ('english'), ('simple'),
 ('postgres'), ('public'), ('C'), ('"C"'), ('$.a[*] ? (@ > 1)'), ('YES'), ('=r/postgres'), ('{=r/postgres}'), ('{postgres}'),
 ('{b}'), ('{0}'), ('{101}'), ('{C}'), ('{::1}'), ('{now()}'), ('{simple}'), ('{"a & b"}'), ('{$.a}'), ('{"[1,2)"}'),
 ('{"(1,2)"}'), ('{"((1,2),(3,4))"}'), ('{"<(1,2),3>"}'), ('{"[(1,2),(3,4)]"}'), ('{"{1,2,3}"}'), ('{"(2,1),(0,0)"}'),
 ('{08:00:2b:01:02:03}'), ('{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'), ('{16/B374D848}'), ('{10:20:10}'), ('{12:00+01}'),
 ('{"+(integer,integer)"}'), ('{+}'), ('{pg_class}'), ('{integer}'), ('{public}'), ('{"(0,1)"}'), ('{sad}'), ('{1 day}'),
 ('{"[2024-01-01,2024-02-01)"}'), ('{"{[2024-01-01,2024-02-01)}"}'), ('{"(7)"}'), ('{"\\x00ff"}'), ('{10.0.0.0/8}');
CREATE FUNCTION public.accepts(v text, t text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT %L::%s', v, t);
    RETURN TRUE;
EXCEPTION WHEN OTHERS THEN
    RETURN FALSE;
END $$;
)sql";

// Composites of system relations have no text of the pool: theirs is all fields NULL.
constexpr auto all_types = R"sql(
SELECT t.oid, format_type(t.oid, -1),
       CASE WHEN c.relnatts > 0 THEN '(' || repeat(',', c.relnatts - 1) || ')' END
  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE t.typtype <> 'p' AND t.typisdefined AND t.typname <> '_cstring'
   AND (t.typrelid = 0 OR c.relkind = 'c' OR c.relname IN ('pg_class', 'pg_proc', 'pool'))
   AND (t.typelem = 0 OR NOT EXISTS (SELECT FROM pg_type e JOIN pg_class r ON r.oid = e.typrelid
                                      WHERE e.typarray = t.oid AND r.relkind <> 'c'))
 ORDER BY t.oid
)sql";

// Their input functions refuse every text.
std::set<std::string> const unwritable{"pg_ndistinct",
                                       "gtsvector",
                                       "pg_dependencies",
                                       "pg_mcv_list",
                                       "pg_node_tree",
                                       "pg_brin_bloom_summary",
                                       "pg_brin_minmax_multi_summary"};

} // namespace

TEST_CASE_METHOD(row_fixture, "row_json: every type is printed as row_to_json prints it", "[render][db]") {
    db.exec(pool);
    auto const types = session.query("list types", all_types);
    int values = 0;
    for (int i = 0; i < types.rows(); ++i) {
        auto const name = types.text(i, 1);
        INFO(name);
        db.exec("CREATE TABLE public.one (v " + name + ")");
        db.exec("DO $$ DECLARE p text; BEGIN FOR p IN SELECT v FROM public.pool WHERE public.accepts(v, " +
                pg::quote_literal(name) +
                ") LOOP EXECUTE format('INSERT INTO public.one VALUES (%L)', p); END LOOP; END $$");
        if (auto const nulls = types.cell(i, 2))
            db.exec("INSERT INTO public.one VALUES (" + pg::quote_literal(*nulls) + ")");
        db.exec("INSERT INTO public.one VALUES (NULL)");
        auto const compared = compare("public.one");
        CHECK((compared > 1) != unwritable.contains(name));
        values += compared;
        db.exec("DROP TABLE public.one");
    }
    CHECK(types.rows() > 150);
    CHECK(values > 2000);
}

TEST_CASE_METHOD(row_fixture, "row_json: random rows", "[render][db]") {
    db.exec(R"sql(
        SELECT setseed(0.5);
        CREATE TABLE public.random_rows AS SELECT
            CASE WHEN random() < 0.9 THEN (random() * 65535 - 32768)::int2 END AS i2,
            CASE WHEN random() < 0.9 THEN ((random() - 0.5) * power(10, random() * 9))::int4 END AS i4,
            CASE WHEN random() < 0.9 THEN ((random() - 0.5) * power(10, random() * 18))::int8 END AS i8,
            CASE WHEN random() < 0.9 THEN ((random() - 0.5) * power(10, random() * 70 - 35))::float4 END AS f4,
            CASE WHEN random() < 0.9 THEN (random() - 0.5) * power(10, random() * 600 - 300) END AS f8,
            CASE WHEN random() < 0.9 THEN round((random() * power(10, random() * 30))::numeric, (random() * 20)::int) END AS n,
            random() < 0.5 AS b,
            CASE WHEN random() < 0.9 THEN '4713-01-01 BC'::date + (random() * 5000000)::int END AS d,
            CASE WHEN random() < 0.9 THEN '4713-01-02 BC'::timestamp + random() * 9e7 * interval '1 hour' END AS ts,
            CASE WHEN random() < 0.9 THEN '4713-01-02 BC'::timestamptz + random() * 9e7 * interval '1 hour' END AS tz,
            CASE WHEN random() < 0.9 THEN (SELECT string_agg(chr(1 + (random() * random() * 900)::int), '')
                FROM generate_series(1, (i % 40))) END AS t,
            repeat('x"\', i % 50)::varchar AS vc, left(md5(i::text), i % 10)::char(10) AS bp, ('n' || i)::name AS nm,
            CASE WHEN random() < 0.9 THEN json_build_array(i, random(), md5(i::text)) END AS j,
            CASE WHEN random() < 0.9 THEN jsonb_build_object('k', random(), 't', E'\u2028"' || i) END AS jb,
            ARRAY[i, NULL, (random() * 100)::int] AS a, gen_random_uuid() AS u, interval '1 second' * random() * 1e6 AS iv
        FROM generate_series(1, 5000) i)sql");
    CHECK(compare("public.random_rows") == 5000);
}

TEST_CASE_METHOD(row_fixture, "row_json: every character", "[render][db]") {
    db.exec("CREATE TABLE public.characters AS SELECT string_agg(chr(c), '' ORDER BY c) AS t,"
            " string_agg(chr(c), '\"' ORDER BY c)::varchar AS v, json_build_object(string_agg(chr(c), ''), 1) AS j"
            " FROM generate_series(1, 1114111) c WHERE c NOT BETWEEN 55296 AND 57343 GROUP BY c / 200");
    CHECK(compare("public.characters") > 5000);
}

TEST_CASE_METHOD(row_fixture, "row_json: names of columns are escaped as well", "[render][db]") {
    db.exec("CREATE TABLE public.names (\"a\"\"b\" int, \"back\\slash\" text, \"line\nend\" date, \"\x01\" bool,"
            " \"ünïcode 😀\" int[], \" \" json)");
    db.exec("INSERT INTO public.names VALUES (1, 'x', '2024-01-01', true, '{1}', '{}'), (NULL, NULL, NULL, NULL, NULL, "
            "NULL)");
    CHECK(compare("public.names") == 2);
}

TEST_CASE_METHOD(row_fixture, "row_json: constants stand where they were added", "[render][db]") {
    select_list list{0};
    list.add_constant("first", "false");
    list.add("v", {"n", 23, "23:-1"});
    list.add_constant("last", "[]");
    list.add_constant("and more", "0");
    auto const rows = session.query("read rows", "SELECT " + list.text().substr(2) + " FROM (SELECT 7 AS n) v");
    row_json document{list.members()};
    document.bind(rows);
    std::string text;
    document.append(text, rows, 0);
    CHECK(text == R"({"first":false,"n":7,"last":[],"and more":0})");
    std::string nothing;
    row_json{{}}.append(nothing, rows, 0);
    CHECK(nothing == "{}");
}

TEST_CASE_METHOD(row_fixture, "row_json: a type that we do not render is an error, not a guess", "[render][db]") {
    select_list list{0};
    list.add("v", {"n", 23, "23:-1"}); // what it was when the catalog was read
    auto const rows =
        session.query("read rows", "SELECT " + list.text().substr(2) + " FROM (SELECT '{7}'::int[] AS n) v");
    row_json document{list.members()};
    CHECK_THROWS_AS(document.bind(rows), database_error);
    CHECK(test::contains(test::thrown_message([&] { document.bind(rows); }), "column n got another type"));
}
