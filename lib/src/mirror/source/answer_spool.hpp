#pragma once

#include "files/file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export::mirror {

/**
 * Bytes of an answer until all of it is there: an answer that breaks off is asked for again, and nobody shall have its
 * beginning. What is longer than a megabyte goes to a file without a name where temporary files are (TMPDIR).
 *
 * Throws  file_error. Thread: one.
 */
class answer_spool {
public:
    void add(std::string_view piece);
    void begin_again();
    std::uint64_t size() const noexcept { return m_size; }
    /// All of it, piece by piece. What `take` throws comes through, and cancelled.
    void give(std::function<void(std::string_view piece)> const& take, std::stop_token const& stop) const;

private:
    void open();

    std::string m_memory; ///< what is not in the file
    file m_file;
    std::filesystem::path m_place; ///< for errors
    std::uint64_t m_size = 0;
};

} // namespace notes_export::mirror
