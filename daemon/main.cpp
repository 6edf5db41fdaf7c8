#include "app/app.hpp"
#include "command/carry_out.hpp"
#include "command/command_table.hpp"
#include "command/mirror_program.hpp"
#include "settings/load_settings.hpp"

#include <span>

namespace {

using namespace exportd;

std::span<char const* const> arguments;

exit_code execute(command_line const& line, loaded_settings const& loaded) {
    if (auto const& info = info_of(line.name); info.execute != nullptr)
        return info.execute(line, loaded);
    return app{loaded.value, [&line] { return load_settings(line.config, line.sets, process_environment()); }}.run();
}

exit_code answer(command_line const& line) {
    return line.name == command::mirror ? become_mirror(arguments) : carry_out(line, execute);
}

} // namespace

int main(int argc, char const* const* argv) {
    arguments = {argv + 1, argv + argc};
    return run_program(arguments, answer);
}
