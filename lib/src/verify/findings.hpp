#pragma once

#include "notes_export/verify.hpp"

#include <cstddef>
#include <string>

namespace notes_export {

/// What a verification has found so far. Memory: the first findings of each kind are kept, the others are counted.
class findings {
public:
    void differs(drift::kind what, std::string path, bool pending);
    void warn(std::string text);
    void checked(std::size_t files) { m_report.files_checked += files; }
    verify_report take();

    static constexpr std::size_t listed_drifts = 100;
    static constexpr std::size_t listed_warnings = 1000;

private:
    verify_report m_report;
    std::size_t m_further_warnings = 0;
};

} // namespace notes_export
