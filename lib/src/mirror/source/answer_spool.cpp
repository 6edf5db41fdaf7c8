#include "mirror/source/answer_spool.hpp"

#include "files/nameless_file.hpp"

#include <cerrno>
#include <unistd.h>
#include <vector>

namespace notes_export::mirror {

namespace {

constexpr std::size_t most_in_memory = 1U << 20;

std::filesystem::path temporary_directory() {
    try {
        return std::filesystem::temp_directory_path();
    } catch (std::filesystem::filesystem_error const& e) {
        throw file_error("use", e.path1(), e.code().value());
    }
}

} // namespace

void answer_spool::open() {
    m_place = temporary_directory();
    m_file = nameless_file(m_place);
}

void answer_spool::add(std::string_view piece) {
    m_memory += piece;
    m_size += piece.size();
    if (m_memory.size() < most_in_memory)
        return;
    if (!m_file)
        open();
    write_all(m_file.fd(), m_memory, m_place);
    m_memory.clear();
}

void answer_spool::begin_again() {
    m_memory.clear();
    m_file.reset();
    m_size = 0;
}

void answer_spool::give(std::function<void(std::string_view piece)> const& take, std::stop_token const& stop) const {
    constexpr std::size_t block_size = 65536;
    if (m_file) {
        if (::lseek(m_file.fd(), 0, SEEK_SET) != 0)
            throw file_error("seek", m_place, errno);
        std::vector<char> block(block_size);
        while (auto const n = read_up_to(m_file.fd(), block, m_place)) {
            if (stop.stop_requested())
                throw cancelled{};
            take({block.data(), n});
        }
    }
    if (!m_memory.empty())
        take(m_memory);
}

} // namespace notes_export::mirror
