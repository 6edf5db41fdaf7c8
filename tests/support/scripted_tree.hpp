#pragma once

#include "document/metadata.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/source/tree_source.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace test {

/// A published tree made by hand, and its feed: what mirrors are tested with, without an exporter.
class scripted_tree : public notes_export::mirror::tree_source {
public:
    temporary_directory root;
    std::function<void(std::string const& path)> before_reading; ///< something may happen in between

    void put(std::string const& path, std::string const& text) {
        write(path, text);
        m_removed.erase(path);
        m_changed.insert(path);
    }
    void remove(std::string const& path) {
        std::filesystem::remove(root / path);
        m_changed.erase(path);
        m_removed.insert(path);
    }
    /// The next generation, of what was put and removed since.
    std::uint64_t publish() {
        notes_export::metadata m;
        m.generation = ++m_generation;
        m.export_timestamp = 1'790'000'000 + static_cast<std::int64_t>(m_generation);
        m.version = "1.0.0";
        put("metadata.json", m.text());
        notes_export::change_list list;
        list.generation = m_generation;
        list.previous = m_generation - 1;
        list.export_date = m.export_date();
        list.version = m.version;
        for (auto const& path : m_changed)
            list.changed.push_back(listed(path));
        list.removed.assign(m_removed.begin(), m_removed.end());
        m_lists[m_generation] = list;
        m_changed.clear();
        m_removed.clear();
        return m_generation;
    }
    notes_export::change_list const& last() const { return m_lists.at(m_generation); }
    std::string text_of(std::string const& path) const {
        std::ifstream in{root / path, std::ios::binary};
        std::ostringstream all;
        all << in.rdbuf();
        return all.str();
    }

    std::optional<notes_export::feed_state> state(std::stop_token const&) override {
        if (m_generation == 0)
            return std::nullopt;
        return notes_export::feed_state{m_generation, m_lists.begin()->first, last().export_date};
    }
    std::optional<notes_export::change_list> changes(std::uint64_t generation, std::stop_token const&) override {
        auto const at = m_lists.find(generation);
        return at == m_lists.end() ? std::nullopt : std::optional{at->second};
    }
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return std::make_unique<hold>(); }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const&) override {
        if (before_reading)
            before_reading(path);
        std::ifstream in{root / path, std::ios::binary};
        std::string block(65536, '\0');
        while (in) {
            in.read(block.data(), static_cast<std::streamsize>(block.size()));
            take(std::string_view{block}.substr(0, static_cast<std::size_t>(in.gcount())));
        }
        return std::filesystem::exists(root / path);
    }
    bool for_each_file(on_file const& each, std::stop_token const&) override {
        for (auto const& entry : std::filesystem::recursive_directory_iterator{root.path()})
            if (entry.is_regular_file())
                each(std::filesystem::relative(entry.path(), root.path()).string(), entry.file_size());
        return true;
    }

private:
    void write(std::string const& path, std::string const& text) const {
        auto const file = root / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file.string() + ".new", std::ios::binary} << text;
        std::filesystem::rename(file.string() + ".new", file);
    }
    notes_export::listed_file listed(std::string const& path) const {
        auto const text = text_of(path);
        return {path, text.size(), notes_export::sha256_of(text)};
    }

    std::uint64_t m_generation = 0;
    std::set<std::string> m_changed;
    std::set<std::string> m_removed;
    std::map<std::uint64_t, notes_export::change_list> m_lists;
};

} // namespace test
