#pragma once

#include "mirror/source/tree_source.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace test {

/// A published tree of real files whose generations a test writes itself, with their change lists.
class made_tree final : public notes_export::mirror::tree_source {
public:
    explicit made_tree(std::filesystem::path root) : m_root{std::move(root)} {}

    /// Writes these files and a metadata.json, removes those: a new generation.
    void publish(std::map<std::string, std::string> const& files, std::vector<std::string> const& removed = {});
    notes_export::change_list const& list(std::uint64_t generation) const { return m_lists.at(generation); }
    std::uint64_t generation() const noexcept { return m_generation; }
    std::filesystem::path const& root() const noexcept { return m_root; }

    std::optional<notes_export::feed_state> state(std::stop_token const&) override;
    std::optional<notes_export::change_list> changes(std::uint64_t generation, std::stop_token const&) override;
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) override;
    bool for_each_file(on_file const& each, std::stop_token const&) override;

    /// Called before each read with the path: the world may move meanwhile.
    std::function<void(std::string const&)> before_read;

private:
    std::filesystem::path m_root;
    std::uint64_t m_generation = 0;
    std::map<std::uint64_t, notes_export::change_list> m_lists;
};

/// "users/1/2/3/123.json"
std::string user_path(std::int64_t id);
/// `count` profiles of users from `first` on, each about `size` bytes long; `word` makes them differ.
std::map<std::string, std::string> some_users(std::int64_t first, int count, std::string const& word,
                                              std::size_t size = 200);

} // namespace test
