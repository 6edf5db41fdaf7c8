#include "cycle/whole_index.hpp"

#include <memory>
#include <utility>

namespace notes_export {

bool whole_index::is_ours() const {
    auto const& files = m_tree->files;
    auto const live = files.open_file(m_dataset->index_path);
    return live && m_before != nullptr && stamp_of(live.fd(), files.full(m_dataset->index_path)) == m_before->stamp;
}

std::function<bool(std::int64_t)> whole_index::merge(std::vector<index_change> const& changes, made_index& made) const {
    auto const& path = m_dataset->index_path;
    auto const full_path = m_tree->files.full(path);
    auto const live = m_tree->files.open_file(path);
    auto const still_ours = [&] { return live && stamp_of(live.fd(), full_path) == m_before->stamp; };
    if (!still_ours())
        throw not_our_index{"somebody put another one in its place"};
    auto const size = static_cast<std::uint64_t>(m_before->stamp.size);
    auto const merged = std::make_shared<index_merge>(*m_dataset, live.fd(), full_path, size, changes);
    made.known.stamp = m_before->stamp;
    if (merged->changes_anything())
        stage(merged->write(m_tree->stage, path), made);
    if (!still_ours())
        throw not_our_index{"somebody wrote to it while it was read"};
    return [merged](std::int64_t id) { return merged->had(id); };
}

std::optional<index_file> whole_index::begin() const {
    return wanted() ? std::optional<index_file>{std::in_place, m_tree->stage, m_dataset->index_path} : std::nullopt;
}

void whole_index::finish(index_file& file, made_index& made) const {
    auto const& path = m_dataset->index_path;
    auto const& files = m_tree->files;
    auto staged = file.finish();
    auto const live = files.open_file(path);
    auto const stamp = live ? stamp_of(live.fd(), files.full(path)) : std::nullopt;
    if (stamp &&
        files.compare(path, m_tree->stage.open(staged), m_tree->stage.full(staged.name)) == tree::comparison::equal) {
        m_tree->stage.discard(staged);
        made.known.stamp = *stamp;
    } else {
        stage(std::move(staged), made);
    }
}

void whole_index::stage(staged_file file, made_index& made) const {
    made.known.stamp = stamp_of(m_tree->stage.open(file).fd(), m_tree->stage.full(file.name)).value();
    made.file = std::move(file);
}

} // namespace notes_export
