#include "command/carry_out.hpp"
#include "command/complaint.hpp"
#include "command/run_mirror.hpp"

namespace {

using namespace exportd;

exit_code answer(command_line const& line) {
    if (line.name == command::mirror)
        return carry_out(line, run_mirror);
    return complain(exit_code::usage, "this program keeps mirrors only; type 'osm-notes-exportd mirror NAME'");
}

} // namespace

int main(int argc, char const* const* argv) {
    return run_program({argv + 1, argv + argc}, answer);
}
