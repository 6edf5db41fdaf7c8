#include "cycle/profile_inspection.hpp"

#include "cycle/stopwatch.hpp"
#include "publish/twin_path.hpp"
#include "twin/comparison.hpp"
#include "twin/making.hpp"

#include <utility>

namespace notes_export {

profile_inspection::profile_inspection(profile_job const& job, phase_times& times) : m_job{&job}, m_times{&times} {
    if (auto const s = job.around.schemas.find(job.set.profile_schema))
        m_checker.emplace(*s);
}

profile_outcome profile_inspection::inspect(work_row const& row, profile_document document) {
    if (document.own_id != std::to_string(row.id)) {
        auto out = refuse(row, "identity", foreign(row, document.own_id));
        out.name = std::move(document.name);
        return out;
    }
    profile_outcome out;
    out.row = row;
    auto path = m_job->layout.of(row.id);
    bool const fresh = m_job->batch.is_new(m_job->layout, row.id);
    auto const live = fresh ? tree::comparison::missing : m_job->around.files.compare(path, document.bytes);
    out.had_file = live != tree::comparison::missing;
    if (live != tree::comparison::equal) {
        out.name = std::move(document.name);
        decide(out, document.bytes, std::move(path), fresh);
    } else if (m_job->around.twins.makes_any()) {
        mend_twins(out, document.bytes, path);
    }
    return out;
}

std::string profile_inspection::foreign(work_row const& row, std::string_view own_id) const {
    return "the document is of " + m_job->set.id_column + ' ' + (own_id.empty() ? "nobody" : std::string{own_id}) +
           ", its row of " + std::to_string(row.id);
}

profile_outcome profile_inspection::refuse(work_row const& row, std::string_view keyword, std::string detail) const {
    profile_outcome out;
    out.row = row;
    out.what = profile_outcome::kind::refused;
    out.had_file = m_job->around.files.exists(m_job->layout.of(row.id));
    out.why = {.pointer = "", .keyword = std::string{keyword}, .detail = std::move(detail)};
    return out;
}

profile_outcome profile_inspection::refuse_absent(work_row const& row) const {
    return refuse(row, "row",
                  "the row is in " + m_job->set.table + " but not in " + m_job->around.columns.source(m_job->set));
}

void profile_inspection::decide(profile_outcome& out, std::string_view bytes, std::string path, bool fresh) {
    if (auto refused = check(bytes)) {
        out.what = profile_outcome::kind::refused;
        out.why = std::move(*refused);
    } else if (m_job->around.stage == nullptr) {
        out.what = profile_outcome::kind::drifted;
    } else {
        out.what = profile_outcome::kind::staged;
        stage_with_twins(out, bytes, std::move(path), fresh);
    }
}

std::optional<violation> profile_inspection::check(std::string_view bytes) {
    stopwatch const timing{*m_times, phase::check};
    return m_checker ? m_checker->check(bytes) : std::nullopt;
}

staged_file profile_inspection::stage(std::string_view bytes, std::string path, bool fresh) {
    stopwatch const timing{*m_times, phase::stage};
    return fresh ? m_job->batch.fresh->write(bytes, std::move(path))
                 : m_job->around.stage->write(bytes, std::move(path));
}

void profile_inspection::stage_with_twins(profile_outcome& out, std::string_view bytes, std::string path, bool fresh) {
    auto const& plan = m_job->around.twins;
    if (plan.makes_any())
        for (auto const how : all_compressions)
            if (plan.make.kinds.has(how))
                out.twins.push_back(stage(twin_bytes(bytes, how, plan.make), twin_path(path, how), fresh));
    out.file = stage(bytes, std::move(path), fresh);
    if (!fresh && !plan.ours().none())
        out.file.old_twins = twins_beside(m_job->around.files, out.file.target, plan.ours());
}

void profile_inspection::mend_twins(profile_outcome& out, std::string_view bytes, std::string const& path) {
    auto const& around = m_job->around;
    for (auto const how : all_compressions) {
        if (!around.twins.make.kinds.has(how) || is_twin_of(around.files, path, how, bytes))
            continue;
        auto twin = twin_path(path, how);
        if (around.stage == nullptr)
            out.twins.push_back({.name = "", .target = std::move(twin)});
        else
            out.twins.push_back(stage(twin_bytes(bytes, how, around.twins.make), std::move(twin), false));
    }
}

void profile_inspection::discard(profile_outcome const& out) const {
    if (out.what == profile_outcome::kind::staged)
        m_job->around.stage->discard(out.file);
    if (m_job->around.stage != nullptr)
        for (auto const& twin : out.twins)
            m_job->around.stage->discard(twin);
}

} // namespace notes_export
