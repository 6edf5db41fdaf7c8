#pragma once

#include <streambuf>
#include <string>

namespace exportd {

/**
 * What std::cout writes to while this lives: standard output, as the C library would write it, but that the first
 * failure keeps its reason. What comes after that is not written.
 *
 * On a terminal each line is shown at once. Thread: as std::cout, whoever writes holds others off.
 */
class standard_output final : public std::streambuf {
public:
    standard_output();
    ~standard_output() override;
    standard_output(standard_output const&) = delete;
    standard_output& operator=(standard_output const&) = delete;

    /// Writes what waits. The errno of the first failure; 0: all has been written.
    int finish();

protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(char const* text, std::streamsize size) override;
    int sync() override;

private:
    std::streambuf* m_before;
    bool m_terminal;
    std::string m_waiting;
    int m_error = 0;
};

} // namespace exportd
