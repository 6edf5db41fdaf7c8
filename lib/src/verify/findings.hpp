#pragma once

#include "notes_export/verify.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace notes_export {

/// What a verification has found so far. Tells of each difference at once. Memory: the first findings of each kind are
/// kept, the others are counted.
class findings {
public:
    explicit findings(std::function<void(drift const&)> found) : m_found{std::move(found)} {}

    void differs(drift d);
    void warn(std::string text);
    void checked(std::size_t files) { m_report.files_checked += files; }
    verify_report take();

    static constexpr std::size_t listed_drifts = 100;
    static constexpr std::size_t listed_warnings = 1000;

private:
    std::function<void(drift const&)> m_found;
    verify_report m_report;
    std::size_t m_further_warnings = 0;
};

} // namespace notes_export
