#include "source/install_version.hpp"

#include "notes_export/check.hpp"

namespace notes_export {

std::optional<version_remark> remark_on_version(std::int64_t version) {
    auto const ours = std::to_string(current_install_version);
    if (version == current_install_version)
        return std::nullopt;
    if (version == 0)
        return version_remark{
            "the row in json_export_state was lost and made again, so which version of install.sql ran "
            "is not known",
            "run install.sql"};
    auto const text = "version " + std::to_string(version) + " of install.sql ran here, this program ";
    if (version < current_install_version)
        return version_remark{text + "comes with " + ours, "run install.sql"};
    return version_remark{text + "knows " + ours + " and is older", "upgrade the package osm-notes-exportd"};
}

} // namespace notes_export
