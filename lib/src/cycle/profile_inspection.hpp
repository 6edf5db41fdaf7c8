#pragma once

#include "cycle/profile_job.hpp"
#include "cycle/profile_outcome.hpp"
#include "notes_export/report.hpp"
#include "schema/schema.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// A profile as it would be published. The bytes and the id in them are valid until the next one is rendered.
struct profile_document {
    std::string_view bytes;
    std::string_view own_id; ///< as it stands in them, "" when there is none
    std::string name;        ///< of the entity
};

/**
 * Says what becomes of documents: compares each with the live file, checks it where it is new or different, and stages
 * it.
 *
 * Throws file_error. Thread: the owner's; one inspection for each.
 */
class profile_inspection {
public:
    /// What checking and staging took is added to `times`.
    profile_inspection(profile_job const& job, phase_times& times);

    profile_outcome inspect(work_row const& row, profile_document document);
    /// Of a row that has no document. `keyword` and `detail` say why.
    profile_outcome refuse(work_row const& row, std::string_view keyword, std::string detail) const;
    /// The datamart row is there, but the view that profiles come from leaves it out.
    profile_outcome refuse_absent(work_row const& row) const;
    /// An outcome that does not count after all.
    void discard(profile_outcome const& out) const;

private:
    void decide(profile_outcome& out, std::string_view bytes, std::string path, bool fresh);
    std::optional<violation> check(std::string_view bytes);
    staged_file stage(std::string_view bytes, std::string path, bool fresh);
    void stage_with_twins(profile_outcome& out, std::string_view bytes, std::string path, bool fresh);
    void mend_twins(profile_outcome& out, std::string_view bytes, std::string const& path);
    std::string foreign(work_row const& row, std::string_view own_id) const;

    profile_job const* m_job;
    phase_times* m_times;
    std::optional<schema_checker> m_checker;
};

} // namespace notes_export
