#include "cycle/file_twins.hpp"

#include "cycle/former_paths.hpp"
#include "cycle/stopwatch.hpp"
#include "files/in_parallel.hpp"
#include "publish/twin_path.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "twin/comparison.hpp"
#include "twin/making.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace notes_export {

namespace {

using twin_job = std::function<std::optional<staged_file>()>;

/// Of each dataset and document, whether it is there or not; and shards that are there.
std::vector<std::string> paths_of_files(cycle_context const& c) {
    std::vector<std::string> paths;
    for (auto const& d : c.config().datasets) {
        if (d.has_index())
            paths.push_back(d.index_path);
        shard::paths const where{d};
        for (auto& path : d.shards.make ? shard::present(c.tree().files, where) : std::vector<std::string>{})
            if (where.contains(path))
                paths.push_back(std::move(path));
    }
    for (auto const& d : c.config().documents)
        paths.push_back(d.path);
    return paths;
}

twin_job make(cycle_context const& c, staged_file const& of, compression how) {
    return [&c, of, how] { return std::optional{stage_twin(c.tree().stage, of, how, c.config().twins, c.stop)}; };
}

twin_job mend(cycle_context const& c, std::string const& path, compression how) {
    return [&c, path, how]() -> std::optional<staged_file> {
        auto& held = c.tree();
        if (!held.files.exists(path) || is_twin_of_file(held.files, path, how))
            return std::nullopt;
        return stage_twin_of_published(held.stage, held.files, path, how, c.config().twins, c.stop);
    };
}

/// As many at a time as there are processors, in their order: large ones first, which take longest.
std::vector<staged_file> run(std::vector<twin_job> const& jobs) {
    std::vector<std::optional<staged_file>> made(jobs.size());
    in_parallel(jobs.size(), std::thread::hardware_concurrency(), [&](std::size_t i) { made[i] = jobs[i](); });
    std::vector<staged_file> twins;
    for (auto& twin : made)
        if (twin)
            twins.push_back(std::move(*twin));
    return twins;
}

/// Not only what changed is looked at.
bool looks_further(cycle_context const& c, situation const& seen) {
    return c.full() || c.request.only || seen.unfinished();
}

} // namespace

std::vector<staged_file> stage_file_twins(cycle_context& c, situation const& seen, std::vector<staged_file>& files,
                                          std::vector<std::string> const& going) {
    auto const& plan = seen.twins;
    if (plan.ours().none())
        return {};
    stopwatch const timing{c.report.phases, phase::index};
    std::set<std::string> staying;
    if (looks_further(c, seen))
        for (auto& path : paths_of_files(c))
            staying.insert(std::move(path));
    for (auto const& path : going)
        staying.erase(path);
    for (auto& f : files) {
        f.old_twins = twins_beside(c.tree().files, f.target, plan.ours());
        staying.erase(f.target);
    }
    std::vector<twin_job> jobs;
    for (auto const how : all_compressions) {
        if (!plan.make.kinds.has(how))
            continue;
        for (auto const& f : files)
            jobs.push_back(make(c, f, how));
        for (auto const& path : staying)
            jobs.push_back(mend(c, path, how));
    }
    auto twins = run(jobs);
    for (auto const& twin : twins)
        c.report.bytes_written += twin.size;
    return twins;
}

namespace {

/// Twins of the tree that no cycle would make.
class twin_sweep {
public:
    twin_sweep(cycle_context const& c, situation const& seen, profile_batch const& last,
               std::vector<staged_file> const& files)
        : m_tree{&c.tree().files}, m_plan{seen.twins} {
        for (auto const& p : last.profiles)
            m_staged.insert(p.file.target);
        for (auto const& f : files)
            m_staged.insert(f.target);
    }

    void look_at_file(std::string const& path) {
        for (auto const how : all_compressions)
            if (m_plan.ours().has(how) && m_tree->is_removable(twin_path(path, how)) && !has_place(path, how))
                m_found.push_back(twin_path(path, how));
    }

    void look_at_profiles(entity_path const& layout) {
        auto const twins = m_tree->profile_twins(layout);
        for (auto const& [id, how] : twins)
            if (auto const path = layout.of(id); m_plan.ours().has(how) && !has_place(path, how))
                m_found.push_back(twin_path(path, how));
    }

    /// Also of those that are not made any more.
    void look_at_shards(dataset const& d) {
        for (auto& path : shard::present(*m_tree, shard::paths{d}))
            if (auto const twin = twin_at(path);
                twin && m_plan.ours().has(twin->how) && !has_place(std::string{twin->of}, twin->how))
                m_found.push_back(std::move(path));
    }

    std::vector<std::string> take() { return std::move(m_found); }

private:
    bool has_place(std::string const& path, compression how) const {
        return m_plan.make.kinds.has(how) && (m_staged.contains(path) || m_tree->is_removable(path));
    }

    tree const* m_tree;
    twin_plan m_plan;
    std::set<std::string> m_staged;
    std::vector<std::string> m_found;
};

} // namespace

std::vector<std::string> twins_to_remove(cycle_context const& c, situation const& seen,
                                         std::list<dataset_progress> const& datasets, profile_batch const& last,
                                         std::vector<staged_file> const& files) {
    auto const ours = seen.twins.ours();
    if (ours.none())
        return {};
    std::set<std::string> going;
    for (auto const& path : removals_of(datasets))
        for (auto const how : all_compressions)
            if (twins_beside(c.tree().files, path, ours).has(how))
                going.insert(twin_path(path, how));
    if (looks_further(c, seen)) {
        twin_sweep sweep{c, seen, last, files};
        for (auto const& d : datasets)
            sweep.look_at_profiles(d.plan->layout);
        for (auto const& path : paths_of_files(c))
            sweep.look_at_file(path);
        for (auto const& d : datasets)
            sweep.look_at_shards(*d.plan->set);
        for (auto const& path : places_of(seen.files.former(), c.tree().files))
            sweep.look_at_file(path);
        for (auto& path : sweep.take())
            going.insert(std::move(path));
    }
    return {going.begin(), going.end()};
}

} // namespace notes_export
