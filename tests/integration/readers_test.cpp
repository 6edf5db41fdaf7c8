// What those see who read the tree while it is published.
#include "support/catch.hpp"

#include "support/daemon_process.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/dataset.hpp>

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <rapidjson/document.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

/// Whole and parsed; nullopt when there is no such file. A torn file throws.
std::optional<rapidjson::Document> json(fs::path const& path) {
    if (!fs::exists(path))
        return std::nullopt;
    auto const text = test::read_file(path);
    std::optional<rapidjson::Document> d{std::in_place};
    d->Parse(text.c_str());
    if (d->HasParseError() && !text.empty())
        throw std::runtime_error{"torn: " + path.string()};
    if (d->HasParseError() && !fs::exists(path))
        return std::nullopt; // removed between the two calls
    if (d->HasParseError())
        throw std::runtime_error{"empty: " + path.string()};
    return d;
}

std::string profile_of(rapidjson::Value const& entry) {
    return entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(entry["user_id"].GetInt64());
}

/// Everything in a tree that nobody changes fits together; "" or what does not.
std::string mistake(fs::path const& tree) {
    auto const metadata = json(tree / "metadata.json");
    auto const index = json(tree / "indexes/users.json");
    if (!metadata || !index)
        return "metadata.json or the index is missing";
    if ((*metadata)["total_users"].GetUint() != index->Size())
        return "total_users is not the number of entries";
    std::size_t profiles = 0;
    for (auto const& entry : fs::recursive_directory_iterator{tree / "users"})
        profiles += entry.is_regular_file() ? 1U : 0U;
    if (profiles != index->Size())
        return "there are " + std::to_string(profiles) + " profiles for " + std::to_string(index->Size()) + " entries";
    for (auto const& entry : index->GetArray()) {
        auto const profile = json(tree / profile_of(entry));
        if (!profile || (*profile)["history_whole_open"] != entry["history_whole_open"])
            return profile_of(entry) + " does not agree with its entry";
    }
    return "";
}

/// Reads as the viewer does, again and again.
class reader {
public:
    explicit reader(fs::path tree, unsigned seed) : m_tree{std::move(tree)}, m_random{seed} {}

    void run(std::atomic<bool> const& end) {
        try {
            while (!end) {
                look_up();
                ++views;
            }
        } catch (std::exception const& e) {
            error = e.what();
        }
    }

    std::size_t views = 0;
    std::size_t missing = 0; ///< though the index named it and nothing was published meanwhile
    std::size_t older = 0;   ///< a profile from before the index that named it
    std::size_t settled = 0; ///< metadata.json said that all of this is of one generation
    std::size_t mixed = 0;   ///< though it was not
    std::string error;

private:
    std::string metadata() const { return test::read_file(m_tree / "metadata.json"); }

    void look_up() {
        auto const before = metadata();
        bool const quiet = !test::contains(before, "publishing");
        auto const index = json(m_tree / "indexes/users.json");
        auto const& entry = index.value()[static_cast<rapidjson::SizeType>(m_random() % index->Size())];
        auto const profile = json(m_tree / profile_of(entry));
        bool const same = quiet && metadata() == before;
        settled += same ? 1 : 0;
        if (!profile) {
            missing += same ? 1 : 0;
            return;
        }
        auto const counted = (*profile)["history_whole_open"].GetInt64();
        auto const listed = entry["history_whole_open"].GetInt64();
        older += counted < listed ? 1 : 0;
        mixed += same && counted != listed ? 1 : 0;
    }

    fs::path m_tree;
    std::mt19937 m_random;
};

struct busy_fixture : test::export_fixture {
    busy_fixture() { run(); }

    /// Counters only rise; now and then somebody comes or goes.
    void write_something() {
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 WHERE user_id % 3 = " +
                std::to_string(m_round % 3));
        if (++m_round % 4 == 0)
            db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id >= 900000");
        if (m_round % 4 == 2)
            db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
                    " history_whole_closed) SELECT 900000 + n, 900000 + n, 'guest', 1, 1 FROM generate_series(1, 5) n");
    }

private:
    int m_round = 0;
};

} // namespace

TEST_CASE_METHOD(busy_fixture, "readers: never see a torn file, nor an entry without its profile",
                 "[slow][readers][db]") {
    std::atomic<bool> end{false};
    std::vector<reader> readers;
    for (unsigned seed = 1; seed <= 4; ++seed)
        readers.emplace_back(tree(), seed);
    std::vector<std::jthread> threads;
    for (auto& r : readers)
        threads.emplace_back([&] { r.run(end); });
    exporter e{config()};
    std::size_t cycles = 0;
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    for (; std::chrono::steady_clock::now() < until; ++cycles) {
        write_something();
        e.run({});
    }
    end = true;
    threads.clear();
    CHECK(cycles > 20);
    for (auto const& r : readers) {
        CHECK(r.error.empty());
        CHECK(r.missing == 0);
        CHECK(r.older == 0);
        CHECK(r.mixed == 0);
        CHECK(r.settled > 5);
        CHECK(r.views > 20);
    }
    CHECK(mistake(tree()).empty());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(busy_fixture, "readers: every commit made under the publishing lock is consistent", "[readers][db]") {
    auto const git = "git -C " + tree().string() + " -c user.name=test -c user.email=test@example.org ";
    auto const shell = [](std::string const& command) { return std::system((command + " >/dev/null 2>&1").c_str()); };
    REQUIRE(shell(git + "init -q") == 0);
    std::atomic<bool> end{false};
    std::atomic<int> failures{0};
    exporter e{config()};
    std::jthread committer{[&] {
        std::string last;
        for (int commits = 0; commits < 12; ++commits) {
            // A committer that never lets go would keep the exporter out.
            failures += test::wait_until([&] { return file("metadata.json") != last; }) ? 0 : 1;
            last = file("metadata.json");
            failures += shell("flock -s " + (tree() / ".exportd/publishing").string() + " sh -c '" + git +
                              "add -A && " + git + "commit -q --allow-empty -m state'") == 0
                            ? 0
                            : 1;
        }
        end = true;
    }};
    while (!end) {
        write_something();
        e.run({});
    }
    committer.join();
    CHECK(failures == 0);
    auto const list = root / "commits";
    REQUIRE(std::system((git + "rev-list --all > " + list.string()).c_str()) == 0);
    std::set<std::string> states;
    std::ifstream commits{list};
    for (std::string commit; std::getline(commits, commit);) {
        auto const copy = root / commit;
        fs::create_directories(copy);
        REQUIRE(shell(git + "archive " + commit + " | tar -x -C " + copy.string()) == 0);
        CHECK(mistake(copy) == "");
        CHECK_FALSE(fs::exists(copy / ".exportd"));
        states.insert(test::read_file(copy / "metadata.json"));
    }
    CHECK(states.size() > 2); // it was busy meanwhile
}
