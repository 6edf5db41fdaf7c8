// The sample of [hooks] after_publish with a real git: what it commits, and what a stop leaves behind.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <csignal>
#include <cstdlib>

namespace test {

namespace {

using namespace std::chrono_literals;

/// A repository that is pushed to, and a work tree of it in which the published tree is a folder.
struct git_fixture : daemon_fixture {
    git_fixture() {
        settings.directory = work / "data";
        shell("git init -q --bare -b main " + (root / "remote.git").string());
        shell("git init -q -b main " + work.string());
        git("config user.name test");
        git("config user.email test@example.org");
        git("remote add origin " + (root / "remote.git").string());
        git("config push.default current");
        std::filesystem::create_directories(settings.directory);
    }

    std::filesystem::path work = root / "work";

    static void shell(std::string const& command) { REQUIRE(std::system(command.c_str()) == 0); }
    void git(std::string const& arguments) const { shell("git -C " + work.string() + ' ' + arguments); }
    std::string output(std::string const& arguments) const {
        auto const file = root / "output";
        shell("git -C " + work.string() + ' ' + arguments + " > " + file.string());
        return read_file(file);
    }

    /// The line of the configuration file that people copy.
    static std::string sample() {
        std::istringstream lines{read_file(EXPORTD_SOURCE_DIR "/conf/osm-notes-exportd.conf")};
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("# flock"))
                return line.substr(2);
        FAIL("no sample of after_publish in the configuration file");
        return "";
    }
    void use(std::string const& command) { settings.more = "[hooks]\nafter_publish = " + command + '\n'; }
    void publish(daemon_process const& daemon, int open) {
        change_user(nth_user(0).key, open);
        run_cycle(daemon);
    }
};

} // namespace

TEST_CASE_METHOD(git_fixture, "after_publish: the sample commits whole generations of the tree, and nothing of others",
                 "[daemon][db]") {
    std::ofstream{work / "unfinished"} << "of somebody else";
    std::ofstream{work / "staged"} << "of somebody else";
    git("add staged");
    use(sample());
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.wait_for_event("hook_finished");
    for (int i = 1; i <= 20; ++i)
        publish(daemon, 4710 + i);
    daemon.wait_for("the last generation at the remote",
                    [&] { return contains(output("show origin/main:data/metadata.json"), "\"generation\": 21"); });
    CHECK(daemon.count("hook_failed") == 0);
    CHECK(output("status --porcelain") == "A  staged\n?? unfinished\n");
    std::istringstream commits{output("rev-list main")};
    for (std::string commit; std::getline(commits, commit);) {
        auto const metadata = output("show " + commit + ":data/metadata.json");
        auto const generation = output("log -1 --format=%s " + commit);
        CHECK(metadata.find("publishing") == std::string::npos);
        CHECK(generation.starts_with("Generation "));
        auto const written = metadata.substr(metadata.find("\"generation\": ") + 14);
        // It may be newer than the one that the command was told of, never older.
        CHECK(std::stoi(written) >= std::stoi(generation.substr(11)));
        CHECK(output("ls-tree -r --name-only " + commit).find("staged") == std::string::npos);
    }
    shell("test $(git -C " + (root / "remote.git").string() + " rev-parse main) = $(git -C " + work.string() +
          " rev-parse main)");
}

TEST_CASE_METHOD(git_fixture, "after_publish: SIGTERM during git add leaves no index.lock, and the next start commits",
                 "[daemon][db]") {
    // So slow that there is a middle, which is told: git itself loses a lock at a signal right behind its creation.
    auto const in_the_middle = root / "in_the_middle";
    git("config filter.slow.clean 'touch " + in_the_middle.string() + "; sleep 0.2; cat'");
    std::ofstream{work / ".gitattributes"} << "data/users/** filter=slow\n";
    use("echo $$ > " + (root / "shell").string() + "; " + sample());
    auto const index_lock = work / ".git/index.lock";
    for (int round = 0; round < 4; ++round) {
        daemon_process daemon{root.path(), settings};
        daemon.wait_for("git add", [&] { return std::filesystem::exists(in_the_middle); });
        CHECK(std::filesystem::exists(index_lock));
        if (round % 2 == 1) // as systemd stops a service: all of it at once
            ::kill(-std::stoi(read_file(root / "shell")), SIGTERM);
        CHECK(daemon.stop() == 0);
        CHECK_FALSE(std::filesystem::exists(index_lock));
        std::filesystem::remove(in_the_middle);
    }
    git("config filter.slow.clean cat");
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_finished");
    CHECK(output("log -1 --format=%s") == "Generation 1\n");
    CHECK(output("status --porcelain -- data") == "");
}

TEST_CASE_METHOD(git_fixture, "after_publish: a push that is refused is repeated, with pauses, until it is not",
                 "[daemon][db]") {
    auto const refuse = root / "remote.git/hooks/pre-receive";
    std::ofstream{refuse} << "#!/bin/sh\necho closed >&2\nexit 1\n";
    std::filesystem::permissions(refuse, std::filesystem::perms{0755});
    use(sample());
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_failed", 2);
    std::vector<log_record> failed;
    for (auto const& record : daemon.log())
        if (record.event == "hook_failed")
            failed.push_back(record);
    CHECK(failed.at(1).time - failed.at(0).time >= 5s);
    std::filesystem::remove(refuse);
    daemon.wait_for_event("hook_finished");
    shell("git -C " + (root / "remote.git").string() + " cat-file -e main:data/metadata.json");
}

} // namespace test
