// Credentials that expire: the token goes with each request, is signed, and is read anew for each step.
#include "mirror/make_mirror.hpp"
#include "mirror/s3/sigv4.hpp"
#include "support/applied_step.hpp"
#include "support/scripted_store.hpp"

#include <fstream>
#include <set>

using namespace notes_export;
using namespace notes_export::mirror;
using test::contains;
using test::scripted_server;

namespace {

std::string text(boost::beast::string_view from) {
    return {from.data(), from.size()};
}

struct token_fixture : test::scripted_store_fixture {
    std::set<std::string> tokens;
    std::set<std::string> wrong; ///< requests whose token is not signed
    std::unique_ptr<mirror::target> made;

    token_fixture() {
        write("access", "ACCESS\n");
        write("secret", "SECRET\n");
        store.set_fault([this](auto const& r) {
            look_at(r);
            return std::optional<test::scripted_answer>{};
        });
    }
    void write(std::string const& name, std::string const& content) const {
        std::ofstream{dir / name} << content;
        std::filesystem::permissions(dir / name, std::filesystem::perms{0600});
    }

    void look_at(scripted_server::request const& r) {
        auto const token = text(r["x-amz-security-token"]);
        tokens.insert(token);
        auto const signed_names = text(r["Authorization"]);
        if (contains(signed_names, ";x-amz-security-token") == token.empty())
            wrong.insert(text(r.target()));
    }

    /// As [mirror NAME] says it, and a step of that mirror.
    std::uint64_t step_with(std::filesystem::path const& token_file) {
        mirror_config config;
        config.kind = mirror_kind::s3;
        config.url = store.server.url() + "/bucket";
        config.region = "us-east-1";
        config.access_key_file = dir / "access";
        config.secret_key_file = dir / "secret";
        config.session_token_file = token_file;
        config.connections = 2;
        made = make_target({}, config, published_paths{export_config{}});
        return step_again();
    }
    std::uint64_t step_again() {
        tokens.clear();
        published_paths const ours{export_config{}};
        auto const changes = waiting_changes(made->generation({}), tree.state({}).value(), ours,
                                             [&](std::uint64_t g) { return tree.changes(g, {}); });
        return test::applied(*made, changes, tree).generation;
    }
};

} // namespace

TEST_CASE_METHOD(token_fixture, "s3: a session token is sent and signed with each request", "[s3]") {
    write("token", "FIRST==\n");
    CHECK(step_with(dir / "token") == 1);
    CHECK(tokens == std::set<std::string>{"FIRST=="});
    CHECK(wrong.empty());
}

TEST_CASE_METHOD(token_fixture, "s3: a session token that was renewed is used by the next step", "[s3]") {
    write("token", "FIRST==\n");
    CHECK(step_with(dir / "token") == 1);
    write("token", "SECOND==\n");
    tree.publish(test::some_users(1, 1, "second"));
    CHECK(step_again() == 2);
    CHECK(tokens == std::set<std::string>{"SECOND=="});
}

TEST_CASE_METHOD(token_fixture, "s3: without a session token none is sent", "[s3]") {
    CHECK(step_with({}) == 1);
    CHECK(tokens == std::set<std::string>{""});
    CHECK(wrong.empty());
}

TEST_CASE_METHOD(token_fixture, "s3: a file without a usable session token is named, and what is in it is not",
                 "[s3]") {
    write("token", "TWO WORDS\n");
    auto const said = test::thrown_message([this] { step_with(dir / "token"); });
    CHECK(contains(said, (dir / "token").string()));
    CHECK_FALSE(contains(said, "WORDS"));
}
