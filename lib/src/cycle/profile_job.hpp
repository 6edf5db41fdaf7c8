#pragma once

#include "cycle/oversized_rows.hpp"
#include "cycle/profile_batch.hpp"
#include "cycle/progress_meter.hpp"
#include "document/document_query.hpp"
#include "notes_export/dataset.hpp"
#include "publish/staging.hpp"
#include "publish/tree.hpp"
#include "schema/set.hpp"
#include "source/catalog.hpp"
#include "source/sessions.hpp"
#include "source/sql.hpp"
#include "twin/plan.hpp"

#include <stop_token>

namespace notes_export {

/// Where profiles are read, what they are compared with, and where they are staged.
struct profile_surroundings {
    sessions& database;
    sql const& statements;
    catalog const& columns;
    tree const& files;
    staging* stage; ///< nullptr: only compare
    schema_set const& schemas;
    int workers;
    std::stop_token stop;
    oversized_rows* oversized;          ///< remembers what ends a session
    progress_meter* progress = nullptr; ///< counts the rows, when there is one
    twin_plan twins = {};
};

/// Profiles of one dataset that are on their way into one batch. All of it outlives the job.
struct profile_job {
    profile_surroundings const& around;
    dataset const& set;
    entity_path const& layout;
    document_query const& query;
    profile_batch const& batch;
};

} // namespace notes_export
