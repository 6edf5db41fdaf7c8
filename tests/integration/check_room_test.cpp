// What `check` says of file systems that are full, read-only, or more than one.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/private_mounts.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/check.hpp>

#include <cstdlib>

using namespace notes_export;
using test::contains;
namespace fs = std::filesystem;

namespace {

struct room_fixture : test::export_fixture {
    test::private_mounts mounts;

    bool mounted(std::string const& options) const {
        if (!mounts.impossible().empty()) {
            WARN("skipped: " << mounts.impossible());
            return false;
        }
        fs::create_directories(tree());
        mounts.tmpfs(tree(), options);
        return true;
    }
    /// "error: text" of the finding about this subject that has such a text.
    std::string says(std::string const& subject, std::string const& part) const {
        std::string all;
        for (auto const& f : examine_directory(config())) {
            if (f.subject == subject && contains(f.text, part))
                return std::string{to_string(f.how)};
            all += f.subject + ": " + f.text + '\n';
        }
        return all;
    }
};

} // namespace

TEST_CASE_METHOD(room_fixture, "check: room for a cycle, and too little of it", "[check][db]") {
    if (!mounted("size=3G"))
        return;
    CHECK(says("room", " inodes in " + tree().string()) == "ok");
    mounts.resize(tree(), "size=500M");
    CHECK(says("room", " MB free") == "warning");
    mounts.resize(tree(), "size=3G,nr_inodes=5000");
    CHECK(says("room", " inodes in ") == "warning");
    mounts.resize(tree(), "size=3G,nr_inodes=500");
    CHECK(says("room", " inodes in ") == "error");
    mounts.resize(tree(), "size=10M,nr_inodes=50000");
    CHECK(says("room", " MB free") == "error");
}

TEST_CASE_METHOD(room_fixture, "check: a full file system is found by writing", "[check][db]") {
    if (!mounted("size=8M"))
        return;
    CHECK(says("directory", "of one file system") == "ok");
    std::ofstream full{tree() / "full"};
    std::string const block(1 << 16, 'x');
    while (full << block << std::flush)
        ;
    full.close();
    CHECK(says("directory", "No space left on device") == "error");
    CHECK(fs::is_empty(tree()) == false);
}

TEST_CASE_METHOD(room_fixture, "check: a read-only file system, and one that is mounted inside the tree",
                 "[check][db]") {
    if (!mounted("size=3G"))
        return;
    run();
    CHECK(says("directory", "of one file system") == "ok");
    REQUIRE(std::system(("mount -o remount,ro '" + tree().string() + "'").c_str()) == 0);
    CHECK(says("directory", "Read-only file system") == "error");
    REQUIRE(std::system(("mount -o remount,rw '" + tree().string() + "'").c_str()) == 0);
    mounts.tmpfs(tree() / "countries", "size=3G");
    CHECK(says("directory", "the tree must be one mount") == "error");
    mounts.unmount(tree() / "countries");
    CHECK(says("directory", "of one file system") == "ok");
}
