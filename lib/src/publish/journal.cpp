#include "publish/journal.hpp"

#include "files/directory_entries.hpp"
#include "publish/private_directory.hpp"
#include "publish/shrink_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::size_t longest_number = 64;
constexpr std::size_t longest_note = 256;
constexpr std::size_t longest_text_note = 4096;

// Named by hash: the old columns must still be there when a crash came before the new hash was published.
constexpr std::string_view columns_prefix = ".exportd/columns-";
std::string columns_path(std::string const& hash) {
    return std::string{columns_prefix} + hash.substr(0, 16);
}

} // namespace

void journal::replace(std::string_view path, std::string const& text) const {
    make_way(*m_tree, path);
    std::vector<staged_file> files{m_staging->write(text, std::string{path})};
    m_staging->make_durable(files);
    publisher{*m_tree, *m_staging}.publish(std::move(files));
}

void journal::end_marking() const {
    publisher{*m_tree, *m_staging}.remove({std::string{marking_path}});
}

void journal::hide_from_git() const {
    if (m_tree->compare(ignore_path, "*\n") != tree::comparison::equal)
        replace(ignore_path, "*\n");
}

bool journal::remembers_quarantine(std::string const& text) const {
    return m_tree->compare(quarantine_path, text) == tree::comparison::equal;
}

std::optional<std::string> journal::columns_of(std::string const& hash) const {
    return m_tree->read(columns_path(hash), longest_list);
}

void journal::remember_columns(std::string const& hash, std::string const& lines, std::string const& live) const {
    if (columns_of(hash) != lines)
        replace(columns_path(hash), lines);
    std::vector<std::string> old;
    auto const directory = m_tree->open_directory(tree::private_directory);
    for_each_entry(directory.fd(), m_tree->full(tree::private_directory), [&](dirent const& entry) {
        auto path = std::string{tree::private_directory} + '/' + entry.d_name;
        if (path.starts_with(columns_prefix) && path != columns_path(hash) && path != columns_path(live) &&
            m_tree->is_removable(path))
            old.push_back(std::move(path));
    });
    if (!old.empty())
        publisher{*m_tree, *m_staging}.remove(std::move(old));
}

std::optional<std::string> journal::sources() const {
    return m_tree->read(sources_path, longest_list);
}

std::optional<std::string> journal::database() const {
    return m_tree->read(database_path, longest_number);
}

std::optional<std::string> journal::counts() const {
    return m_tree->read(counts_path, longest_list);
}

std::optional<std::string> journal::files() const {
    return m_tree->read(files_path, longest_list);
}

std::optional<std::string> journal::indexes() const {
    return m_tree->read(indexes_path, longest_list);
}

std::optional<std::string> journal::twins() const {
    return m_tree->read(twins_path, longest_note);
}

std::optional<std::string> journal::used_shrinks() const {
    return m_tree->read(used_shrinks_path, longest_note);
}

std::optional<std::string> journal::other_exporter() const {
    return m_tree->read(other_exporter_path, longest_text_note);
}

void journal::forget_shrink_file() const {
    publisher{*m_tree, *m_staging}.remove({std::string{shrink_file::path}});
}

std::int64_t journal::last_full() const {
    auto const text = m_tree->read(last_full_path, longest_number).value_or("");
    std::int64_t when = 0;
    std::from_chars(text.data(), text.data() + text.size(), when);
    return std::max<std::int64_t>(when, 0);
}

} // namespace notes_export
