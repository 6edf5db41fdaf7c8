#include "cycle/cycle.hpp"

#include "cycle/data_version.hpp"
#include "cycle/make_index.hpp"
#include "cycle/next_metadata.hpp"
#include "cycle/remember.hpp"
#include "cycle/removals.hpp"
#include "cycle/row_documents.hpp"
#include "cycle/stopwatch.hpp"
#include "index/refused_indexes.hpp"

#include <algorithm>
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
        m_datasets.push_back({&plan, {}, {}});
    if (!m_found.idle()) {
        render();
        make_indexes();
    }
    stage_rest();
    publish();
    mark();
    remember_in_tree(m_context, m_found.seen, m_guards);
    remember_in_process(m_context, m_found.seen, m_marks);
    m_context.tree().now = held_tree::condition::tidy;
    report();
    return std::move(m_context.report);
}

void cycle::render() {
    m_context.enter(phase::read);
    for (auto& d : m_datasets)
        d.rendered = render_profiles(m_context, m_found.seen, *d.plan, m_publication);
}

// The files are listed, and the profiles put on disk, while the database works.
void cycle::make_indexes() {
    std::list<listed_files> files;
    for (auto const& d : m_datasets)
        files.push_back(list_files(m_context, *d.plan));
    m_publication.begin_sync();
    m_context.enter(phase::index);
    for (auto& d : m_datasets) {
        auto found = std::move(files.front());
        files.pop_front();
        if (!d.plan->reaches.touched)
            continue;
        auto index = make_index(m_context, m_found.seen, *d.plan,
                                m_found.seen.unfinished() || m_publication.begun());
        auto removals = find_removals(m_context, m_found.seen, *d.plan, std::move(found));
        d.change = guard(m_context, m_found.seen, *d.plan, d.rendered, std::move(index), std::move(removals), m_guards);
        if (d.change.index.file)
            m_staged.push_back(*d.change.index.file);
    }
}

// Files of single rows and metadata.json. The snapshot is no longer needed then.
void cycle::stage_rest() {
    auto& report = m_context.report;
    auto& seen = m_found.seen;
    for (auto const& file : m_staged)
        report.bytes_written += file.size;
    auto const documents = stage_row_documents(m_context, seen);
    m_staged.insert(m_staged.begin(), documents.begin(), documents.end());
    if (!m_found.idle() || !m_staged.empty())
        identify_database(seen);
    m_context.parts.database.end_snapshot();
    m_publication.finish_batch();

    auto version = find_data_version(m_context, seen);
    bool const has_files = !m_publication.staged().profiles.empty() || !m_staged.empty() || !removals().empty();
    auto const next = next_metadata(m_context, seen,
                                    {totals(), version.published, has_files,
                                     seen.unfinished() || m_publication.begun()});
    report.version = version.published;
    report.generation = next ? next->generation : seen.live->generation;
    if (!next)
        return;
    auto const text = next->text();
    require_valid(m_context.parts.schemas, text);
    m_metadata = m_context.tree().stage.write(text, std::string{metadata::path});
    m_new_version = std::move(version.raised);
    report.bytes_written += text.size();
}

std::vector<std::pair<std::string, std::uint64_t>> cycle::totals() const {
    std::vector<std::pair<std::string, std::uint64_t>> totals;
    auto const& live = m_found.seen.live;
    for (auto const& d : m_datasets)
        totals.emplace_back(d.plan->set->name, d.plan->reaches.touched ? d.change.published
                                               : live                  ? live->total(d.plan->set->name)
                                                                       : 0);
    return totals;
}

void cycle::publish() {
    if (!m_metadata)
        return m_publication.finish(nullptr);
    publication_end const end{m_staged, *m_metadata, removals(), m_new_version};
    m_publication.finish(&end);
    tell_removals();
}

std::vector<std::string> cycle::removals() const {
    std::vector<std::string> paths;
    for (auto const& d : m_datasets)
        for (auto const id : d.change.removals)
            paths.push_back(d.plan->layout.of(id));
    return paths;
}

void cycle::tell_removals() const {
    auto const& observer = m_context.parts.observer;
    if (!observer.entity)
        return;
    for (auto const& d : m_datasets)
        for (auto const id : d.change.removals)
            observer.entity({d.plan->set->name, d.plan->set->singular, id, "", true});
}

void cycle::mark() {
    if (m_context.parts.observer.entering)
        m_context.parts.observer.entering(phase::mark);
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
    m_marks.forget_log(served);
    m_marks.record_generation();
}

void cycle::report() {
    auto& report = m_context.report;
    auto total = totals();
    for (auto& d : m_datasets) {
        auto const index_bytes = remember_index(m_context, *d.plan, std::move(d.change.index.known));
        report.datasets.push_back(report_of(d, m_marks.of(*d.plan->set), total[report.datasets.size()].second,
                                            m_context.memory().refused.count(d.plan->set->name), index_bytes));
    }
    for (auto& text : m_context.parts.database.take_warnings())
        m_context.warn(std::move(text));
    report.finished = std::chrono::system_clock::now();
    report.duration = std::chrono::steady_clock::now() - m_begin;
}

dataset_report cycle::report_of(dataset_progress const& d, marking::counts const& marks, std::size_t total,
                                std::size_t quarantined, std::uint64_t index_bytes) {
    dataset_report r;
    r.name = d.plan->set->name;
    r.rows_read = d.plan->rows_read;
    r.exported = d.rendered.exported;
    r.unchanged = d.rendered.unchanged;
    r.removed = d.change.removals.size();
    r.marked = marks.marked;
    r.mark_conflicts = marks.conflicts;
    r.quarantined = quarantined;
    auto const waiting = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(d.plan->pending) + d.rendered.pending);
    r.pending = waiting - std::min(waiting, marks.marked);
    r.superseded = static_cast<std::size_t>(std::ranges::count(d.plan->rows.without_profile,
                                                               work_row::role::superseded, &work_row::what));
    r.published = d.change.published;
    r.total = total;
    r.left_out = d.change.index.left_out;
    r.shrink_refused = d.change.shrink_refused;
    r.index_written = d.change.index.file.has_value();
    r.index_merged = d.change.index.merged;
    r.index_refused = d.change.index_refused;
    r.index_bytes = index_bytes;
    return r;
}

} // namespace notes_export
