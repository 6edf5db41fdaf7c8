#pragma once

#include "mirror/source/http_site.hpp"
#include "mirror/source/tree_source.hpp"
#include "mirror/source/unlisted_content.hpp"
#include "notes_export/config.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace notes_export::mirror {

/**
 * Somebody else's published tree behind HTTP, with its public feed below `changes/`.
 *
 * Lists   HTTP cannot list. The files of the tree are those whose ids its indexes have, and the single ones; that is
 *         all of them unless an index does not list all (see index_listing.hpp); each with the twins that may be
 *         beside it, as state.json says; where it says nothing, one of each kind. Neither size nor SHA-256 of these is
 *         known, so that comparing everything downloads everything, several files at once; what comes is looked at (see
 *         unlisted_content.hpp).
 * State   is asked for as a whole each time: it is short, and nginx gives two states of one second and one length the
 *         same ETag, so that 304 might hide the newest for ever.
 * Files   An answer is handed on when all of it has come. What prepare() named is got ahead.
 * Hidden  Web servers like to hide names that begin with a dot: such a file of ours (the version file) that the server
 *         does not show is left out of lists.
 * Throws  source_error, as said at http_site.
 */
class http_source : public tree_source {
public:
    /// `tree` says which datasets and documents there are.
    http_source(std::string const& from, export_config const& tree);

    std::optional<feed_state> state(std::stop_token const& stop) override;
    std::optional<change_list> changes(std::uint64_t generation, std::stop_token const& stop) override;
    std::unique_ptr<hold> keep_still(std::stop_token const&) override { return nullptr; }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) override;
    bool read_unlisted(std::string const& path, take_bytes const& take, std::stop_token const& stop) override;
    bool for_each_file(on_file const& each, std::stop_token const& stop) override;
    void need_only(is_needed const& needed) override { m_needed = needed; }
    void prepare(std::vector<listed_file> const& next, std::stop_token const& stop) override;
    void judge(listed_file const& expected, std::stop_token const& stop) override;

private:
    std::uint64_t longest(std::string_view path) const;
    void require_plausible(std::string const& path,
                           std::function<void(unlisted_content::take_bytes const&)> const& give) const;
    compressions twins() const;
    void get_ahead(std::vector<std::string> const& paths, std::stop_token const& stop);
    void tell_profiles(dataset const& d, std::vector<std::int64_t> const& ids, on_file const& each,
                       std::stop_token const& stop);
    void add_with_twins(std::string const& path, std::vector<std::string>& to) const;
    void tell(std::string const& path, on_file const& each) const;
    bool is_there(std::string const& path, std::stop_token const& stop);
    bool is_shown(std::string const& path, std::stop_token const& stop);
    void leave_out_hidden(change_list& list, std::stop_token const& stop);
    bool moved_since(std::uint64_t generation, std::stop_token const& stop);

    std::vector<dataset> m_datasets;
    std::vector<std::string> m_singles;
    std::string m_version_file; ///< one of these, which has no twins; "": it is elsewhere
    unlisted_content m_unlisted;
    http_site m_site;
    std::optional<feed_state> m_state; ///< as it was last seen
    is_needed m_needed;
    std::map<std::string, std::optional<std::string>> m_ahead; ///< nullopt: there is no such file
};

} // namespace notes_export::mirror
