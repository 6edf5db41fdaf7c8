#include "mirror/git/words.hpp"

#include "mirror/git/failure.hpp"
#include "mirror/git/import.hpp"
#include "mirror/git/remote.hpp"
#include "mirror/git/url.hpp"
#include "notes_export/git_names.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace notes_export;
using namespace notes_export::mirror;

namespace {

std::string const id = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

} // namespace

TEST_CASE("git_object_id: a blob is named as git names it", "[git]") {
    CHECK(git_blob_hash::of("").text() == id);
    CHECK(git_blob_hash::of("hello\n").text() == "ce013625030ba8dba906f756967f9e9ca394464a");
    CHECK(git_object_id::parse(id)->text() == id);
    CHECK_FALSE(git_object_id::parse(id.substr(1)));
    CHECK_FALSE(git_object_id::parse("E" + id.substr(1)));
}

TEST_CASE("git_words: branches of the other side", "[git]") {
    auto const found = parse_remote_branches("ref: refs/heads/trunk\tHEAD\n" + id + "\tHEAD\n" + id +
                                                 "\trefs/heads/main\n" + id + "\trefs/heads/x/refs/heads/main2\n",
                                             "main");
    CHECK(found.default_branch == "trunk");
    CHECK(found.branch == git_object_id::parse(id));
    CHECK(found.default_id == found.branch);
    CHECK_FALSE(found.other_hash);
    CHECK_FALSE(parse_remote_branches("", "main").branch);
    CHECK(parse_remote_branches(std::string(64, 'a') + "\tHEAD\n", "main").other_hash);
}

TEST_CASE("git_words: entries and changes of trees come in pieces", "[git]") {
    std::vector<std::string> words;
    nul_words split{[&](std::string_view word) { words.emplace_back(word); }};
    using namespace std::string_view_literals;
    split.add("a b\0c"sv);
    split.add("d\0\0e"sv);
    CHECK(words == std::vector<std::string>{"a b", "cd", ""});
    auto const entry = parse_tree_entry("100644 blob " + id + "\tusers/a\tb.json");
    REQUIRE(entry);
    CHECK(entry->path == "users/a\tb.json");
    CHECK(entry->is_file());
    CHECK_FALSE(parse_tree_entry("120000 blob " + id + "\tx")->is_file());
    CHECK_FALSE(parse_tree_entry("100644 blob " + id));
    auto const change = parse_tree_change(":100644 000000 " + id + ' ' + std::string(40, '0') + " D");
    REQUIRE(change);
    CHECK_FALSE(change->is_file());
    CHECK_FALSE(parse_tree_change("100644 000000 " + id + ' ' + id + " D"));
}

TEST_CASE("git_words: objects and commits", "[git]") {
    CHECK(parse_object_header(id + " blob 12")->size == 12);
    CHECK_FALSE(parse_object_header("main:x missing"));
    CHECK_FALSE(parse_object_header(id + " blob -1"));
    auto const facts = parse_commit("tree " + id + "\nparent " + id +
                                    "\nauthor A <a@b> 1 +0000\ncommitter A > <a@b> 17 "
                                    "+0200\n\ncommitter X <x> 9 +0000\n");
    REQUIRE(facts);
    CHECK(facts->committed == 17);
    CHECK_FALSE(parse_commit("committer A <a@b> 17 +0200\n"));
}

TEST_CASE("git_words: what became of a push", "[git]") {
    auto const rejected = parse_push_verdict("To /r.git\n!\tabc:refs/heads/main\t[rejected] (fetch first)\nDone\n");
    REQUIRE(rejected);
    CHECK(rejected->flag == '!');
    CHECK(is_lost_race(rejected->summary));
    CHECK_FALSE(is_lost_race("[remote rejected] (pre-receive hook declined)"));
    CHECK_FALSE(is_lost_race("[remote rejected] (non-fast-forward)"));
    CHECK(parse_push_verdict(" \ta:b\t1..2\n")->flag == ' ');
    CHECK_FALSE(parse_push_verdict("To x\nDone\n"));
    CHECK(parse_bytes_sent(
              "Writing objects:  50% (1/2)\rWriting objects: 100% (2/2), 1.50 KiB | 1.00 MiB/s, done.\n") == 1536);
    CHECK(parse_bytes_sent("Writing objects: 100% (2/2), 241 bytes | 241.00 KiB/s, done.") == 241);
    CHECK(parse_bytes_sent("Writing objects: 100% (2/2), nan GiB | x") == 0);
    CHECK(parse_bytes_sent("nothing") == 0);
}

TEST_CASE("git_words: what is in the way of a branch", "[git]") {
    CHECK(parse_held_lock(
              "remote: error: cannot lock ref 'HEAD': Unable to create '/r.git/./HEAD.lock': File exists.  ") ==
          "/r.git/./HEAD.lock");
    CHECK(parse_held_lock("Unable to create '/r.git/HEAD.lock': Permission denied").empty());
    CHECK(parse_held_lock("Unable to create '/r.git/objects': File exists").empty());
    CHECK(parse_held_lock("Unable to create '/r\n/HEAD.lock': File exists").empty());
    CHECK(parse_held_lock("/HEAD.lock': File exists").empty());
    CHECK(
        parse_branch_in_the_way("remote: error: cannot lock ref 'refs/heads/main/x': 'refs/heads/main' exists; cannot "
                                "create 'refs/heads/main/x'") == "main");
    CHECK(parse_branch_in_the_way("cannot lock ref 'refs/heads/main': is at 12 but expected 34").empty());
}

TEST_CASE("git_words: the reason is what is no progress", "[git]") {
    CHECK(reason_in("Enumerating objects: 5, done.\nWriting objects:  20% (1/5)\rWriting objects: 100% (5/5)\r\n"
                    "remote: Resolving deltas: 100%\nremote: no  \nfatal: over\r\n") == "remote: no; fatal: over");
    CHECK(reason_in("a\x1b[31mb") == "a?[31mb");
    CHECK(reason_in(std::string(5000, 'x')).size() == 603);
}

TEST_CASE("git_failure: each has its kind", "[git]") {
    git_attempt const attempt{"look at branch main of https://h/r.git", "https://u:secret@h/r.git"};
    using row = std::pair<char const*, char const*>;
    for (auto const& [said, kind] : std::array<row, 12>{{
             {"ssh: connect to host h port 22: Connection refused\r\nfatal: Could not read from remote repository.",
              "unreachable"},
             {"ssh: Could not resolve hostname h: Name or service not known", "unreachable"},
             {"fatal: unable to access 'https://h/': Could not resolve host: h", "unreachable"},
             {"git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", "credentials"},
             {"fatal: could not read Username for 'https://h': terminal prompts disabled", "credentials"},
             {"fatal: Authentication failed for 'https://u:secret@h/r.git/'", "credentials"},
             {"Host key verification failed.\r\nfatal: Could not read from remote repository.", "host_key"},
             {"ERROR: Repository not found.\nfatal: Could not read from remote repository.", "not_found"},
             {"fatal: '/x' does not appear to be a git repository", "not_found"},
             {"fatal: sha1 file write error. Out of diskspace", "disk_full"},
             {"remote: fatal: write error: No space left on device", "refused"},
             {"fatal: something new", "git"},
         }}) {
        CAPTURE(said);
        auto const e = git_failure(attempt, 128, said);
        CHECK(e.kind() == kind);
        CHECK(std::string{e.what()}.find("secret") == std::string::npos);
    }
    CHECK(git_failure(attempt, 128, "fatal: bad config line 1 in file /root/.gitconfig").kind() == "configuration");
    for (auto const* const said :
         {"error: remote unpack failed: unable to create temporary object directory",
          "remote: error: insufficient permission for adding an object to repository database ./objects",
          "remote: error: cannot lock ref 'refs/heads/main': Unable to create '/r/main.lock': Permission denied"}) {
        CAPTURE(said);
        auto const e = push_failure(attempt, "[remote rejected] (unpacker error)", said);
        CHECK(e.kind() == "refused");
        CHECK(e.remedy().find("must be writable") != std::string::npos);
    }
    CHECK(push_failure(attempt, "[remote rejected] (pre-receive hook declined)",
                       "remote: error: GH001: Large files detected.")
              .kind() == "too_large");
}

TEST_CASE("git_url: what git may be given, and what people see of it", "[git]") {
    for (auto const* const good : {"https://github.com/o/r.git", "git@github.com:o/r.git", "ssh://h:22/r", "/srv/r.git",
                                   "file:///srv/r.git", "git://h/r", "host:r.git", "https://u:p::q@h/r"})
        CHECK(unusable_git_url(good).empty());
    for (auto const* const bad : {"", "-x", "ext::sh", "a/b", "./x:y", "ftp://h/r", "https://h/\nr", "h"})
        CHECK_FALSE(unusable_git_url(bad).empty());
    CHECK(shown_git_url("https://u:p@h/r@x") == "https://h/r@x");
    CHECK(shown_git_url("git@h:o/r") == "git@h:o/r");
    CHECK(without_secrets("cannot reach https://u:p4ss@h/r: p4ss", "https://u:p4ss@h/r") ==
          "cannot reach https://h/r: ***");
    CHECK(unusable_git_branch("gh-pages").empty());
    for (auto const* const bad : {"", "-x", "a..b", "a b", "x.lock", "/a", "a/", "a//b", "@", "a@{b", ".a", "a/.b",
                                  "a:b", "a.lock/b", "HEAD", "refs/heads/main"})
        CHECK_FALSE(unusable_git_branch(bad).empty());
    CHECK(unusable_git_author("A B <a@b>").empty());
    for (auto const* const bad : {"", "A", "<a@b>", "A <a@b> x", "A <a\n@b>", "A <<a@b>"})
        CHECK_FALSE(unusable_git_author(bad).empty());
}

TEST_CASE("git_import: odd paths are quoted", "[git]") {
    CHECK(import_path("users/0/1.json") == "users/0/1.json");
    CHECK(import_path("a b") == "\"a b\"");
    CHECK(import_path("a\n\"\\") == "\"a\\012\\\"\\\\\"");
}
