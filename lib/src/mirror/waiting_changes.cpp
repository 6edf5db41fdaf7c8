#include "mirror/waiting_changes.hpp"

#include "mirror/error.hpp"

#include <algorithm>
#include <utility>

namespace notes_export::mirror {

namespace {

struct last_word {
    listed_file file; ///< the path alone when it is removed
    bool removed = false;
};

std::string number(std::uint64_t generation) {
    return std::to_string(generation);
}

/// Paths, each with what the newest list says of it. Lists come newest first.
class merged_lists {
public:
    merged_lists(published_paths const& ours, std::size_t at_most) : m_ours{&ours}, m_at_most{at_most} {}

    /// false: it is too much.
    bool add(change_list& list) {
        for (auto& file : list.changed)
            take({std::move(file), false}, list.generation);
        for (auto& path : list.removed)
            take({{.path = std::move(path)}, true}, list.generation);
        list = {};
        return m_words.size() <= m_next_tidying || (tidy(), m_words.size() <= m_at_most);
    }

    bool finish(change_set& into) {
        tidy();
        if (m_words.size() > m_at_most)
            return false;
        std::ranges::stable_sort(m_words, {}, [&](last_word const& w) { return m_ours->rank_of(w.file.path); });
        for (auto& word : m_words) {
            if (word.removed)
                into.removed.push_back(std::move(word.file.path));
            else
                into.changed.push_back(std::move(word.file));
        }
        return true;
    }

private:
    void take(last_word word, std::uint64_t generation) {
        if (!m_ours->may_be_listed(word.file.path))
            throw source_error{"foreign_path",
                               "the change list of generation " + number(generation) + " names \"" + word.file.path +
                                   "\", which is no file of the datasets that are configured here",
                               "configure the same datasets and version_file as the exporter of the tree has"};
        m_words.push_back(std::move(word));
    }

    // The first of each path is the newest.
    void tidy() {
        std::ranges::stable_sort(m_words, {}, [](last_word const& w) -> std::string const& { return w.file.path; });
        auto const same = [](last_word const& a, last_word const& b) { return a.file.path == b.file.path; };
        m_words.erase(std::unique(m_words.begin(), m_words.end(), same), m_words.end());
        m_next_tidying = std::max(m_at_most, 2 * m_words.size());
    }

    published_paths const* m_ours;
    std::size_t m_at_most;
    std::size_t m_next_tidying = m_at_most;
    std::vector<last_word> m_words;
};

change_set empty_set(cursor const& from, feed_state const& tree) {
    change_set set;
    set.from = from.generation;
    set.to = tree.generation;
    set.export_date = tree.export_date;
    return set;
}

change_set everything(change_set set, std::string reason) {
    set.everything = true;
    set.reason = std::move(reason);
    set.changed.clear();
    set.removed.clear();
    return set;
}

bool differ(std::string const& date, std::string const& other) {
    return !date.empty() && !other.empty() && date != other;
}

/// When the tree had the generation of the target; "": it does not matter, nullopt: that is not known any more.
std::optional<std::string> date_in_tree(cursor const& target, feed_state const& tree, list_of_generation const& list) {
    if (target.export_date.empty() || target.generation == 0 || target.generation > tree.generation)
        return "";
    if (target.generation == tree.generation)
        return tree.export_date;
    auto const found = list(target.generation);
    return found ? std::optional{found->export_date} : std::nullopt;
}

/// Why nothing can be told by lists from the start; "" when it may be.
std::string reason_before_lists(cursor const& from, feed_state const& tree, std::optional<std::string> const& date) {
    if (from.generation == 0)
        return "the target holds no generation of this tree";
    if (from.generation > tree.generation)
        return "the target holds generation " + number(from.generation) + ", which the tree, at " +
               number(tree.generation) + ", does not have: it was restored or replaced";
    if (date && differ(from.export_date, *date))
        return "the target's generation " + number(from.generation) + " is of " + from.export_date +
               ", the tree's is not: it was restored or replaced";
    return "";
}

/// Do the lists that are kept begin behind it? Asked before all of them are read.
bool begins_later(std::uint64_t from, feed_state const& tree, list_of_generation const& list) {
    if (from + 1 >= tree.oldest)
        return false;
    auto const first = list(tree.oldest);
    return !first || first->previous > from;
}

/// Why this list does not help; "" when it does.
std::string reason_of(std::optional<change_list> const& list, std::uint64_t generation) {
    if (!list)
        return "the change list of generation " + number(generation) + " is not kept any more";
    if (!list->complete)
        return "what changed in generation " + number(generation) + " is not listed: " + list->reason;
    if (list->generation != generation || list->previous >= generation)
        return "the change list of generation " + number(generation) + " is about another one";
    return "";
}

change_set listed_changes(cursor const& target, feed_state const& tree, published_paths const& ours,
                          list_of_generation const& list, std::size_t at_most) {
    auto const from = target.generation;
    auto set = empty_set(target, tree);
    auto const too_many = "more than " + std::to_string(at_most) + " files changed";
    auto const date = date_in_tree(target, tree, list);
    if (auto reason = reason_before_lists(target, tree, date); !reason.empty())
        return everything(std::move(set), std::move(reason));
    if (begins_later(from, tree, list))
        return everything(std::move(set),
                          "the change list of generation " + number(from + 1) + " is not kept any more");
    if (!date)
        return everything(std::move(set), "nothing tells any more whether the target's generation " + number(from) +
                                              " is of this tree");
    merged_lists merged{ours, at_most};
    auto generation = tree.generation;
    while (generation > from) {
        auto found = list(generation);
        if (auto reason = reason_of(found, generation); !reason.empty())
            return everything(std::move(set), std::move(reason));
        if (generation == tree.generation)
            set.version = found->version;
        generation = found->previous;
        if (!merged.add(*found))
            return everything(std::move(set), too_many);
    }
    if (generation != from)
        return everything(std::move(set), "no change list begins at generation " + number(from));
    if (!merged.finish(set))
        return everything(std::move(set), too_many);
    return set;
}

} // namespace

bool has_another_past(cursor const& target, feed_state const& tree) {
    return target.generation == tree.generation && differ(target.export_date, tree.export_date);
}

change_set waiting_changes(cursor const& target, feed_state const& tree, published_paths const& ours,
                           list_of_generation const& list, std::size_t at_most) {
    try {
        return listed_changes(target, tree, ours, list, at_most);
    } catch (damaged_list const& e) {
        auto all = everything(empty_set(target, tree), e.what());
        all.warnings.push_back(std::string{e.what()} + "; " + e.remedy());
        return all;
    }
}

} // namespace notes_export::mirror
