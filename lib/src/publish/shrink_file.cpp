#include "publish/shrink_file.hpp"

#include "publish/private_note.hpp"

#include <charconv>
#include <string>

namespace notes_export::shrink_file {

namespace {

constexpr std::size_t longest_number = 64;

} // namespace

void write(tree const& t, std::int64_t when) {
    replace_private_note(t, path, std::to_string(when) + '\n', note_safety::on_disk);
}

std::int64_t read(tree const& t) {
    auto const text = t.read(path, longest_number).value_or("");
    std::int64_t when = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), when);
    bool const whole =
        ec == std::errc{} && std::string_view{end, static_cast<std::size_t>(text.data() + text.size() - end)} == "\n";
    return whole && when > 0 ? when : 0;
}

} // namespace notes_export::shrink_file
