#include "feed/text.hpp"

#include "document/json_value.hpp"
#include "files/hex.hpp"
#include "files/sha256.hpp"

#include <utility>

namespace notes_export::feed {

namespace {

std::string member(std::string_view key, std::string_view json) {
    std::string text = "\"";
    text += key;
    text += "\": ";
    text += json;
    return text;
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string array_of_names(compressions all) {
    std::string text;
    for (auto const how : all_compressions)
        if (all.has(how))
            text += (text.empty() ? "" : ", ") + json_string(name_of(how));
    return '[' + text + ']';
}

} // namespace

std::string state_text(feed_state const& state) {
    auto text = "{" + member("generation", number(state.generation)) + ", " + member("oldest", number(state.oldest)) +
                ", " + member("export_date", json_string(state.export_date));
    if (state.twins)
        text += ", " + member("twins", array_of_names(*state.twins));
    return text + "}\n";
}

list_writer::list_writer(change_list const& head, sink out) : m_out{std::move(out)} {
    m_out("{" + member("generation", number(head.generation)) + ", " + member("previous", number(head.previous)) +
          ",\n" + member("export_date", json_string(head.export_date)) + ", " +
          member("version", json_string(head.version)) + ",\n" + member("complete", head.complete ? "true" : "false") +
          (head.complete ? "" : ", " + member("reason", json_string(head.reason))) + ",\n" + member("removed", "["));
}

void list_writer::removed(std::string_view path) {
    m_out((std::exchange(m_any, true) ? ",\n" : "\n") + json_string(path));
}

void list_writer::changed(listed_file const& file) {
    begin_changed();
    m_out((std::exchange(m_any, true) ? ",\n{" : "\n{") + member("path", json_string(file.path)) + ", " +
          member("size", number(file.size)) + ", " + member("sha256", '"' + hex_of(file.sha256) + '"') + '}');
}

void list_writer::begin_changed() {
    if (std::exchange(m_changed, true))
        return;
    m_out("],\n" + member("changed", "["));
    m_any = false;
}

void list_writer::end() {
    begin_changed();
    m_out("]}\n");
}

} // namespace notes_export::feed
