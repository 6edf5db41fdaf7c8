#include "publish/scratch_tree.hpp"

#include "notes_export/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace notes_export {

namespace {

std::filesystem::path make_directory() {
    auto name = (std::filesystem::temp_directory_path() / "osm-notes-exportd-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw file_error("make directory", name, errno);
    return name;
}

} // namespace

scratch_tree::scratch_tree() : m_path{make_directory()}, m_files{m_path, true} {}

// What cannot be removed is left to whoever cleans up temporary files.
scratch_tree::~scratch_tree() {
    std::error_code unknown;
    std::filesystem::remove_all(m_path, unknown);
}

} // namespace notes_export
