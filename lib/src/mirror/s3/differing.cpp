// A step that compares the bucket with the tree, see s3_step.hpp.
#include "mirror/s3/step.hpp"

#include "mirror/error.hpp"
#include "mirror/s3/comparison.hpp"
#include "mirror/waiting_changes.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

constexpr int most_rounds = 20;

using rank = published_paths::rank;

void send_differing_profiles(s3_step& step, file_list const& files) {
    std::size_t next = 0;
    send_objects(step, [&](waiting_object& found) {
        if (next == files.size())
            return supply::end;
        auto const i = next++;
        std::string path{files.path(i)};
        if (step.ours.rank_of(path) != rank::profile)
            return supply::none_yet;
        auto content = read_content(step.source, path, step.bucket.options(), step.stop);
        // A file that went meanwhile is on the list of a later generation.
        if (!content || is_stored(files[i], *content))
            return supply::none_yet;
        found = {std::move(path), std::move(content)};
        return supply::found;
    });
}

/// The end of a step that compares: the tree moves on while it does, so it is followed by its lists.
class catching_up {
public:
    catching_up(s3_step& step, s3_comparison& compared, std::uint64_t reached)
        : m_step{&step}, m_compared{&compared}, m_reached{reached} {
        for (std::size_t i = 0; i < compared.files.size(); ++i)
            if (auto const r = step.ours.rank_of(compared.files.path(i)); r == rank::index || r == rank::single)
                m_whole.emplace(compared.files.path(i));
    }

    /// Reads the files behind the profiles when the tree is at the generation that was reached.
    std::optional<closing_objects> read_end() {
        auto const held = m_step->source.keep_still(m_step->stop);
        auto const state = m_step->source.state(m_step->stop);
        if (!state)
            throw tree_moved_on{"compare the bucket with the tree: the tree is gone", "the step is begun again"};
        m_newest = *state;
        if (state->generation != m_reached)
            return std::nullopt;
        return read_closing(*m_step, m_whole, m_reached);
    }

    void follow() {
        auto const changes = waiting_changes(m_reached, m_newest, m_step->ours, [this](std::uint64_t generation) {
            return m_step->source.changes(generation, m_step->stop);
        });
        if (changes.everything)
            throw tree_moved_on{"compare the bucket with the tree: the tree has moved on, and " + changes.reason,
                                "the step is begun again"};
        std::vector<listed_file> profiles;
        for (auto const& file : changes.changed) {
            m_compared->too_much.erase(file.path);
            auto const r = m_step->ours.rank_of(file.path);
            if (r == rank::profile)
                profiles.push_back(file);
            else if (r != rank::metadata)
                m_whole.insert(file.path);
        }
        for (auto const& path : changes.removed) {
            m_compared->too_much.insert(path);
            m_whole.erase(path);
        }
        send_listed(*m_step, profiles); // what was not as listed is on a later list
        m_reached = changes.to;
    }

    std::uint64_t reached() const noexcept { return m_reached; }

private:
    s3_step* m_step;
    s3_comparison* m_compared;
    std::uint64_t m_reached;
    feed_state m_newest;
    std::set<std::string> m_whole;
};

void leave_out_stored(std::vector<waiting_object>& objects, file_list const& files) {
    std::erase_if(objects, [&](waiting_object const& o) {
        auto const at = files.find(o.path);
        return at && is_stored(files[*at], *o.content);
    });
}

} // namespace

std::uint64_t send_differing(s3_step& step, change_set const& changes) {
    auto compared = compare_with_bucket(step.source, step.bucket, step.ours, step.stop);
    step.sent.clear();
    send_differing_profiles(step, compared.files);
    catching_up end{step, compared, changes.to};
    for (int round = 0; round < most_rounds; ++round) {
        if (auto closing = end.read_end()) {
            leave_out_stored(closing->indexes, compared.files);
            leave_out_stored(closing->singles, compared.files);
            std::vector<std::string> const removed{compared.too_much.begin(), compared.too_much.end()};
            finish_step(step, *closing, removed, 0); // cut short, all has to be compared again
            return end.reached();
        }
        end.follow();
    }
    throw tree_moved_on{"compare the bucket with the tree: the tree moves on faster than it can be sent",
                        "the step is begun again; more `connections` are faster"};
}

} // namespace notes_export::mirror
