#include "verify/file_comparison.hpp"

#include "files/stamp.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace notes_export {

namespace {

constexpr std::size_t block_bytes = 64 << 10;

tree::comparison before_reading(file const& f, std::filesystem::path const& path) {
    if (!f)
        return tree::comparison::missing;
    return stamp_of(f.fd(), path) ? tree::comparison::equal : tree::comparison::differs;
}

} // namespace

file_comparison::file_comparison(file const& f, std::filesystem::path path)
    : m_fd{f.fd()}, m_path{std::move(path)}, m_so_far{before_reading(f, m_path)}, m_block(block_bytes) {}

void file_comparison::append(std::string_view bytes) {
    while (m_so_far == tree::comparison::equal && !bytes.empty()) {
        auto const n = fill() ? std::min(bytes.size(), m_rest.size()) : 0;
        if (n == 0 || bytes.substr(0, n) != m_rest.substr(0, n)) {
            m_so_far = tree::comparison::differs;
            return;
        }
        bytes.remove_prefix(n);
        m_rest.remove_prefix(n);
    }
}

tree::comparison file_comparison::result() {
    if (m_so_far == tree::comparison::equal && fill())
        m_so_far = tree::comparison::differs;
    return m_so_far;
}

// false at the end of the file.
bool file_comparison::fill() {
    if (m_rest.empty())
        m_rest = {m_block.data(), read_up_to(m_fd, std::span{m_block}, m_path)};
    return !m_rest.empty();
}

} // namespace notes_export
