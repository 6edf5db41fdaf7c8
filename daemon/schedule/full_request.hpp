#pragma once

#include <string_view>

namespace exportd {

/// Does the payload of a notification ask for a full export? {"full":true} does; anything else is a plain hint.
/// Anybody may have sent it: whatever it is, and however deep, reading it ends.
bool asks_for_full(std::string_view payload);

} // namespace exportd
