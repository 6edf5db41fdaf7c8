#pragma once

#include "feed/published_paths.hpp"
#include "mirror/source/tree_source.hpp"
#include "publish/tree.hpp"

#include <filesystem>

namespace notes_export::mirror {

/// A tree of this machine, with the feed in its private directory. The tree is opened anew when another one took its
/// place.
class directory_source : public tree_source {
public:
    directory_source(std::filesystem::path root, published_paths ours);

    std::optional<feed_state> state(std::stop_token const& stop) override;
    std::optional<change_list> changes(std::uint64_t generation, std::stop_token const& stop) override;
    std::unique_ptr<hold> keep_still(std::stop_token const& stop) override;
    bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) override;
    bool for_each_file(on_file const& each, std::stop_token const& stop) override;
    void use(published_paths const& ours) override { m_ours = ours; }
    void judge(listed_file const& expected, std::stop_token const& stop) override;

private:
    tree const& files();
    bool has_moved(std::stop_token const& stop);

    std::filesystem::path m_root;
    published_paths m_ours;
    std::optional<tree> m_files;
    std::uint64_t m_generation = 0; ///< of the newest state()
};

} // namespace notes_export::mirror
