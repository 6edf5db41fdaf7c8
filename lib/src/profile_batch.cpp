#include "profile_batch.hpp"

#include "cycle.hpp"
#include "source/marks.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace notes_export {

void profile_batch::expect(held_tree& held, entity_path const& layout, std::span<work_row const> coming) {
    std::int64_t last = -1;
    for (auto const& row : coming) {
        auto const number = layout.branch_number(row.id);
        if (std::exchange(last, number) == number)
            continue;
        if (auto branch = layout.branch_of(row.id); !held.files.try_open_directory(branch))
            new_directories.insert(std::move(branch));
    }
    if (!new_directories.empty() && !fresh)
        fresh.emplace(held.stage);
}

std::vector<staged_file> profile_batch::files() const {
    std::vector<staged_file> all;
    all.reserve(profiles.size());
    for (auto const& p : profiles)
        all.push_back(p.file);
    return all;
}

std::vector<std::string> profile_batch::prepare(held_tree const& held) const {
    auto single = files();
    if (fresh) {
        std::erase_if(single, [&](staged_file const& f) { return fresh->holds(f); });
        held.stage.sync_all(); // directories as well
    } else {
        held.stage.make_durable(single);
    }
    return held.publish.make_directories(single);
}

void profile_batch::put_in_place(held_tree const& held, std::vector<std::string> changed) const {
    auto rest = files();
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

batch_result publish_batch(profile_batch batch, held_tree const& held, sessions& database, sql const& statements,
                           std::stop_token const& stop) {
    batch_result result;
    result.batch = std::move(batch);
    if (result.batch.profiles.empty()) {
        result.batch.discard_directories();
    } else {
        std::vector<std::string> changed;
        {
            stopwatch const timing{result.phases, phase::sync};
            changed = result.batch.prepare(held);
        }
        stopwatch const timing{result.phases, phase::publish};
        publishing_lock const lock{held.files, publishing_lock::kind::exclusive, stop};
        database.require_lock(); // after all waiting
        result.batch.put_in_place(held, std::move(changed));
    }
    stopwatch const timing{result.phases, phase::mark};
    auto& writer = database.writer();
    for (auto& [of, rows] : result.batch.rows) {
        std::ranges::sort(rows, {}, &work_row::key);
        result.marks.push_back({of, mark_exported(writer, statements, *of->d, rows), rows.size()});
    }
    return result;
}

} // namespace notes_export
