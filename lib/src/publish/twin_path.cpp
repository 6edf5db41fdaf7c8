#include "publish/twin_path.hpp"

namespace notes_export {

std::string twin_path(std::string_view path, compression how) {
    std::string twin{path};
    return (twin += '.') += name_of(how);
}

std::optional<twin_name> twin_at(std::string_view path) noexcept {
    for (auto const how : all_compressions) {
        auto const end = name_of(how);
        if (path.size() > end.size() + 1 && path.ends_with(end) && path[path.size() - end.size() - 1] == '.')
            return twin_name{path.substr(0, path.size() - end.size() - 1), how};
    }
    return std::nullopt;
}

} // namespace notes_export
