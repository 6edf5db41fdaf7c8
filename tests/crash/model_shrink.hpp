#pragma once

#include "crash/model_action.hpp"
#include "crash/model_world.hpp"

#include <string>

namespace model {

struct shorter_case {
    actions list;
    std::string why; ///< how it fails
};

/// A part of a list of steps that fails as well, when it is done from the beginning. Each try takes a second or two.
shorter_case shrink(world& w, shape const& s, actions const& all, double minutes);

} // namespace model
