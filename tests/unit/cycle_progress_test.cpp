#include "support/catch.hpp"

#include "app/cycle_progress.hpp"
#include "log/logging.hpp"
#include "support/line_of.hpp"
#include "support/temporary_directory.hpp"

#include <notes_export/dataset.hpp>

#include <fstream>
#include <sstream>

using namespace exportd;
using std::chrono::milliseconds;

namespace {

struct progress_fixture {
    progress_fixture() {
        logging::configure({.threshold = logging::level::info, .style = logging::format::json, .file = log});
    }
    ~progress_fixture() { logging::configure({}); }

    std::string logged() const {
        std::ostringstream text;
        text << std::ifstream{log}.rdbuf();
        return text.str();
    }
    void rows(std::uint64_t done, std::uint64_t of) {
        state.update([&](health_state& s) {
            s.rows_done = done;
            s.rows = of;
            s.phase = notes_export::phase::read;
            s.running_since = std::chrono::steady_clock::now();
        });
    }

    test::temporary_directory root;
    std::filesystem::path log = root / "log";
    asio::io_context io;
    health state{"/srv/json", notes_export::standard_datasets()};
};

} // namespace

TEST_CASE_METHOD(progress_fixture, "cycle_progress: a long cycle is told of, one record after the other",
                 "[progress]") {
    cycle_progress told{io, state, {milliseconds{5}, milliseconds{20}}};
    rows(1200, 5000);
    told.begins(7);
    auto count = [&] {
        auto const text = logged();
        std::size_t n = 0;
        for (auto at = text.find("cycle_progress"); at != std::string::npos; at = text.find("cycle_progress", at + 1))
            ++n;
        return n;
    };
    while (count() < 2 && io.run_one_for(std::chrono::seconds{20}) > 0) {
    }
    CHECK(count() == 2);
    auto const record = test::line_of(logged(), "{");
    INFO(record);
    for (std::string const field : {R"("cycle":7)", R"("phase":"read")", R"("rows":1200)", R"("of":5000)"})
        CHECK(record.find(field) != std::string::npos);
}

TEST_CASE_METHOD(progress_fixture, "cycle_progress: what is not known yet is left out", "[progress]") {
    cycle_progress told{io, state, {milliseconds{5}, milliseconds{5}}};
    rows(0, 0);
    told.begins(7);
    while (logged().find("cycle_progress") == std::string::npos && io.run_one_for(std::chrono::seconds{20}) > 0) {
    }
    auto const record = test::line_of(logged(), "{");
    INFO(record);
    CHECK(record.find(R"("phase":"read")") != std::string::npos);
    for (std::string const field : {"rows", "of", "rate", "left_s"})
        CHECK(record.find('"' + field + "\":") == std::string::npos);
}

TEST_CASE_METHOD(progress_fixture, "cycle_progress: of a cycle that ended nothing is told", "[progress]") {
    cycle_progress told{io, state, {milliseconds{5}, milliseconds{5}}};
    told.begins(7);
    told.ended();
    io.run_for(milliseconds{60}); // ends at once: nothing is waited for
    CHECK(logged().find("cycle_progress") == std::string::npos);
}
