// Text that others have chosen: names of users, keys in JSON columns, names of columns, contents of files.
#include "support/catch.hpp"

#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/file.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace test {

namespace {

// Clears the screen, sets the title, breaks the line, forges a record, reorders what follows, and a C1 control.
constexpr auto hostile = "\x1b[2J\x1b]0;title\x07\r\nfatal: forged\t\xE2\x80\xAEgnp.exe\xC2\x9B"
                         "31m\x7F";

struct hostile_fixture : daemon_fixture {
    std::string quoted() const {
        std::string sql = "E'";
        for (char const* c = hostile; *c != '\0'; ++c) {
            char hex[8];
            std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(*c)));
            sql += hex;
        }
        return sql + "'";
    }

    /// Nothing but printable text and our own line ends.
    static void harmless(std::string const& text) {
        INFO(text);
        CHECK(std::ranges::none_of(
            text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; }));
        CHECK_FALSE(contains(text, "\xC2\x9B"));
        CHECK_FALSE(contains(text, "\xE2\x80\xAE"));
        CHECK_FALSE(contains(text, "\nfatal: forged"));
    }
    void harmless(std::vector<std::string> const& arguments, std::string const& shows) const {
        auto const r = run_command(arguments);
        harmless(r.output);
        harmless(r.errors);
        CHECK(contains(r.output + r.errors, shows));
    }

    void make_bad_rows() {
        auto const name = quoted();
        db.exec("UPDATE dwh.datamartusers SET username = " + name +
                " WHERE dimension_user_id = " + std::to_string(nth_user(0).key));
        db.exec("UPDATE dwh.datamartusers SET history_whole_closed = -1, username = " + name +
                " WHERE dimension_user_id = " + std::to_string(nth_user(1).key));
        // A key of a JSON column shows in the pointer, a value in the detail.
        db.exec("UPDATE dwh.datamartusers SET notes_age_distribution = ('{' || to_json(" + name +
                "::text) || ':1,' ||"
                " to_json(" +
                name + "::text) || ':2}')::json WHERE dimension_user_id = " + std::to_string(nth_user(2).key));
        db.exec("UPDATE dwh.datamartusers SET dates_most_open = json_build_array(json_build_object('date', " + name +
                "::text)) WHERE dimension_user_id = " + std::to_string(nth_user(3).key));
    }
};

} // namespace

TEST_CASE_METHOD(hostile_fixture, "hostile: names and keys do no harm to who reads the commands' output",
                 "[hostile][db]") {
    run_command({"once"});
    make_bad_rows();
    harmless({"once"}, "quarantined users " + std::to_string(nth_user(1).id));
    harmless({"status"}, "Quarantined rows");
    harmless({"verify"}, "warning: ");
    harmless({"once", "--full", "--set", "export.validation=strict"}, "does not fit user-profile.schema.json");
    rapidjson::Document d;
    d.Parse(run_command({"status", "--json"}).output.c_str());
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d["quarantine"].Size() == 3);
}

TEST_CASE_METHOD(hostile_fixture, "hostile: names and keys do no harm in the daemon's log", "[hostile][db]") {
    make_bad_rows();
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    notify("payload with an escape \x1b[2J and a line\nfatal: forged");
    daemon.wait_for_event("notified");
    CHECK(daemon.count("row_quarantined") == 3);
    CHECK(daemon.stop() == 0);
    harmless(daemon.process().errors());
}

TEST_CASE_METHOD(hostile_fixture, "hostile: files of ours with a stranger's content do no harm when they are shown",
                 "[hostile][db]") {
    run_command({"once"});
    std::ofstream{tree() / ".json_export_version"} << hostile;
    harmless({"once", "--full"}, "is not a version");
    std::ofstream{tree() / ".exportd/quarantine.json"}
        << R"([{"dataset": "users\u001b[2J\nfatal: forged", "id": 1, "name": "\u001b", "pointer": "\u001b",)"
           R"( "keyword": "\u001b", "detail": "\u009b\u202e"}])";
    auto text = file("metadata.json");
    text.replace(text.find("1.0.0"), 5, "\\u001b[2J");
    std::ofstream{tree() / "metadata.json"} << text;
    int const lock = ::open((tree() / ".exportd/lock").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(lock, LOCK_EX) == 0);
    std::ofstream{tree() / ".exportd/lock"} << hostile;
    harmless({"status"}, "Quarantined rows");
    harmless({"once"}, "is in use by");
    std::ofstream{tree() / ".exportd/lock"} << "\xff\xfe not UTF-8";
    rapidjson::Document d;
    auto const json = run_command({"status", "--json"}).output;
    d.Parse<rapidjson::kParseValidateEncodingFlag>(json.c_str());
    CHECK_FALSE(d.HasParseError());
    ::close(lock);
}

TEST_CASE_METHOD(hostile_fixture, "hostile: names of columns are names, and not SQL", "[hostile][db]") {
    run();
    auto const users = db.number("SELECT count(*) FROM dwh.datamartusers");
    db.exec("DROP VIEW dwh.datamartusers_export");
    for (std::string const column :
         {R"(x"; DROP TABLE dwh.datamartusers; --)", R"(a'b\c)", "line\nbreak", "$1", "json_exported ", R"(")"}) {
        std::string name;
        for (char const c : column)
            name += c == '"' ? "\"\"" : std::string(1, c);
        db.exec("ALTER TABLE dwh.datamartusers ADD COLUMN \"" + name + "\" text DEFAULT 'value'");
    }
    run();
    CHECK(db.number("SELECT count(*) FROM dwh.datamartusers") == users);
    rapidjson::Document d;
    d.Parse(file(nth_user(0).path).c_str());
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d.HasMember(R"(x"; DROP TABLE dwh.datamartusers; --)"));
    CHECK(d.HasMember("line\nbreak"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(hostile_fixture, "hostile: the name of the schema is a name, and not SQL", "[hostile][db]") {
    test_database plain{"plain"};
    auto c = config();
    c.conninfo = plain.conninfo();
    c.schema = R"(d"w'h\; --x)";
    plain.exec("ALTER SCHEMA dwh RENAME TO \"d\"\"w'h\\; --x\"");
    notes_export::exporter e{c};
    e.run({});
    CHECK(notes_export::verify(c).clean());
    auto other = c;
    other.directory = root / "other";
    notes_export::exporter second{other};
    CHECK(contains(thrown_message([&] { second.run({}); }), "test: writer")); // the lock of that schema is found again
    CHECK(notes_export::read_status(c).datasets.at(0).pending == 0);
}

} // namespace test
