#include "command/carry_out.hpp"
#include "command/run_mirror.hpp"

#include <iostream>

namespace {

using namespace exportd;

exit_code answer(command_line const& line) {
    if (line.name == command::mirror)
        return carry_out(line, run_mirror);
    std::cerr << "osm-notes-exportd: this program keeps mirrors only; type 'osm-notes-exportd mirror NAME'\n";
    return exit_code::usage;
}

} // namespace

int main(int argc, char const* const* argv) {
    return run_program({argv + 1, argv + argc}, answer);
}
