#include "cycle/file_twins.hpp"

#include "cycle/stopwatch.hpp"
#include "publish/twin_path.hpp"
#include "twin/comparison.hpp"
#include "twin/making.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace notes_export {

namespace {

using twin_job = std::future<std::optional<staged_file>>;

std::vector<std::string> paths_of_files(export_config const& config) {
    std::vector<std::string> paths;
    for (auto const& d : config.datasets)
        if (d.has_index())
            paths.push_back(d.index_path);
    for (auto const& d : config.documents)
        paths.push_back(d.path);
    return paths;
}

twin_job make(cycle_context const& c, staged_file const& of, compression how) {
    return std::async(std::launch::async, [&c, of, how] {
        return std::optional{stage_twin(c.tree().stage, of, how, c.config().twins, c.stop)};
    });
}

twin_job mend(cycle_context const& c, std::string const& path, compression how) {
    return std::async(std::launch::async, [&c, path, how]() -> std::optional<staged_file> {
        auto& held = c.tree();
        if (!held.files.exists(path) || is_twin_of_file(held.files, path, how))
            return std::nullopt;
        return stage_twin_of_published(held.stage, held.files, path, how, c.config().twins, c.stop);
    });
}

/// Not only what changed is looked at.
bool looks_further(cycle_context const& c, situation const& seen) {
    return c.full() || c.request.only || seen.unfinished();
}

bool is_staged(std::vector<staged_file> const& files, std::string_view path) {
    return std::ranges::find(files, path, &staged_file::target) != files.end();
}

} // namespace

std::vector<staged_file> stage_file_twins(cycle_context& c, situation const& seen, std::vector<staged_file>& files) {
    auto const& plan = seen.twins;
    if (plan.ours().none())
        return {};
    stopwatch const timing{c.report.phases, phase::index};
    std::vector<twin_job> jobs;
    for (auto& f : files)
        f.old_twins = twins_beside(c.tree().files, f.target, plan.ours());
    for (auto const how : all_compressions) {
        if (!plan.make.kinds.has(how))
            continue;
        for (auto const& f : files)
            jobs.push_back(make(c, f, how));
        if (looks_further(c, seen))
            for (auto const& path : paths_of_files(c.config()))
                if (!is_staged(files, path))
                    jobs.push_back(mend(c, path, how));
    }
    std::vector<staged_file> twins;
    for (auto& job : jobs)
        if (auto twin = job.get()) {
            c.report.bytes_written += twin->size;
            twins.push_back(std::move(*twin));
        }
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
        for (auto const& path : paths_of_files(c.config()))
            sweep.look_at_file(path);
        for (auto& path : sweep.take())
            going.insert(std::move(path));
    }
    return {going.begin(), going.end()};
}

} // namespace notes_export
