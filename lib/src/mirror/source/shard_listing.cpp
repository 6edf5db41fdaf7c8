#include "mirror/source/shard_listing.hpp"

#include "document/bounded_json.hpp"
#include "mirror/error.hpp"
#include "shard/fold.hpp"
#include "shard/paths.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace notes_export::mirror {

namespace {

constexpr std::size_t longest_about = 1U << 20U;
constexpr unsigned files_at_once = 64;

bool is_pair(rapidjson::Value const& v) {
    return v.IsArray() && v.Size() == 2 && (v[0].IsString() || v[0].IsNull()) && v[1].IsInt64() && v[1].GetInt64() > 0;
}

class shard_reading {
public:
    shard_reading(http_site& site, dataset const& d, std::stop_token const& stop)
        : m_site{&site}, m_where{d}, m_stop{&stop} {}

    listed_shards run() {
        if (!m_site->get(m_where.about(), longest_about, *m_stop))
            return {};
        m_found.paths = {m_where.about(), m_where.top()};
        for (unsigned n = 0; n < shard::name_shards; n += files_at_once)
            read_names(n);
        for (auto const pair : m_bigrams)
            m_found.paths.push_back(m_where.of(pair));
        return std::move(m_found);
    }

private:
    void read_names(unsigned first) {
        std::vector<std::string> paths;
        for (auto n = first; n < std::min(first + files_at_once, shard::name_shards); ++n)
            paths.push_back(m_where.names(n));
        bool const all = m_site->get_several(
            paths,
            [&](std::size_t i, std::optional<std::string> const& text) {
                if (text)
                    take(paths[i], *text);
            },
            *m_stop);
        if (!all)
            throw damaged(paths.front());
    }

    void take(std::string const& path, std::string_view text) {
        auto const pairs = parse_json(text);
        if (!pairs || !pairs->IsArray() || !std::ranges::all_of(pairs->GetArray(), is_pair))
            throw damaged(path);
        for (auto const& pair : pairs->GetArray()) {
            m_found.ids.push_back(pair[1].GetInt64());
            if (!pair[0].IsString())
                continue;
            auto const bigrams =
                shard::bigrams_of(shard::folded(std::string_view{pair[0].GetString(), pair[0].GetStringLength()}));
            m_bigrams.insert(bigrams.begin(), bigrams.end());
        }
        m_found.paths.push_back(path);
    }

    source_error damaged(std::string const& path) const {
        return {"damaged_index", "GET " + m_site->shown(path) + ": it is no array of pairs of name and id",
                "its publisher must mend the tree: osm-notes-exportd once --full, there"};
    }

    http_site* m_site;
    shard::paths m_where;
    std::stop_token const* m_stop;
    std::set<shard::bigram> m_bigrams;
    listed_shards m_found;
};

} // namespace

listed_shards list_shards(http_site& site, dataset const& d, std::stop_token const& stop) {
    return shard_reading{site, d, stop}.run();
}

} // namespace notes_export::mirror
