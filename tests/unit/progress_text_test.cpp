#include "support/catch.hpp"

#include "status/progress_text.hpp"

#include <algorithm>

using namespace exportd;
using notes_export::phase;
using std::chrono::seconds;

namespace {

progress_figures const half{{phase::read, 1200, 5000}, seconds{4}, 300, seconds{13}};
progress_figures const unknown{{phase::detect, 0, 0}, seconds{75}};
progress_figures const at_the_end{{phase::mark, 5000, 5000}, seconds{80}, 12, seconds{0}};

std::string without_colours(std::string text) {
    for (std::string const sequence : {"\033[32m", "\033[0m"})
        for (auto at = text.find(sequence); at != std::string::npos; at = text.find(sequence))
            text.erase(at, sequence.size());
    return text;
}

} // namespace

TEST_CASE("progress_text: rows, share, rate and the time that is left", "[progress]") {
    CHECK(progress_text(half) == "read: 1200 of 5000 rows (24 %), 300 rows/s, 13 s left");
    CHECK(progress_text({{phase::read, 1200, 5000}, seconds{4}}) == "read: 1200 of 5000 rows (24 %), 4 s so far");
}

TEST_CASE("progress_text: work without phases has a word of its own", "[progress]") {
    progress_figures const copying{{.done = 12, .of = 50}, seconds{4}, 3, seconds{13}, "files", "copy"};
    CHECK(progress_text(copying) == "copy: 12 of 50 files (24 %), 3 files/s, 13 s left");
    CHECK(progress_line(copying, 80, false).starts_with("copy 24 % ["));
}

TEST_CASE("progress_text: without a number of rows it tells since when", "[progress]") {
    CHECK(progress_text(unknown) == "detect: 75 s so far");
}

TEST_CASE("progress_text: what comes after the rows has no rate", "[progress]") {
    CHECK(progress_text(at_the_end) == "mark: 5000 of 5000 rows (100 %), 80 s so far");
}

TEST_CASE("progress_text: 100 % is when all is done, not before", "[progress]") {
    CHECK(progress_text({{phase::read, 9999, 10'000}}) == "read: 9999 of 10000 rows (99 %), 0 s so far");
    CHECK(progress_text({{phase::read, 10'000, 10'000}}) == "read: 10000 of 10000 rows (100 %), 0 s so far");
    CHECK(progress_text({{phase::read, 10'001, 10'000}}) == "read: 10001 of 10000 rows (100 %), 0 s so far");
}

TEST_CASE("progress_line: a bar and figures", "[progress]") {
    CHECK(progress_line(half, 80, false) ==
          "read 24 % [######-------------------]  13 s left  1200 of 5000 rows  300 rows/s");
    CHECK(progress_line(half, 200, false) ==
          "read 24 % [#########-------------------------------]  13 s left  1200 of 5000 rows  300 rows/s");
    CHECK(progress_line(unknown, 80, false) == "detect  75 s");
    CHECK(progress_line(at_the_end, 60, false) == "mark 100 % [#####################]  5000 of 5000 rows  80 s");
}

TEST_CASE("progress_line: colours the bar and takes no column for it", "[progress]") {
    auto const line = progress_line(half, 80, true);
    CHECK(line.find("[\033[32m######\033[0m---") != std::string::npos);
    CHECK(without_colours(line) == progress_line(half, 80, false));
}

TEST_CASE("progress_line: is shorter than any terminal is wide", "[progress]") {
    progress_figures const large{{phase::publish, 18'000'000'000'000'000'000U, 18'400'000'000'000'000'000U},
                                 seconds{1},
                                 1e15,
                                 seconds{999'999'999}};
    for (auto const& f : {half, unknown, at_the_end, large})
        for (std::size_t columns = 0; columns < 250; ++columns) {
            INFO(columns);
            auto const line = without_colours(progress_line(f, columns, true));
            CHECK(line.size() <= (columns == 0 ? 0 : columns - 1));
            CHECK(std::ranges::none_of(line, [](char c) { return c == '\033'; }));
        }
}

TEST_CASE("progress_line: a narrow terminal keeps the share, then the time", "[progress]") {
    CHECK(progress_line(half, 10, false) == "read 24 %");
    CHECK(progress_line(half, 25, false) == "read 24 %  13 s left");
}
