#pragma once

#include <string_view>

namespace notes_export {

/// What a mirror writes to.
enum class mirror_kind { directory, git, s3 };
/// The word for it in configuration, records and states.
std::string_view to_string(mirror_kind) noexcept;

} // namespace notes_export
