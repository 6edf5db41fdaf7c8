#pragma once

#include "mirror/target.hpp"
#include "notes_export/mirror_config.hpp"

#include <cstddef>
#include <set>
#include <stop_token>
#include <string>

namespace notes_export::mirror {

/// Tells caches after a step what changed: a command, an HTTP endpoint, or both. What fails is tried again with the
/// next step. Thread: one.
class purger {
public:
    explicit purger(mirror_config const& config);

    struct outcome {
        std::size_t purged = 0;
        std::string error; ///< "" is none
    };
    /// Ends soon when asked to stop: what is left is as if it had failed. Throws nothing of its own.
    outcome after(step_result const& step, std::stop_token const& stop);
    /// What this step has changed is asked for after the next one that does not fail.
    void remember(step_result const& step);

private:
    struct waiting {
        std::set<std::string> paths;
        bool too_many = false;
        void add(step_result const& step);
        void clear();
    };
    void run_command(outcome& result, std::stop_token const& stop);
    void ask_urls(outcome& result, std::stop_token const& stop);

    std::string m_command;
    std::string m_url;
    waiting m_for_command;
    waiting m_for_url;
};

} // namespace notes_export::mirror
