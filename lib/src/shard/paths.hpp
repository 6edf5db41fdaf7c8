#pragma once

#include "notes_export/dataset.hpp"
#include "shard/name_key.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export::shard {

/// Where the shards of a dataset are. Names of files are hexadecimal, so that every file system takes them.
class paths {
public:
    explicit paths(dataset const& d) : paths{d.shards.directory} {}
    explicit paths(std::string directory) : m_directory{std::move(directory)} {}

    /// "" where the dataset can have none: then contains() and may_hold() say no.
    std::string const& directory() const noexcept { return m_directory; }
    /// What a reader has to know to find the others.
    std::string about() const { return m_directory + "/shards.json"; }
    std::string top() const { return m_directory + "/top.json"; }
    /// "indexes/users/names/3/f0.json"
    std::string names(unsigned shard) const;
    /// "indexes/users/bigrams/3/61-62.json"; the digit is that of the sum of both characters.
    std::string of(bigram pair) const;

    /// Is it the path of a shard, there or not?
    bool contains(std::string_view path) const;
    /// Can a shard be in this directory, or below it?
    bool may_hold(std::string_view directory) const;
    /// Those that hold shards.
    std::vector<std::string> directories() const;

private:
    std::string m_directory;
};

} // namespace notes_export::shard
