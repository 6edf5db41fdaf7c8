// What comes with status 200 and is not what was asked for: pages of networks, damaged lists.
#include "support/catch.hpp"

#include "compress/gzip.hpp"
#include "support/pull_faults.hpp"

#include <utility>

namespace test {

namespace {

namespace fs = std::filesystem;

} // namespace

TEST_CASE_METHOD(pull_fixture, "pull mirror: what cannot be the file is not taken for it, and a good server mends all",
                 "[pull]") {
    publish_first(70); // of which 64 are asked for at once
    auto const other = GENERATE(std::string{"<html>log in</html>"}, std::string{"{\"error\":\"log in\"}"},
                                std::string{"{\"user_id\":70,"}, std::string{"{\"user_id\":170}"}, std::string{},
                                std::string{"{\"user_id\":70}\0", 16}, std::string(100'000, '['));
    auto const last = '/' + user_at(70);
    fails(*this, at(last, plain(200, other)), "implausible",
          last + ": status 200, but it is no JSON object with \"user_id\"");
    CHECK_FALSE(fs::exists(copy / user_at(70)));
    fs::create_directories((copy / user_at(1)).parent_path());
    std::ofstream{copy / user_at(1)} << "from the same place";
    scripted_server const good{script(nothing_else())};
    auto const next = run(good.url());
    INFO(next.errors);
    CHECK(next.status == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(pull_fixture, "pull mirror: a page in the place of any file ends a first copy", "[pull]") {
    publish_first(3);
    auto const page = plain(200, "<html>log in</html>");
    fails(*this, at("/global_stats.json", page), "implausible", "global_stats.json: status 200, but it is no JSON");
    fails(*this, at("/.json_export_version", page), "implausible", "it is no version");
    fails(*this, at('/' + user_at(2) + ".gz", page), "implausible", "it is no whole file of that compression");
    fails(*this, at('/' + user_at(2) + ".gz", plain(200, notes_export::gzip("{}"))), "implausible",
          user_at(2) + ".gz: status 200, but it is no JSON object with \"user_id\": 2");
    scripted_server const server{script(nothing_else())};
    CHECK(run(server.url()).status == 0);
    scripted_server const portal{script(at('/' + user_at(2), page))};
    auto const compared = run(portal.url(), {"--verify"});
    CHECK(compared.status == 3);
    CHECK(contains(compared.errors, "status 200, but it is no JSON"));
}

TEST_CASE_METHOD(one_behind, "pull mirror: a damaged change list is its publisher's fault, and told as that",
                 "[pull]") {
    std::string const path = "/changes/000/000/002.json";
    auto const text = read_file(tree.root() / path.substr(1));
    auto const [sent, why] = GENERATE_COPY(
        std::pair{std::string{"<html>"}, std::string{"at byte 0 of 6: Invalid value"}},
        std::pair{text.substr(0, 100), std::string{"at byte 100 of 100"}},
        std::pair{std::string(2'000'000, '['), std::string{"at byte 0 of 2000000 is what no change list of ours has"}},
        std::pair{read_file(tree.root() / "changes/000/000/001.json"), std::string{"it is that of generation 1"}});
    scripted_server const server{script(at(path, plain(200, sent)))};
    auto const step = run(server.url());
    INFO(step.errors);
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "WARN"));
    CHECK(contains(step.errors, "the change list " + server.url() + path + " is damaged: " + why));
    CHECK(contains(step.errors, "its publisher must mend the feed"));
    CHECK_FALSE(contains(step.errors, "not kept any more"));
    CHECK(equal());
}

} // namespace test
