#include "support/catch.hpp"
#include "support/other_user.hpp"
#include "support/thrown_message.hpp"

#include "setup/program.hpp"

#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace exportd;

namespace {

/// Of descriptors there are only so many more.
class few_descriptors {
public:
    explicit few_descriptors(std::size_t left) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &m_before) == 0);
        auto const few = rlimit{64, m_before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
            m_taken.push_back(fd);
        for (; left > 0 && !m_taken.empty(); --left)
            give_back();
    }
    ~few_descriptors() {
        while (!m_taken.empty())
            give_back();
        ::setrlimit(RLIMIT_NOFILE, &m_before);
    }
    few_descriptors(few_descriptors const&) = delete;
    few_descriptors& operator=(few_descriptors const&) = delete;

private:
    void give_back() {
        ::close(m_taken.back());
        m_taken.pop_back();
    }
    rlimit m_before{};
    std::vector<int> m_taken;
};

} // namespace

TEST_CASE("program: status, output and errors are told apart", "[setup]") {
    auto const r = run_program({{"sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"}});
    CHECK(r.status == 3);
    CHECK(r.output == "out\n");
    CHECK(r.errors == "first\nlast\n");
    CHECK(r.last_line() == "last");
    CHECK(run_program({{"echo", "only"}}).last_line() == "only");
    CHECK(run_program({{"true"}}).last_line() == "it says nothing");
    CHECK(run_program({{"sh", "-c", "kill -TERM $$"}}).status == 128 + 15);
}

TEST_CASE("program: words are words, variables are there, nothing is to be read", "[setup]") {
    program const p{{"sh", "-c", "printf '%s|' \"$@\" \"$GIVEN\"; cat", "sh", "a b", "$(id)", "'"},
                    std::nullopt,
                    {{"GIVEN", "x y"}}};
    CHECK(run_program(p).output == "a b|$(id)|'|x y|");
    CHECK(p.text() == "GIVEN='x y' sh -c 'printf '\\''%s|'\\'' \"$@\" \"$GIVEN\"; cat' sh 'a b' '$(id)' ''\\'''");
}

TEST_CASE("program: more output than it keeps does not stop it", "[setup]") {
    auto const r = run_program({{"sh", "-c", "head -c 3000000 /dev/zero; echo end >&2"}});
    CHECK(r.output.size() == std::size_t{1} << 20);
    CHECK(r.errors == "end\n");
}

TEST_CASE("program: one that is not there, and one that does not end", "[setup]") {
    CHECK(test::thrown_message([] { run_program({{"no-such-program"}}); }) ==
          "run no-such-program: No such file or directory");
    auto const began = std::chrono::steady_clock::now();
    CHECK(test::thrown_message([] {
              run_program({{"sleep", "100"}, std::nullopt, {}, std::chrono::seconds{0}});
          }) == "run sleep: Connection timed out");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{30});
}

TEST_CASE("program: one that cannot have its own input and output is not run", "[setup]") {
    // UndefinedBehaviorSanitizer makes a pipe to look at the type of what it meets for the first time.
    CHECK(std::error_code{EMFILE, std::generic_category()}.message() == "Too many open files");
    std::exception_ptr failure;
    {
        few_descriptors const limit{6}; // three pipes, and nothing for /dev/null
        try {
            run_program({{"true"}});
        } catch (...) {
            failure = std::current_exception();
        }
    }
    REQUIRE(failure);
    CHECK(test::thrown_message([&] { std::rethrow_exception(failure); }) == "run true: Too many open files");
}

TEST_CASE("program: as another user it has nothing of root's", "[setup]") {
    auto const user = test::other_user();
    if (!user) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    auto const r = run_program(
        {{"sh", "-c", "id -u; id -g; id -G; echo $HOME $USER $LOGNAME; grep CapEff /proc/self/status"}, user});
    INFO(r.errors);
    auto const id = std::to_string(user->uid);
    auto const group = std::to_string(user->gid);
    CHECK(r.output ==
          id + '\n' + group + '\n' + group + '\n' + user->home + " nobody nobody\nCapEff:\t0000000000000000\n");
    CHECK(program{{"psql", "-d", "x y"}, user}.text() == "sudo -u nobody psql -d 'x y'");
    CHECK(run_program({{"id", "-G"}, file_owner{4711, 4712, "#4711", ""}}).output == "4712\n");
}
