// Work on several threads: each piece once, and with fewer threads when there are no more.
#include "support/catch.hpp"

#include "files/in_parallel.hpp"

#include <array>
#include <atomic>
#include <stdexcept>
#include <system_error>

using notes_export::in_parallel;
using notes_export::starts_thread;

TEST_CASE("in_parallel: each piece is done once", "[files]") {
    std::array<std::atomic<int>, 100> times{};
    in_parallel(times.size(), 4, [&](std::size_t i) { ++times[i]; });
    for (auto const& n : times)
        CHECK(n == 1);
    in_parallel(0, 4, [](std::size_t) { FAIL("nothing was asked for"); });
}

TEST_CASE("in_parallel: a failure is thrown when all have ended", "[files]") {
    std::atomic<int> running{0};
    CHECK_THROWS_AS(in_parallel(50, 4,
                                [&](std::size_t i) {
                                    ++running;
                                    if (i == 7) {
                                        --running;
                                        throw std::runtime_error{"seventh"};
                                    }
                                    --running;
                                }),
                    std::runtime_error);
    CHECK(running == 0);
}

TEST_CASE("in_parallel: no thread to be had is no failure, anything else is", "[files]") {
    auto const fails_with = [](std::errc e) { return [e] { throw std::system_error{std::make_error_code(e)}; }; };
    CHECK(starts_thread([] {}));
    CHECK_FALSE(starts_thread(fails_with(std::errc::resource_unavailable_try_again)));
    CHECK_THROWS_AS(starts_thread(fails_with(std::errc::operation_not_permitted)), std::system_error);
}
