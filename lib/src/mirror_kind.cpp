#include "notes_export/mirror_kind.hpp"

namespace notes_export {

std::string_view to_string(mirror_kind kind) noexcept {
    switch (kind) {
    case mirror_kind::directory:
        return "directory";
    case mirror_kind::git:
        return "git";
    case mirror_kind::s3:
        return "s3";
    }
    return "";
}

} // namespace notes_export
