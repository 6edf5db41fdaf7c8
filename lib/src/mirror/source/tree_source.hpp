#pragma once

#include "feed/published_paths.hpp"
#include "notes_export/feed.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * What a mirror copies: a published tree and its change feed, in a directory or behind HTTP.
 *
 * Throws  source_error (see error.hpp of this room) when it cannot be read now, cancelled when asked to stop.
 * Thread  one.
 */
class tree_source {
public:
    virtual ~tree_source() = default;

    /// nullopt: nothing is published there yet.
    virtual std::optional<feed_state> state(std::stop_token const& stop) = 0;
    /// The list of one generation; nullopt: it is not kept any more. Throws damaged_list for what is none.
    virtual std::optional<change_list> changes(std::uint64_t generation, std::stop_token const& stop) = 0;

    /// While it is held, no file of the tree is replaced or removed (a directory: `.exportd/publishing`, shared). Over
    /// HTTP nothing can be held. Short: the export waits for it. Null where there is nothing to hold.
    struct hold {
        virtual ~hold() = default;
    };
    virtual std::unique_ptr<hold> keep_still(std::stop_token const& stop) = 0;

    /// The bytes of a file, piece by piece; false: there is no such file. Files of ours have at most 2 GB.
    using take_bytes = std::function<void(std::string_view piece)>;
    virtual bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) = 0;
    /// The same of a file of which no list has told size and SHA-256. A source that is not of this machine throws
    /// source_error, of the kind `implausible`, when the bytes cannot be those of such a file.
    virtual bool read_unlisted(std::string const& path, take_bytes const& take, std::stop_token const& stop) {
        return read(path, take, stop);
    }
    static constexpr std::string_view implausible = "implausible";

    /// Every file of the tree that is the exporter's (see published_paths.hpp), in the order of directories, without
    /// the private directory and the feed. A source that cannot list says false and calls nothing.
    using on_file = std::function<void(std::string const& path, std::uint64_t size)>;
    virtual bool for_each_file(on_file const& each, std::stop_token const& stop) = 0;
    /// Which paths are ours, from now on; a source that is told so by others need not know.
    virtual void use(published_paths const& /*ours*/) {}

    /// Of what for_each_file() tells of, the content of these alone is asked for then: a source need not get the others
    /// ahead. Without it all is.
    using is_needed = std::function<bool(std::string const& path)>;
    virtual void need_only(is_needed const& /*needed*/) {}
    /// These are read next, in this order, as far as nothing comes in between: a source may get them ahead, several at
    /// once. What is longer than 64 files, or 16 MB, may be left to read().
    virtual void prepare(std::vector<listed_file> const& /*next*/, std::stop_token const& /*stop*/) {}
    /// A file is not what the lists up to the newest state() say. Returns when the tree may have moved on, so that the
    /// step is to be begun again; throws source_error when it has not.
    virtual void judge(listed_file const& /*expected*/, std::stop_token const& /*stop*/) {}
};

} // namespace notes_export::mirror
