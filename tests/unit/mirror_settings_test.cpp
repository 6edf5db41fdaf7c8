// [mirror NAME]: read, refused, and never shown.
#include "support/catch.hpp"

#include "settings/load_settings.hpp"
#include "settings/mirror_keys.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>

using namespace exportd;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;

loaded_settings load(std::string const& text, list const& sets = {}) {
    test::temporary_directory const directory;
    auto const file = directory / "c";
    std::ofstream{file} << text;
    auto loaded = load_settings(file, sets, [](std::string_view) { return std::nullopt; });
    for (auto& m : loaded.mistakes)
        if (m.where.starts_with(file.string()))
            m.where.erase(0, file.string().size());
    return loaded;
}

list mistakes(std::string const& text, list const& sets = {}) {
    list all;
    for (auto const& m : load(text, sets).mistakes)
        all.push_back(m.text());
    return all;
}

std::string const git = "[mirror github]\nkind = git\nurl = git@example.org:x/y.git\n";

} // namespace

TEST_CASE("mirror settings: each kind with its keys", "[settings]") {
    auto const loaded =
        load(git + "branch = gh-pages\ndirectory = a/b\nauthor = A B <a@b.example>\nhistory = 90d\n"
                   "schemas = schemas\nmin_interval = 10m\n"
                   "[mirror bucket]\nkind = s3\nurl = https://host/bucket/prefix\nstyle = host\n"
                   "region = eu-west-1\naccess_key_file = /a\nsecret_key_file = /b\nsession_token_file = /c\n"
                   "cache_control = no-cache\ncompress = gzip\nconnections = 4\n"
                   "[mirror pull]\nkind = directory\nurl = /srv/copy/\nfrom = https://host/data\n"
                   "poll_interval = 5m\n"
                   "purge_command = xargs -0 echo\npurge_url = http://localhost:6081/data\n");
    CHECK(loaded.mistakes.empty());
    REQUIRE(loaded.value.mirrors.size() == 3);
    auto const& m = loaded.value.mirrors;
    CHECK(m[0].name == "github");
    CHECK(m[0].kind == mirror_kind::git);
    CHECK(m[0].url == "git@example.org:x/y.git");
    CHECK(m[0].branch == "gh-pages");
    CHECK(m[0].directory == "a/b");
    CHECK(m[0].author == "A B <a@b.example>");
    CHECK(m[0].history == 90 * 24h);
    CHECK(m[0].schemas == "schemas");
    CHECK(m[0].min_interval == 10min);
    CHECK(m[1].kind == mirror_kind::s3);
    CHECK_FALSE(m[1].path_style);
    CHECK(m[1].region == "eu-west-1");
    CHECK(m[1].secret_key_file == "/b");
    CHECK(m[1].session_token_file == "/c");
    CHECK(m[1].cache_control == "no-cache");
    CHECK(m[1].gzip);
    CHECK(m[1].connections == 4);
    CHECK(m[2].kind == mirror_kind::directory);
    CHECK(m[2].url == "/srv/copy");
    CHECK(m[2].from == "https://host/data");
    CHECK(m[2].poll_interval == 5min);
    CHECK(load(git).value.mirrors[0].poll_interval == 60s);
    CHECK(m[2].purge_command == "xargs -0 echo");
    CHECK(m[2].purge_url == "http://localhost:6081/data");
}

TEST_CASE("mirror settings: defaults", "[settings]") {
    auto const loaded = load(git);
    CHECK(loaded.mistakes.empty());
    auto const& m = loaded.value.mirrors.at(0);
    CHECK(m.branch == "main");
    CHECK(m.directory == "data");
    CHECK(m.history == 0h);
    CHECK(m.schemas == "schemas");
    CHECK(m.min_interval == 10s);
    CHECK(m.path_style);
    CHECK(m.connections == 16);
    CHECK(load("").value.mirrors.empty());
}

TEST_CASE("mirror settings: --set changes one, or makes it", "[settings]") {
    auto const changed = load(git, {"mirror.github.branch=pages"});
    CHECK(changed.mistakes.empty());
    CHECK(changed.value.mirrors.at(0).branch == "pages");
    auto const made = load("", {"mirror.disk.kind=directory", "mirror.disk.url=/mnt/a=b"});
    CHECK(made.mistakes.empty());
    CHECK(made.value.mirrors.at(0).url == "/mnt/a=b");
    CHECK(load(git, {"mirror.github.kind=directory", "mirror.github.url=/mnt"}).mistakes.empty());
    CHECK(mistakes("", {"mirror.disk=x"}) ==
          list{"--set mirror.disk: no mirror and key named before '=' (write mirror.NAME.key=value)"});
    CHECK(mistakes(git, {"mirror.github.branhc=x"}) ==
          list{"--set mirror.github.branhc: unknown key; did you mean \"branch\"?"});
    CHECK(mistakes(git, {"mirror.github.region=x"}) ==
          list{"--set mirror.github.region: does not belong to kind = git"});
}

TEST_CASE("mirror settings: every mistake at once, each with its line", "[settings]") {
    CHECK(mistakes("[mirror a]\nkind = git\nurl = /x\nregion = y\nfrom = http://z\nbranch = a..b\nconections = 3\n"
                   "history = 90\nmin_interval = 10\n[mirror B]\n[mirror]\n[mirror c]\nkind = ftp\n"
                   "[mirror d]\nkind = directory\nurl = copy\n[mirror e]\nkind = s3\nurl = ftp://x\n")
              .size() == 14);
    CHECK(mistakes("[mirror a]\nkind = git\nurl = /x\nregion = y\n") ==
          list{":4: [mirror a] region: does not belong to kind = git"});
    CHECK(mistakes("[mirror a]\n\nurl = x\n") ==
          list{":1: [mirror a] has no kind (write kind = directory, git or s3)"});
    CHECK(mistakes("[mirror a]\nkind = git\n") == list{":1: [mirror a] has no url"});
    CHECK(mistakes("[mirror a b]\n").at(0).find("malformed section") != std::string::npos);
    CHECK(mistakes("[mirror " + std::string(33, 'a') + "]\n").at(0).find("at most 32") != std::string::npos);
    CHECK(mistakes("[miror a]\n").at(0).find("unknown section [miror a]") != std::string::npos);
    CHECK(mistakes(git + "branch = x\n[mirror github]\nbranch = y\n").at(0).find("already set at") !=
          std::string::npos);
}

TEST_CASE("mirror settings: hostile values are refused", "[settings]") {
    auto const refused = [](std::string const& key, std::string const& value) {
        INFO(key << " = " << value);
        CHECK(mistakes(git, {"mirror.github." + key + '=' + value}).size() == 1);
    };
    refused("url", "");
    refused("url", "--upload-pack=touch /tmp/x");
    for (auto const* const url : {"ext::sh -c true", "relative/x", "x", "./x:y", "ftp://h/r", ":r", "file::x://y"})
        refused("url", url);
    for (auto const* const branch :
         {"",      "-x", ".a", "a/.b", "a b", "a..b", "a.lock", "a.lock/b", "/a",   "a/",   "a//b",  "a:b",
          "a~1",   "a^", "a?", "a*",   "a[b", "a\\b", "a.",     "@",        "a@{b", "HEAD", "a\x7f", "refs/heads/main",
          "refs/x"})
        refused("branch", branch);
    for (auto const* const place : {"/data", "../data", "a/../b", "./a", "a//b", "a/", ".git", "a/.git/hooks", ".GIT/x",
                                    "a/.Git", "git~1", "a/GIT~1/b", ".git./x", ".git /x", ".git::$INDEX_ALLOCATION"})
        refused("directory", place);
    for (auto const* const place : {"data/metadata.json", "data/metadata.json/x", "data/users/0/0/1/1.json.gz"})
        refused("schemas", place);
    refused("directory", "schemas/user-profile.schema.json");
    for (auto const* const author : {"", "A", "<a@b>", "A <a@b", "A <a@b> x", "A <a<b>"})
        refused("author", author);
    for (auto const* const history : {"", "90", "0d", "-1d", "90h", "3651d", "keep "})
        refused("history", history);
    for (auto const* const url : {"ftp://x", "http://", "http://a b", "localhost"})
        refused("purge_url", url);
}

TEST_CASE("mirror settings: what git takes is taken", "[settings]") {
    auto const taken = [](list const& sets) {
        INFO(sets.front());
        CHECK(mistakes(git, sets).empty());
    };
    for (auto const* const url :
         {"/srv/r.git", "https://u:p::q@h/r", "ssh://h:22/r", "git://h/r", "file:///r", "h:r.git"})
        taken({std::string{"mirror.github.url="} + url});
    for (auto const* const branch : {"gh-pages", "feature/x", "1.0", "a.b/c.d", "br\xc3\xa4nch/\xc3\xbc", "a@b", "@x",
                                     "HEADS", "head", "a.locks", "refs", "x/refs/y", "a{b}"})
        taken({std::string{"mirror.github.branch="} + branch});
    for (auto const* const place : {"", "a b/\"c\"/\xc3\xbc", "data.d", ".github", ".gitignored", "git~2", "x.json"})
        taken({std::string{"mirror.github.directory="} + place});
    for (auto const* const place : {"", "data", "data/schemas", "x.json", "database.json"})
        taken({std::string{"mirror.github.schemas="} + place});
    taken({"mirror.github.directory=", "mirror.github.schemas=schemas"});
    taken({"mirror.github.directory=schemas/data"});
    CHECK(mistakes(git + "branch = refs/heads/main\nschemas = data/metadata.json\n") ==
          list{":4: [mirror github] branch: \"refs/heads/main\" is more than the name of a branch (write main, not "
               "refs/heads/main)",
               ":5: [mirror github] schemas = data/metadata.json and directory = data are in each other's way (write "
               "schemas, or another folder)"});
}

TEST_CASE("mirror settings: a bucket that cannot be used is refused with its line", "[settings]") {
    auto const told = [](std::string const& url, std::string const& region) {
        return mistakes("[mirror bucket]\nkind = s3\naccess_key_file = /a\nsecret_key_file = /b\nurl = " + url +
                        "\nregion = " + region + '\n');
    };
    CHECK(told("https://h/b/prefix", "eu-west-1").empty());
    CHECK(told("https://h/b", "eu west 1") ==
          list{":6: [mirror bucket] region: it is no word (write us-east-1, or what the store calls its own)"});
    CHECK(told("https://h", "auto") ==
          list{":5: [mirror bucket] url: it names no bucket (write https://host/bucket/prefix)"});
    CHECK(told("https://me:sesame@h/b", "auto") ==
          list{":5: [mirror bucket] url: it has no host, or a user or password "
               "(write https://host/bucket/prefix)"});
    for (auto const* const url : {"https://h/b?x=1", "https://h/b/../c", "https://h/b/..", "ftp://h/b"}) {
        INFO(url);
        CHECK(told(url, "auto").size() == 1);
    }
    CHECK(mistakes("",
                   {"mirror.b.kind=s3", "mirror.b.url=", "mirror.b.access_key_file=/a", "mirror.b.secret_key_file=/b"})
              .size() == 1);
}

TEST_CASE("mirror settings: no mistake shows a password in a URL", "[settings]") {
    auto const all = mistakes("[mirror a]\nkind = directory\nurl = https://me:sesame@host/x\nfrom = ftp://me:sesame@x\n"
                              "purge_url = me:sesame@x\n[mirror b]\nkind = s3\nurl = me:sesame@host\n",
                              {"mirror.c.url=https://me:sesame@host", "mirror.d.kind=s3", "mirror.d.url=sesame"});
    CHECK(all.size() >= 7);
    for (auto const& text : all) {
        INFO(text);
        CHECK(text.find("sesame") == std::string::npos);
    }
}

TEST_CASE("mirror settings: a mirror of this tree needs its change lists", "[settings]") {
    CHECK(mistakes("[feed]\nretention = 0\n" + git) ==
          list{":2: [feed] retention: 0 makes no change lists, and [mirror github] follows them (0 is for a tree "
               "without mirrors)"});
    CHECK(mistakes(git, {"feed.retention=0"}) ==
          list{"--set feed.retention: 0 makes no change lists, and [mirror github] follows them (0 is for a tree "
               "without mirrors)"});
    CHECK(mistakes("[feed]\nretention = 0\n[mirror pull]\nkind = directory\nurl = /srv/copy\nfrom = https://host/x\n")
              .empty());
}
