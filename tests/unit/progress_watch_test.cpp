#include "http/progress_watch.hpp"

#include "support/catch.hpp"

using notes_export::http::patience;
using notes_export::http::progress_watch;
using namespace std::chrono_literals;

namespace {

progress_watch::time_point const begin{1h};
patience const limits{.no_progress = 10s, .least_progress = 100};

progress_watch begun() {
    progress_watch watch{limits};
    watch.begin(begin);
    return watch;
}

} // namespace

TEST_CASE("progress watch: what stands still for longer than it may is stuck", "[http]") {
    auto watch = begun();
    CHECK_FALSE(watch.is_stuck(begin + 10s, 0, false));
    CHECK(watch.is_stuck(begin + 11s, 0, false));
    watch.begin(begin + 11s);
    CHECK_FALSE(watch.is_stuck(begin + 21s, 0, false));
}

TEST_CASE("progress watch: enough bytes are progress, a few now and then are none", "[http]") {
    auto watch = begun();
    CHECK_FALSE(watch.is_stuck(begin + 9s, 100, false));
    CHECK_FALSE(watch.is_stuck(begin + 18s, 199, false));
    CHECK(watch.is_stuck(begin + 20s, 199, false));
}

TEST_CASE("progress watch: the beginning of an answer is progress once", "[http]") {
    auto watch = begun();
    CHECK_FALSE(watch.is_stuck(begin + 9s, 50, true));
    CHECK_FALSE(watch.is_stuck(begin + 19s, 60, true));
    CHECK(watch.is_stuck(begin + 20s, 60, true));
}
