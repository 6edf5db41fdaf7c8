#include "feed/composition.hpp"

#include "feed/published_paths.hpp"
#include "files/sha256.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace notes_export::feed {

namespace {

using rank = published_paths::rank;

/// nullopt: it is gone, or something that is no file has taken its place.
std::optional<listed_file> look_at(tree const& files, std::string const& path) {
    auto const f = files.exists(path) ? files.open_file(path) : file{};
    if (!f)
        return std::nullopt;
    auto const found = sha256_of(f.fd(), files.full(path));
    return listed_file{path, found.size, found.sha256};
}

class composer {
public:
    composer(composition const& from, list_writer& out) : m_from{&from}, m_ours{from.config}, m_out{&out} {}

    void run() {
        find_batches();
        find_rest();
        for (auto const& path : m_from->end.removals)
            m_out->removed(path);
        for (auto const& path : m_gone)
            m_out->removed(path);
        write_batches();
        for (auto const r : {rank::profile, rank::index, rank::single})
            write_rank(r);
        write(m_from->end.metadata);
    }

private:
    void find_batches();
    void find_rest();
    void write_batches();
    void write_rank(rank r);
    void write(staged_file const& f) { m_out->changed({f.target, f.size, m_from->digest_of(f)}); }

    composition const* m_from;
    published_paths m_ours;
    list_writer* m_out;
    std::set<std::string, std::less<>> m_open;        ///< to be looked at
    std::map<rank, std::vector<listed_file>> m_found; ///< none is metadata.json
    std::vector<std::string> m_gone;
};

void composer::find_batches() {
    m_open.insert(m_from->left.begin(), m_from->left.end());
    m_from->ahead.for_each_from(m_from->begin, [&](ahead_entry const& e) {
        if (e.what == ahead_entry::kind::looked_at)
            m_open.insert(e.file.path);
        else if (!m_open.empty())
            m_open.erase(e.file.path);
    });
}

// What this cycle puts into place itself, or removes, needs no look: it is not in its place yet.
void composer::find_rest() {
    auto const& end = m_from->end;
    for (auto const& f : end.files)
        m_open.erase(f.target);
    for (auto const& path : end.removals)
        m_open.erase(path);
    m_open.erase(end.metadata.target);
    for (auto const& path : m_open)
        if (auto found = look_at(m_from->files, path))
            m_found[m_ours.rank_of(path)].push_back(std::move(*found));
        else
            m_gone.push_back(path);
}

// The last one is that of the end.
void composer::write_batches() {
    std::set<std::string_view> const going{m_from->end.removals.begin(), m_from->end.removals.end()};
    m_from->ahead.for_each_from(m_from->begin, [&](ahead_entry const& e) {
        if (e.what == ahead_entry::kind::changed && !going.contains(e.file.path))
            m_out->changed(e.file);
    });
}

void composer::write_rank(rank r) {
    for (auto const& f : m_found[r])
        m_out->changed(f);
    for (auto const& f : m_from->end.files)
        if (r != rank::profile && m_ours.rank_of(f.target) == r)
            write(f);
}

} // namespace

void compose(composition const& from, list_writer& out) {
    composer{from, out}.run();
}

} // namespace notes_export::feed
