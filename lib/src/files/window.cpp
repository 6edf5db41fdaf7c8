#include "files/window.hpp"

#include "notes_export/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace notes_export {

std::string_view file_window::at(std::uint64_t offset, std::size_t wanted) {
    if (offset < m_begin || offset + wanted > m_begin + m_used)
        move_to(offset, wanted);
    auto const skipped = static_cast<std::size_t>(offset - m_begin);
    return std::string_view{m_bytes.data(), m_used}.substr(skipped);
}

void file_window::move_to(std::uint64_t offset, std::size_t wanted) {
    m_bytes.resize(std::max(m_block, wanted));
    m_begin = offset;
    m_used = 0;
    while (m_used < m_bytes.size()) {
        auto const n =
            ::pread(m_fd, m_bytes.data() + m_used, m_bytes.size() - m_used, static_cast<off_t>(offset + m_used));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw file_error("read", m_path, errno);
        if (n == 0)
            break;
        m_used += static_cast<std::size_t>(n);
    }
}

std::optional<std::uint64_t> file_window::find(char c, std::uint64_t offset) {
    for (;;) {
        auto const bytes = at(offset, 1);
        if (bytes.empty())
            return std::nullopt;
        if (auto const* const found = std::memchr(bytes.data(), c, bytes.size()))
            return offset + static_cast<std::uint64_t>(static_cast<char const*>(found) - bytes.data());
        offset += bytes.size();
    }
}

} // namespace notes_export
