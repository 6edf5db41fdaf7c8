#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/profile_outcome.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <string>

namespace notes_export {

/// Of a cycle that only looks: counts and tells the profiles of one dataset that another one would stage.
class planned_profiles {
public:
    planned_profiles(cycle_context& c, situation const& seen, dataset_plan const& plan)
        : m_context{&c}, m_seen{&seen}, m_plan{&plan} {}

    /// A profile that differs, with its twins. Gives how many of those there are.
    std::size_t tell(profile_outcome const& outcome);
    /// A twin that lacks, of a profile that does not differ.
    void tell_file(std::string const& path);

private:
    cycle_context* m_context;
    situation const* m_seen;
    dataset_plan const* m_plan;
};

} // namespace notes_export
