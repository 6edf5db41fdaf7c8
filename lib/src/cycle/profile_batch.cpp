#include "cycle/profile_batch.hpp"

#include "cycle/stopwatch.hpp"
#include "source/marks.hpp"

#include <algorithm>

namespace notes_export {

std::vector<work_row>& profile_batch::rows_of(dataset_plan const& plan) {
    auto const found = std::ranges::find(rows, &plan, &rows_to_mark::value_type::first);
    return found != rows.end() ? found->second : rows.emplace_back(&plan, std::vector<work_row>{}).second;
}

void profile_batch::expect(held_tree& held, entity_path const& layout, std::span<work_row const> coming) {
    if (held.stage.has_room(layout.top()))
        return; // a whole directory would be other than those that are made there
    std::int64_t last = -1;
    for (auto const& row : coming) {
        auto const number = layout.branch_number(row.id);
        if (std::exchange(last, number) == number)
            continue;
        auto branch = layout.branch_of(row.id);
        if (!held.files.try_open_directory(branch) && held.may_take_whole(branch))
            new_directories.insert(std::move(branch));
    }
    if (!new_directories.empty() && !fresh)
        fresh.emplace(held.stage);
}

std::vector<staged_file> profile_batch::files() const {
    std::vector<staged_file> all;
    all.reserve(profiles.size() + twins.size());
    for (auto const& p : profiles)
        all.push_back(p.file);
    all.insert(all.end(), twins.begin(), twins.end());
    return all;
}

// Where a whole directory can go was looked at before it was begun.
std::vector<staged_file> profile_batch::single_files() const {
    auto all = files();
    if (fresh)
        std::erase_if(all, [this](staged_file const& f) { return fresh->holds(f); });
    return all;
}

void profile_batch::make_durable(held_tree const& held) const {
    held.publish.require_renames(single_files());
    if (fresh)
        return held.stage.sync_all(); // directories as well
    auto all = files();
    if (mark)
        all.push_back(*mark);
    held.stage.make_durable(all);
}

void profile_batch::put_in_place(held_tree const& held) const {
    auto rest = files();
    std::vector<std::string> changed;
    if (fresh) {
        std::set<std::string> directories;
        for (auto const& p : profiles)
            if (fresh->holds(p.file))
                directories.insert(p.of->layout.branch_of(p.id));
        held.publish.publish_directories(*fresh, directories, rest, changed);
    }
    held.publish.publish(std::move(rest), std::move(changed));
    discard_directories();
}

namespace {

void make_durable(batch_result& result, held_tree const& held, feed::recorder& feed) {
    stopwatch const timing{result.phases, phase::sync};
    feed.add_ahead(result.batch.files());
    result.batch.make_durable(held);
    feed.sync_ahead();
}

void put_in_place(batch_result& result, held_tree const& held, sessions& database, std::stop_token const& stop) {
    stopwatch const timing{result.phases, phase::publish};
    publishing_lock const lock{held.files, publishing_lock::kind::exclusive, stop, held.waiting};
    database.require_lock(); // after all waiting
    if (result.batch.mark)
        held.publish.publish({*result.batch.mark});
    result.batch.put_in_place(held);
}

marking_result mark(rows_to_mark batch, pg::connection& marker, sql const& statements) {
    auto const begin = std::chrono::steady_clock::now();
    marking_result result;
    for (auto& [of, rows] : batch) {
        std::ranges::sort(rows, {}, &work_row::key);
        result.rows.push_back({of, mark_exported(marker, statements, *of->set, rows, of->check), rows.size()});
    }
    result.time = std::chrono::steady_clock::now() - begin;
    return result;
}

} // namespace

batch_result publish_batch(profile_batch batch, std::future<marking_result> earlier, held_tree const& held,
                           feed::recorder& feed, sessions& database, sql const& statements,
                           std::stop_token const& stop) {
    batch_result result;
    result.batch = std::move(batch);
    bool const has_files = result.batch.has_files();
    if (has_files)
        make_durable(result, held, feed);
    // While rows are being marked, every name in the tree is on disk.
    if (earlier.valid())
        result.earlier = earlier.get();
    if (has_files)
        put_in_place(result, held, database, stop);
    else
        result.batch.discard_directories();
    result.marking = std::async(std::launch::async, mark, std::move(result.batch.rows), std::ref(database.marker()),
                                std::cref(statements));
    return result;
}

} // namespace notes_export
