#pragma once

#include "crash/model_oracle.hpp"
#include "crash/model_session.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace model {

/// What each profile may be, asked of the server in one statement per dataset, without the program: the text of
/// row_to_json of the row that is to be published for an id. More than one, when nothing tells such rows apart.
using possible_profiles = std::map<std::string, std::set<std::string>>;

possible_profiles possible(session& s);

/// Against the tree of a fresh export; refused rows are not in it.
std::vector<std::string> untruths(test::tree_contents const& fresh, possible_profiles const& truth,
                                  refusals const& refused);

} // namespace model
