#include "verify/shards.hpp"

#include "publish/journal.hpp"
#include "shard/index_note.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "shard/text.hpp"

#include <string>
#include <unordered_set>
#include <utility>

namespace notes_export {

namespace {

constexpr std::size_t longest_note = 4U << 20;

shard::index_note note_of(sides const& s) {
    return shard::index_note::parse(s.files.read(journal::indexes_path, longest_note).value_or(""));
}

class shard_comparison {
public:
    shard_comparison(sides const& s, dataset const& d, bool pending)
        : m_sides{&s}, m_dataset{&d}, m_where{d}, m_pending{pending} {}

    shard::paths const& where() const noexcept { return m_where; }
    void compare(std::string path, std::string const& text) {
        ++m_found.checked;
        m_expected.insert(path);
        auto const live = m_sides->files.compare(path, text);
        if (live != tree::comparison::equal)
            differs(live == tree::comparison::missing ? drift::kind::missing : drift::kind::differs, std::move(path));
    }
    void find_orphans() {
        for (auto& path : shard::present(m_sides->files, m_where))
            if (m_where.contains(path) && !m_expected.contains(path))
                differs(drift::kind::orphan, std::move(path));
    }
    void differs(drift::kind what, std::string path) {
        m_found.drifts.push_back({what, std::move(path), m_pending, m_dataset->name});
    }
    shard_findings take() { return std::move(m_found); }

private:
    sides const* m_sides;
    dataset const* m_dataset;
    shard::paths m_where;
    bool m_pending;
    std::unordered_set<std::string> m_expected;
    shard_findings m_found;
};

} // namespace

shard_findings compare_shards(sides const& s, dataset const& d, shard::index_state const& state, bool pending) {
    bool const changed = !(note_of(s) == shard::index_note{s.config.datasets});
    shard_comparison found{s, d, pending || changed};
    auto const& where = found.where();
    state.names.for_each_shard(nullptr, [&](unsigned n, std::span<shard::slot const> entries) {
        if (!entries.empty())
            found.compare(where.names(n), shard::pairs_text(state.names, entries));
    });
    for (auto const pair : state.bigrams.all())
        found.compare(where.of(pair), shard::pairs_text(state.names, state.bigrams.of(pair)));
    found.compare(where.top(), shard::top_text(state.top));
    found.compare(where.about(), shard::about_text(d));
    found.find_orphans();
    return found.take();
}

shard_findings find_former_index_files(sides const& s, dataset const& d) {
    auto const note = note_of(s);
    shard_comparison found{s, d, true}; // the next cycle is a full export, which removes them
    if (!d.shards.make && note.has_shards(d.name))
        found.find_orphans();
    auto const& directory = found.where().directory();
    if (auto whole = directory + ".json";
        !directory.empty() && !d.has_index() && note.has_whole_index(d.name) && s.files.is_removable(whole))
        found.differs(drift::kind::orphan, std::move(whole));
    return found.take();
}

} // namespace notes_export
