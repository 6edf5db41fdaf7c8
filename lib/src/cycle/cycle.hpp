#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_change.hpp"
#include "cycle/detect.hpp"
#include "cycle/marking.hpp"
#include "cycle/render.hpp"
#include "cycle/tree_publication.hpp"

#include <list>
#include <stop_token>
#include <vector>

namespace notes_export {

/// One dataset on its way through a cycle. Each part is written by one step.
struct dataset_progress {
    dataset_plan const* plan = nullptr; ///< detection
    rendered_profiles rendered;         ///< rendering
    dataset_change change;              ///< index making and the guards; empty when the dataset is not touched
};

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
    void stage_rest();
    void publish();
    void mark();
    void report();
    std::vector<std::string> removals() const;
    void tell_removals() const;
    std::vector<std::pair<std::string, std::uint64_t>> totals() const;
    static dataset_report report_of(dataset_progress const& d, marking::counts const& marks, std::size_t total,
                                    std::size_t quarantined, std::uint64_t index_bytes);

    cycle_context m_context;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
    guards m_guards;
    detection m_found;
    marking m_marks;
    tree_publication m_publication;
    std::list<dataset_progress> m_datasets;
    std::vector<staged_file> m_staged; ///< indexes, and files of single rows
    std::optional<std::string> m_new_version;
    std::optional<staged_file> m_metadata; ///< none: there is nothing to publish
};

} // namespace notes_export
