#include "support/made_tree.hpp"

#include "document/metadata.hpp"
#include "feed/published_paths.hpp"
#include "files/sha256.hpp"

#include <algorithm>
#include <fstream>

namespace test {

using namespace notes_export;

namespace {

void write(std::filesystem::path const& path, std::string const& text) {
    std::filesystem::create_directories(path.parent_path());
    auto const fresh = std::filesystem::path{path.string() + ".new"};
    std::ofstream{fresh, std::ios::binary} << text;
    std::filesystem::rename(fresh, path);
}

} // namespace

void made_tree::publish(std::map<std::string, std::string> const& files, std::vector<std::string> const& removed) {
    change_list list;
    list.previous = m_generation;
    list.generation = ++m_generation;
    metadata meta;
    meta.export_timestamp = 1'700'000'000 + static_cast<std::int64_t>(m_generation);
    meta.totals = {{"users", 1}, {"countries", 1}};
    meta.version = "1.0.0";
    meta.generation = m_generation;
    auto all = files;
    all["metadata.json"] = meta.text();
    for (auto const& [path, text] : all) {
        write(m_root / path, text);
        list.changed.push_back({path, text.size(), sha256_of(text)});
    }
    published_paths const ours{export_config{}};
    std::ranges::stable_sort(list.changed, {}, [&](listed_file const& f) { return ours.rank_of(f.path); });
    for (auto const& path : removed)
        std::filesystem::remove(m_root / path);
    list.removed = removed;
    list.export_date = meta.export_date();
    list.version = meta.version;
    m_lists[m_generation] = list;
}

std::optional<feed_state> made_tree::state(std::stop_token const&) {
    if (m_generation == 0)
        return std::nullopt;
    return feed_state{m_generation, m_lists.begin()->first, m_lists.rbegin()->second.export_date};
}

std::optional<change_list> made_tree::changes(std::uint64_t generation, std::stop_token const&) {
    auto const found = m_lists.find(generation);
    return found == m_lists.end() ? std::nullopt : std::optional{found->second};
}

bool made_tree::read(std::string const& path, take_bytes const& take, std::stop_token const&) {
    if (before_read)
        before_read(path);
    std::ifstream in{m_root / path, std::ios::binary};
    if (!in)
        return false;
    std::string block(65536, '\0');
    while (in.read(block.data(), static_cast<std::streamsize>(block.size())), in.gcount() > 0)
        take({block.data(), static_cast<std::size_t>(in.gcount())});
    return true;
}

bool made_tree::for_each_file(on_file const& each, std::stop_token const&) {
    published_paths const ours{export_config{}};
    for (auto const& entry : std::filesystem::recursive_directory_iterator{m_root})
        if (auto const path = std::filesystem::relative(entry.path(), m_root).string();
            entry.is_regular_file() && ours.contains(path))
            each(path, entry.file_size());
    return true;
}

std::string user_path(std::int64_t id) {
    return entity_path{standard_datasets().front().path}.of(id);
}

std::map<std::string, std::string> some_users(std::int64_t first, int count, std::string const& word,
                                              std::size_t size) {
    std::map<std::string, std::string> files;
    for (int i = 0; i < count; ++i) {
        auto text = "{\"user_id\": " + std::to_string(first + i) + ", \"word\": \"" + word + "\", \"fill\": \"";
        text.append(size > text.size() ? size - text.size() : 0, 'x').append("\"}\n");
        files.emplace(user_path(first + i), std::move(text));
    }
    return files;
}

} // namespace test
