#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_progress.hpp"
#include "cycle/detect.hpp"
#include "cycle/marking.hpp"
#include "cycle/tree_publication.hpp"

#include <chrono>
#include <list>
#include <optional>
#include <stop_token>
#include <vector>

namespace notes_export {

/**
 * One export cycle, from detection to marking. Used once.
 *
 * The order of run() is the protocol: nothing is renamed before it is durable, nothing refers to what is not in place,
 * nothing is marked that is not durably in place.
 */
class cycle {
public:
    cycle(exporter_parts& parts, cycle_request const& request, std::stop_token stop);

    cycle_report run();

private:
    void render();
    void make_indexes();
    std::optional<publication_end> stage_rest();
    std::vector<staged_file> staged_files();
    void leave_too(std::vector<std::string>& going, std::vector<staged_file> const& files);
    bool changes_anything(std::vector<staged_file> const& files, std::vector<std::string> const& going) const;
    std::vector<std::string> former_files();
    void hash_soon(staged_file const& file);
    void mark();
    void report();

    cycle_context m_context;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
    guards m_guards;
    detection m_found; ///< in front of the two that refer to it, which look at it after detection only
    marking m_marks;
    tree_publication m_publication;
    std::list<dataset_progress> m_datasets;
};

} // namespace notes_export
