#include "cycle/cycle.hpp"

#include "cycle/data_version.hpp"
#include "cycle/file_twins.hpp"
#include "cycle/former_paths.hpp"
#include "cycle/known_indexes.hpp"
#include "cycle/make_index.hpp"
#include "cycle/next_metadata.hpp"
#include "cycle/planned_changes.hpp"
#include "cycle/remember.hpp"
#include "cycle/removals.hpp"
#include "cycle/row_documents.hpp"
#include "cycle/stopwatch.hpp"
#include "cycle/use_shrink_allowance.hpp"
#include "index/refused_indexes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace notes_export {

namespace {

cycle_report begun_now() {
    cycle_report report;
    report.started = std::chrono::system_clock::now();
    return report;
}

} // namespace

cycle::cycle(exporter_parts& parts, cycle_request const& request, std::stop_token stop)
    : m_context{parts, request, std::move(stop), begun_now()},
      m_guards{removal_window::parse(m_context.tree().notes.counts().value_or("")),
               read_refused_indexes(m_context.tree().files)},
      m_marks{m_context, m_found.seen},
      m_publication{m_context, m_found.seen, m_marks} {}

cycle_report cycle::run() {
    m_found = detect(m_context, m_guards.refused_indexes);
    for (auto const& plan : m_found.plans)
        m_datasets.push_back({&plan, {}, {}, 0});
    recall_indexes(m_context, m_found.seen);
    if (!m_found.idle()) {
        identify_database(m_context, m_found.seen); // the first batch is bound to it, and takes the sessions
        render();
        make_indexes();
    }
    auto const end = stage_rest();
    if (m_context.only_looks()) {
        tell_planned(m_context, end ? &*end : nullptr);
        report();
        return std::move(m_context.report);
    }
    m_publication.finish(end ? &*end : nullptr);
    tell_removals(m_context, m_datasets);
    remember_indexes(m_context, m_found.seen, m_datasets);
    mark();
    remember_in_tree(m_context, m_found.seen, m_guards);
    remember_in_process(m_context, m_found.seen, m_marks);
    m_context.tree().now = held_tree::condition::tidy;
    report();
    return std::move(m_context.report);
}

void cycle::render() {
    for (auto const& d : m_datasets)
        m_context.progress.expect(rows_to_render(*d.plan));
    m_context.enter(phase::read);
    for (auto& d : m_datasets)
        d.rendered = render_profiles(m_context, m_found.seen, *d.plan, m_publication);
    for (auto& plan : m_found.plans)
        plan.rows.profiles = std::vector<work_row>{}; // as much memory as the shards of an index need
}

// The files are listed, and the profiles put on disk, while the database works.
void cycle::make_indexes() {
    auto const& seen = m_found.seen;
    std::list<listed_files> files;
    for (auto const& d : m_datasets)
        files.push_back(list_files(m_context, *d.plan));
    if (!m_context.only_looks())
        m_publication.begin_sync();
    m_context.enter(phase::index);
    for (auto& d : m_datasets) {
        auto found = std::move(files.front());
        files.pop_front();
        if (!d.plan->reaches.touched)
            continue;
        auto index = make_index(m_context, seen, *d.plan, seen.unfinished() || m_publication.begun());
        auto removals = find_removals(m_context, seen, *d.plan, std::move(found));
        d.change = guard(m_context, seen, *d.plan, d.rendered, std::move(index), std::move(removals), m_guards);
    }
}

// The snapshot is not needed for longer. Nothing: there is nothing to publish.
std::optional<publication_end> cycle::stage_rest() {
    auto& seen = m_found.seen;
    auto files = staged_files();
    if (!files.empty())
        identify_database(m_context, seen);
    m_context.parts.database.end_snapshot();
    auto going = removals_of(m_datasets);
    auto twins = stage_file_twins(m_context, seen, files, going);
    std::ranges::for_each(twins, [this](auto const& twin) { hash_soon(twin); });
    m_publication.finish_batch();

    auto version = find_data_version(m_context, seen);
    leave_too(going, files);
    std::ranges::move(twins, std::back_inserter(files));
    auto metadata = stage_metadata(m_context, seen,
                                   {totals_of(m_datasets, seen), version.published, changes_anything(files, going),
                                    seen.unfinished() || m_publication.begun()});
    if (!metadata)
        return std::nullopt;
    return publication_end{std::move(files), std::move(metadata->file), std::move(going), std::move(version.raised),
                           std::move(metadata->says)};
}

// Files of single rows, then indexes, then their shards.
std::vector<staged_file> cycle::staged_files() {
    auto files = stage_row_documents(m_context, m_found.seen);
    auto const add = [&](staged_file const& file) {
        m_context.report.bytes_written += file.size;
        hash_soon(file);
        files.push_back(file);
    };
    for (auto const& d : m_datasets)
        if (auto const& index = d.change.index.file)
            add(*index);
    for (auto const& d : m_datasets)
        std::ranges::for_each(d.change.index.shards.files, add);
    return files;
}

// What goes besides profiles and shards. `files` are staged, still without their twins.
void cycle::leave_too(std::vector<std::string>& going, std::vector<staged_file> const& files) {
    std::ranges::move(twins_to_remove(m_context, m_found.seen, m_datasets, m_publication.staged(), files),
                      std::back_inserter(going));
    std::ranges::move(former_files(), std::back_inserter(going));
}

bool cycle::changes_anything(std::vector<staged_file> const& files, std::vector<std::string> const& going) const {
    return !files.empty() || !going.empty() || std::ranges::any_of(m_datasets, [](auto const& d) {
        return d.rendered.exported > 0 || d.rendered.twins > 0;
    });
}

// What earlier configurations exported.
std::vector<std::string> cycle::former_files() {
    auto const& seen = m_found.seen;
    if (seen.clears_former)
        return former_paths(seen.files.former(), m_context.tree().files, m_context.config(), seen.twins.ours());
    auto const former = names_of(seen.files.former());
    if (m_context.full() && !former.empty())
        m_context.warn(
            former.front() + (former.size() > 1 ? " and " + std::to_string(former.size() - 1) + " more" : "") +
            " are no longer configured; their files stay (osm-notes-exportd once --full --force removes them)");
    return {};
}

void cycle::hash_soon(staged_file const& file) {
    if (m_context.parts.feed)
        m_context.parts.feed->hash_soon(file);
}

void cycle::mark() {
    m_context.tell(phase::mark);
    auto rows = m_publication.take_rows();
    m_marks.expect(rows);
    stopwatch const timing{m_context.report.phases, phase::mark};
    m_marks.mark(std::move(rows));
    auto served = m_context.full() ? m_found.seen.log.full_lines : std::vector<std::int64_t>{};
    for (auto const& d : m_datasets) {
        m_marks.flag(*d.plan->set, d.plan->to_flag);
        m_marks.flag(*d.plan->set, d.rendered.to_flag);
        served.insert(served.end(), d.change.log_lines.begin(), d.change.log_lines.end());
    }
    auto const spent = spent_shrink_lines(m_context, m_found.seen);
    served.insert(served.end(), spent.begin(), spent.end());
    m_marks.forget_log(served);
    if (m_context.full())
        m_marks.forget_log_of_others();
    m_marks.record_generation();
    m_context.parts.database.close_marker();
}

void cycle::report() {
    auto& report = m_context.report;
    for (auto& d : m_datasets) {
        auto const& set = *d.plan->set;
        auto of_set = report_of(d, m_marks.of(set), d.total(m_found.seen));
        of_set.quarantined = m_context.memory().refused.count(set.name);
        of_set.index_held = std::ranges::find(m_guards.refused_indexes, set.name, &index_size::dataset) !=
                            m_guards.refused_indexes.end();
        of_set.index_bytes = d.index_bytes;
        report.datasets.push_back(std::move(of_set));
    }
    for (auto& text : m_context.parts.database.take_warnings())
        m_context.warn(std::move(text));
    report.read = m_context.parts.database.take_read_place();
    report.missing = m_found.seen.columns.missing();
    report.finished = std::chrono::system_clock::now();
    report.duration = std::chrono::steady_clock::now() - m_begin;
}

} // namespace notes_export
