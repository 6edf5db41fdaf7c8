#include "support/catch.hpp"

#include "cycle/shrink_allowance.hpp"
#include "notes_export/error.hpp"
#include "publish/shrink_file.hpp"
#include "support/temporary_directory.hpp"

#include <fstream>
#include <sys/stat.h>

using namespace notes_export;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 24 * 3600 * second;
constexpr std::int64_t now = 1'800'000'000 * second;
used_shrink_allowances const nothing_used{};

} // namespace

TEST_CASE("shrink allowance: nothing allows nothing", "[shrink]") {
    CHECK_FALSE(is_shrink_allowed({}, nothing_used, 7, now));
}

TEST_CASE("shrink allowance: a file or a line of the database allows for a day", "[shrink]") {
    CHECK(shrink_allowed_until({now - second, 0}, nothing_used, 7, now) == now - second + day);
    CHECK(shrink_allowed_until({0, now - second}, nothing_used, 7, now) == now - second + day);
    CHECK_FALSE(is_shrink_allowed({now - day, 0}, nothing_used, 7, now));
    CHECK(is_shrink_allowed({now - day + second, 0}, nothing_used, 7, now));
}

TEST_CASE("shrink allowance: what a clock that ran ahead gave ends as well", "[shrink]") {
    CHECK(is_shrink_allowed({now + second, 0}, nothing_used, 7, now));
    CHECK_FALSE(is_shrink_allowed({now + day, 0}, nothing_used, 7, now));
}

TEST_CASE("shrink allowance: is used up by the generation that it was used for, not before", "[shrink]") {
    used_shrink_allowances const used{{now - second, 0}, 8, now};
    shrink_allowances const given{now - second, 0};
    CHECK(is_shrink_allowed(given, used, 7, now)); // killed before it was published
    CHECK_FALSE(is_shrink_allowed(given, used, 8, now));
    CHECK_FALSE(is_shrink_allowed(given, used, 9, now));
    CHECK_FALSE(is_shrink_allowed({}, used, 7, now + day)); // that ends, too
}

TEST_CASE("shrink allowance: one that is given later counts again", "[shrink]") {
    used_shrink_allowances const used{{now - 2 * second, now - 2 * second}, 8, now};
    CHECK(is_shrink_allowed({now - second, 0}, used, 8, now));
    CHECK(is_shrink_allowed({0, now - second}, used, 8, now));
    CHECK_FALSE(is_shrink_allowed({now - 2 * second, now - 2 * second}, used, 8, now));
}

TEST_CASE("shrink allowance: the note is read as it was written, and anything else is no note", "[shrink]") {
    used_shrink_allowances const used{{11, 22}, 33, 44};
    auto const again = used_shrink_allowances::parse(used.text());
    CHECK(again.text() == used.text());
    CHECK(again.generation == 33);
    for (std::string const text : {"", "\n", "1 2 3", "1 2 3 4 5", "1 2 -3 4", "a b c d", "1 2 3 4x", "1 2 3 4",
                                   "1,2,3,4\n", "99999999999999999999 1 1 1"})
        CHECK(used_shrink_allowances::parse(text).generation == 0);
}

TEST_CASE("shrink file: is private, replaced as a whole, and read as a number only", "[shrink]") {
    test::temporary_directory root;
    tree const t{root.path(), true};
    CHECK(shrink_file::read(t) == 0);
    shrink_file::write(t, 12345);
    shrink_file::write(t, 12346);
    CHECK(shrink_file::read(t) == 12346);
    struct stat info {};
    auto const path = root / ".exportd/allow_shrink";
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    for (std::string const text : {"", "12346", "12346 \n", "x\n", "-5\n", "0\n"}) {
        std::ofstream{path, std::ios::trunc} << text;
        CHECK(shrink_file::read(t) == 0);
    }
    std::ofstream{path, std::ios::trunc} << std::string(1000, '1') << '\n';
    CHECK(shrink_file::read(t) == 0);
    std::filesystem::remove(path);
    std::ofstream{root / "elsewhere"} << "12346\n";
    std::filesystem::create_symlink(root / "elsewhere", path);
    CHECK(shrink_file::read(t) == 0);
    shrink_file::write(t, 9);
    CHECK(shrink_file::read(t) == 9);
    std::ifstream other{root / "elsewhere"};
    std::string line;
    std::getline(other, line);
    CHECK(line == "12346");
}

TEST_CASE("allow_shrink: needs a tree of ours", "[shrink]") {
    test::temporary_directory root;
    CHECK_THROWS_AS(allow_shrink(root / "nothing"), request_refused);
    CHECK_THROWS_AS(allow_shrink(root.path()), request_refused);
    CHECK_FALSE(std::filesystem::exists(root / ".exportd"));
    tree const t{root.path(), true};
    auto const until = allow_shrink(root.path());
    CHECK(until > std::chrono::system_clock::now() + std::chrono::hours{23});
    CHECK(shrink_file::read(t) > 0);
}
