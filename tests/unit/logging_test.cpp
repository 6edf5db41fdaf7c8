#include "support/catch.hpp"

#include "log/logging.hpp"
#include "log/record_text.hpp"
#include "log/safe_text.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <rapidjson/document.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace exportd;
using logging::level;
namespace fs = std::filesystem;

namespace {

/// A directory for log files; afterwards logging is as at the start.
struct log_fixture {
    log_fixture() { REQUIRE(::mkdtemp(directory.data())); }
    ~log_fixture() {
        logging::configure({});
        fs::remove_all(directory);
    }
    log_fixture(log_fixture const&) = delete;
    log_fixture& operator=(log_fixture const&) = delete;

    fs::path file() const { return fs::path{directory} / "log"; }

    static std::vector<std::string> lines(fs::path const& path) {
        std::vector<std::string> all;
        std::ifstream in{path};
        for (std::string line; std::getline(in, line);) {
            all.push_back(line);
        }
        return all;
    }
    std::vector<std::string> lines() const { return lines(file()); }

    std::string directory = (fs::temp_directory_path() / "logging_test_XXXXXX").string();
};

/// Puts another descriptor in place of stderr (or nothing), and back.
class other_stderr {
public:
    explicit other_stderr(int fd) : m_saved{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)} {
        REQUIRE(m_saved >= 0);
        fd >= 0 ? ::dup2(fd, STDERR_FILENO) : ::close(STDERR_FILENO);
    }
    ~other_stderr() {
        ::dup2(m_saved, STDERR_FILENO);
        ::close(m_saved);
    }
    other_stderr(other_stderr const&) = delete;
    other_stderr& operator=(other_stderr const&) = delete;

private:
    int m_saved;
};

logging::record sample(std::span<logging::field const> fields, std::string_view message = "done") {
    using namespace std::chrono;
    return {system_clock::time_point{milliseconds{1795363200123}}, level::info, "cycle_finished", message, fields};
}

std::string text_of(std::vector<logging::field> const& fields, std::string_view message = "done") {
    return render_text(sample(fields, message), false);
}

bool contains(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("logging: a text record has time, level, message, event and fields", "[logging]") {
    CHECK(text_of({{"cycle", 12}, {"files", std::size_t{50}}, {"ms", 41.2}, {"full", false}, {"mode", "poll"}}) ==
          "2026-11-22T16:00:00.123Z INFO  done event=cycle_finished cycle=12 files=50 ms=41.2 full=false mode=poll");
}

TEST_CASE("logging: text values are quoted when needed", "[logging]") {
    auto const line = text_of({{"a", "two words"}, {"b", ""}, {"c", "x=y"}, {"d", "it's"}, {"e", "back\\slash"}});
    CHECK(contains(line, R"( a="two words" b="" c="x=y" d="it's" e="back\\slash")"));
}

TEST_CASE("logging: text that holds quotes is never full of backslashes", "[logging]") {
    CHECK(contains(text_of({{"error", R"(relation "dwh.x" does not exist)"}}),
                   R"( error='relation "dwh.x" does not exist')"));
    CHECK(contains(text_of({{"word", "\"x\""}}), R"( word='"x"')"));
    CHECK(contains(text_of({}, R"(view "x" is gone)"), R"(INFO  view "x" is gone event=)"));
    // What stands in both kinds of quotes still cannot end its field.
    CHECK(contains(text_of({{"name", R"(' "x" \ event=fatal)"}, {"id", 1}}), R"( name='\' "x" \\ event=fatal' id=1)"));
}

TEST_CASE("logging: hostile text is escaped, other languages are not", "[logging]") {
    auto const line =
        text_of({{"name", "\x1b[31m\n\xff\xc0\x80\xc2\x9b\xe2\x80\xae\x7f"}, {"who", "Ελλάδα"}}, "a\r\nb");
    CHECK(contains(line, R"(a\r\nb event)"));
    CHECK(contains(line, R"(name="\x1b[31m\n\xff\xc0\x80\x9b\u202e\x7f")"));
    CHECK(contains(line, "who=Ελλάδα"));
}

TEST_CASE("logging: surrogates and cut-off characters are broken UTF-8", "[logging]") {
    CHECK(logging::escaped("\xed\xa0\x80") == R"(\xed\xa0\x80)");
    CHECK(logging::escaped("\xe2\x82") == R"(\xe2\x82)");
    CHECK(logging::escaped("\xf4\x90\x80\x80") == R"(\xf4\x90\x80\x80)");
    CHECK(logging::escaped("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("logging: long values are cut between characters and marked", "[logging]") {
    auto const cut = logging::escaped("ää", 3);
    CHECK(cut == "ä…");
    CHECK(text_of({{"x", std::string(5000, 'x')}}).size() < logging::max_field_bytes + 100);
    CHECK(text_of({}, std::string(9000, 'x')).size() < logging::max_message_bytes + 100);
    CHECK(render_json(sample({}, std::string(9000, 'x'))).size() < logging::max_message_bytes + 200);
}

TEST_CASE("logging: a JSON record holds typed fields", "[logging]") {
    std::vector<logging::field> const fields{{"i", -5}, {"d", 41.5}, {"b", true}, {"s", "x\"y"}};
    rapidjson::Document json;
    json.Parse(render_json(sample(fields)).c_str());
    REQUIRE_FALSE(json.HasParseError());
    CHECK(std::string{json["time"].GetString()} == "2026-11-22T16:00:00.123Z");
    CHECK(std::string{json["level"].GetString()} == "info");
    CHECK(std::string{json["event"].GetString()} == "cycle_finished");
    CHECK(std::string{json["message"].GetString()} == "done");
    CHECK(json["i"].GetInt64() == -5);
    CHECK(json["d"].GetDouble() == 41.5);
    CHECK(json["b"].GetBool());
    CHECK(std::string{json["s"].GetString()} == "x\"y");
}

TEST_CASE("logging: hostile text makes valid JSON in printable ASCII", "[logging]") {
    std::vector<logging::field> const fields{{"name", "\x1b\n\xff\xc2\x9b\x7f\xe2\x80\xae"},
                                             {"nan", std::numeric_limits<double>::quiet_NaN()},
                                             {"inf", std::numeric_limits<double>::infinity()}};
    auto const line = render_json(sample(fields));
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    rapidjson::Document json;
    json.Parse(line.c_str());
    REQUIRE_FALSE(json.HasParseError());
    CHECK(std::string{json["name"].GetString()} == "\x1b\n\\xff\xc2\x9b\\x7f\xe2\x80\xae");
    CHECK(std::string{json["nan"].GetString()} == "nan");
}

TEST_CASE("logging: a field takes the types callers have", "[logging]") {
    char const* const null = nullptr;
    CHECK(contains(text_of({{"big", std::numeric_limits<std::uint64_t>::max()}, {"null", null}}),
                   " big=9223372036854775807 null=\"\""));
}

TEST_CASE_METHOD(log_fixture, "logging: records below the level are dropped", "[logging]") {
    logging::configure({level::warning, logging::format::text, file()});
    CHECK_FALSE(logging::enabled(level::info));
    CHECK(logging::enabled(level::warning));
    logging::log(level::info, "quiet", "no");
    logging::log(level::error, "loud", "yes");
    REQUIRE(lines().size() == 1);
    CHECK(contains(lines()[0], "ERROR yes event=loud"));
}

TEST_CASE_METHOD(log_fixture, "logging: level, format and file change at run time", "[logging]") {
    logging::configure({level::info, logging::format::text, file()});
    logging::log(level::info, "one", "first");
    auto const second = fs::path{directory} / "second";
    logging::configure({level::debug, logging::format::json, second});
    logging::log(level::debug, "two", "second");
    CHECK(lines().size() == 1);
    REQUIRE(lines(second).size() == 1);
    CHECK(contains(lines(second)[0], R"("event":"two")"));
}

TEST_CASE_METHOD(log_fixture, "logging: a file that cannot be opened changes nothing", "[logging]") {
    logging::configure({level::info, logging::format::text, file()});
    CHECK_THROWS_AS(logging::configure({level::error, logging::format::json, "/nonexistent/log"}), std::system_error);
    logging::log(level::info, "still", "here");
    REQUIRE(lines().size() == 1);
    CHECK(contains(lines()[0], "INFO  here"));
}

TEST_CASE_METHOD(log_fixture, "logging: a file that is made gets its mode, one that is there keeps its own",
                 "[logging]") {
    auto const mode = [](fs::path const& path) { return fs::status(path).permissions() & fs::perms::mask; };
    auto const before = ::umask(077);
    logging::configure({level::info, logging::format::text, file(), 0644});
    CHECK(mode(file()) == fs::perms{0644});
    fs::rename(file(), file().string() + ".1");
    logging::log(level::info, "rotated", "first in the new file");
    ::umask(before);
    CHECK(mode(file()) == fs::perms{0644});
    fs::permissions(file(), fs::perms{0600});
    logging::configure({level::info, logging::format::text, file(), 0644});
    CHECK(mode(file()) == fs::perms{0600});
    auto const linked = fs::path{directory} / "linked";
    fs::create_symlink("elsewhere", linked); // to where there is no file yet
    logging::configure({level::info, logging::format::text, linked, 0644});
    CHECK(fs::exists(fs::path{directory} / "elsewhere"));
}

TEST_CASE_METHOD(log_fixture, "logging: a file that was rotated is made anew", "[logging]") {
    logging::configure({level::info, logging::format::text, file()});
    logging::log(level::info, "one", "first");
    auto const rotated = fs::path{directory} / "log.1";
    fs::rename(file(), rotated);
    logging::log(level::info, "two", "second");
    logging::log(level::info, "three", "third");
    CHECK(lines(rotated).size() == 1);
    REQUIRE(lines().size() == 2);
    CHECK(contains(lines()[0], "event=two"));
}

TEST_CASE_METHOD(log_fixture, "logging: another file in the place of the log takes the next record", "[logging]") {
    logging::configure({level::info, logging::format::text, file()});
    logging::log(level::info, "one", "first");
    fs::rename(file(), fs::path{directory} / "log.1");
    std::ofstream{file()} << "made by logrotate\n";
    logging::log(level::info, "two", "second");
    REQUIRE(lines().size() == 2);
    CHECK(contains(lines()[1], "event=two"));
    fs::remove(file());
    logging::log(level::info, "three", "third");
    CHECK(lines().size() == 1);
}

TEST_CASE_METHOD(log_fixture, "logging: a rotated file without a successor is gone on with, and stderr says so once",
                 "[logging]") {
    auto const log = fs::path{directory} / "away" / "log";
    auto const moved = fs::path{directory} / "moved";
    fs::create_directory(log.parent_path());
    int const err = ::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    {
        other_stderr const redirected{err};
        logging::configure({level::info, logging::format::text, log});
        logging::log(level::info, "one", "first");
        fs::rename(log.parent_path(), moved);
        logging::log(level::info, "two", "second");
        logging::log(level::info, "three", "third");
        CHECK(lines(moved / "log").size() == 3);
        REQUIRE(lines().size() == 1);
        CHECK(contains(lines()[0], "event=log_file_lost"));
        CHECK(contains(lines()[0], log.string()));
        fs::create_directory(log.parent_path());
        logging::log(level::info, "four", "fourth");
        logging::configure({});
    }
    ::close(err);
    CHECK(lines(log).size() == 1);
    CHECK(lines(moved / "log").size() == 3);
}

TEST_CASE_METHOD(log_fixture, "logging: a file can be opened again by its name", "[logging]") {
    logging::configure({level::info, logging::format::text, file()});
    fs::rename(file(), fs::path{directory} / "log.1");
    logging::reopen();
    CHECK(fs::exists(file()));
}

TEST_CASE_METHOD(log_fixture, "logging: lost records are counted in the next that gets through", "[logging]") {
    auto const before = logging::lost_records();
    logging::configure({level::info, logging::format::text, "/dev/full"});
    logging::log(level::info, "lost", "one");
    logging::log(level::info, "lost", "two");
    CHECK(logging::lost_records() == before + 2);
    logging::configure({level::info, logging::format::text, file()});
    logging::log(level::info, "found", "three");
    logging::log(level::info, "found", "four");
    REQUIRE(lines().size() == 2);
    CHECK(contains(lines()[0], "event=found lost_records=2"));
    CHECK_FALSE(contains(lines()[1], "lost_records"));
}

TEST_CASE_METHOD(log_fixture, "logging: a reader that does not read cannot block us", "[logging]") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    {
        other_stderr const redirected{ends[1]};
        logging::configure({});
        auto const before = logging::lost_records();
        auto const start = std::chrono::steady_clock::now();
        std::string const filler(1000, 'x');
        for (int i = 0; i < 200; ++i) {
            logging::log(level::info, "flood", filler);
        }
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
        CHECK(logging::lost_records() > before);
    }
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE_METHOD(log_fixture, "logging: a line written in part is ended before the next", "[logging]") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    int const capacity = ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    REQUIRE(capacity == 4096);
    std::string got(20000, '\0');
    {
        other_stderr const redirected{ends[1]};
        logging::configure({});
        std::string const value(1000, 'x');
        logging::log(level::info, "torn", "m", {{"a", value}, {"b", value}, {"c", value}, {"d", value}, {"e", value}});
        CHECK(::read(ends[0], got.data(), got.size()) == 4096);
        logging::log(level::info, "whole", "m");
        auto const size = ::read(ends[0], got.data(), got.size());
        REQUIRE(size > 0);
        got.resize(static_cast<std::size_t>(size));
    }
    CHECK(got.front() == '\n');
    CHECK(contains(got, "event=whole lost_records="));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE_METHOD(log_fixture, "logging: a closed stderr does not give its number to the next file", "[logging]") {
    auto const before = logging::lost_records();
    int opened = -1;
    {
        other_stderr const closed{-1};
        logging::configure({});
        opened = ::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        logging::log(level::info, "nowhere", "m");
    }
    CHECK(opened > STDERR_FILENO);
    CHECK(fs::file_size(file()) == 0);
    CHECK(logging::lost_records() == before + 1);
    ::close(opened);
}

TEST_CASE_METHOD(log_fixture, "logging: for the journal a priority stands in place of the time", "[logging]") {
    int const fd = ::open(file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat status {};
    REQUIRE(::fstat(fd, &status) == 0);
    auto const name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    ::setenv("JOURNAL_STREAM", name.c_str(), 1);
    {
        other_stderr const journal{fd};
        logging::configure({level::debug, logging::format::text, {}});
        logging::log(level::error, "e", "bad");
        logging::log(level::debug, "d", "detail");
        ::setenv("JOURNAL_STREAM", "1:1", 1);
        logging::configure({});
        logging::log(level::warning, "w", "not the journal");
    }
    ::unsetenv("JOURNAL_STREAM");
    ::close(fd);
    REQUIRE(lines().size() == 3);
    CHECK(contains(lines()[0], "<3>ERROR bad event=e"));
    CHECK(contains(lines()[1], "<7>DEBUG detail event=d"));
    CHECK(lines()[2].front() == '2');
}

TEST_CASE_METHOD(log_fixture, "logging: records of several threads do not mix", "[logging]") {
    logging::configure({level::info, logging::format::json, file()});
    std::string const long_value(1000, 'x'); // five of them take more than one write()
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&long_value] {
            std::vector<logging::field> const fields(5, {"long", long_value});
            for (int i = 0; i < 250; ++i) {
                logging::log(level::info, "tick", "message", fields);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    auto const all = lines();
    CHECK(all.size() == 1000);
    CHECK(std::none_of(all.begin(), all.end(), [](std::string const& line) {
        return rapidjson::Document{}.Parse(line.c_str()).HasParseError();
    }));
}
