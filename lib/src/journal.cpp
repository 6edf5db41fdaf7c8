#include "journal.hpp"

#include <charconv>

namespace notes_export {

namespace {

// Named by hash: the old columns must still be there when a crash came before the new hash was published.
std::string columns_path(std::string const& hash) {
    return ".exportd/columns-" + hash.substr(0, 16);
}

} // namespace

void journal::replace(std::string_view path, std::string const& text) const {
    std::vector<staged_file> files{m_staging->write(text, std::string{path})};
    m_staging->make_durable(files);
    publisher{*m_tree, *m_staging}.publish(std::move(files));
}

void journal::owe(std::string const& leftover) const {
    publisher{*m_tree, *m_staging}.publish({{leftover, std::string{unfinished_path}}});
}

void journal::end_unfinished() const {
    publisher{*m_tree, *m_staging}.remove({std::string{unfinished_path}});
}

std::optional<std::string> journal::columns_of(std::string const& hash) const {
    return m_tree->read(columns_path(hash));
}

void journal::remember_columns(std::string const& hash, std::string const& lines) const {
    if (columns_of(hash) != lines)
        replace(columns_path(hash), lines);
}

std::int64_t journal::last_full() const {
    auto const text = m_tree->read(last_full_path).value_or("");
    std::int64_t when = 0;
    std::from_chars(text.data(), text.data() + text.size(), when);
    return when;
}

} // namespace notes_export
