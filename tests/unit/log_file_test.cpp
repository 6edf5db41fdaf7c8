// A log file that takes no more records, or ends within one.
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include "log/logging.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace exportd;
using logging::level;
using test::contains;
namespace fs = std::filesystem;

namespace {

/// Afterwards logging is as at the start.
struct log_file_fixture {
    ~log_file_fixture() { logging::configure({}); }

    static void log_to(fs::path const& path) { logging::configure({level::info, logging::format::text, path}); }
    static std::vector<std::string> lines(fs::path const& path) {
        std::vector<std::string> all;
        std::ifstream in{path};
        for (std::string line; std::getline(in, line);)
            all.push_back(line);
        return all;
    }

    test::temporary_directory directory;
    fs::path file = directory / "log";
};

} // namespace

TEST_CASE_METHOD(log_file_fixture, "log file: a full disk is told once, on stderr", "[logging]") {
    auto const told = directory / "stderr";
    int const saved = ::dup(STDERR_FILENO);
    int const other = ::open(told.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::dup2(other, STDERR_FILENO) == STDERR_FILENO);
    for (int reload = 0; reload < 2; ++reload) {
        log_to("/dev/full");
        logging::log(level::info, "lost", "m");
        logging::log(level::info, "lost", "m");
    }
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    ::close(other);
    REQUIRE(lines(told).size() == 1);
    CHECK(contains(lines(told)[0], "event=log_lost error=\"write /dev/full: No space left on device\""));
}

TEST_CASE_METHOD(log_file_fixture, "log file: a record begins on a line of its own, whatever the file ends with",
                 "[logging]") {
    std::ofstream{file} << "half of a rec";
    log_to(file);
    logging::log(level::info, "whole", "m");
    logging::reopen();
    logging::log(level::info, "another", "m");
    REQUIRE(lines(file).size() == 3);
    CHECK(lines(file)[0] == "half of a rec");
    CHECK(contains(lines(file)[2], "event=another"));
}
