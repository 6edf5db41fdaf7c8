#include "notes_export/host_name.hpp"

#include "support/catch.hpp"

#include <array>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>

using notes_export::host_name;

TEST_CASE("host name: it is that of this machine", "[host]") {
    std::array<char, 256> name{};
    REQUIRE(::gethostname(name.data(), name.size() - 1) == 0);
    CHECK(host_name() == name.data());
}

TEST_CASE("host name: a machine without one signs with a word", "[host]") {
    bool could = false;
    std::string name;
    std::thread{[&] { // which alone has another name
        could = ::unshare(CLONE_NEWUTS) == 0 && ::sethostname("", 0) == 0;
        name = host_name();
    }}
        .join();
    if (!could) {
        WARN("skipped: only root may give a host name");
        return;
    }
    CHECK(name == "unknown");
}
