#include "verify/findings.hpp"

#include <utility>

namespace notes_export {

void findings::differs(drift d) {
    ++m_report.differences;
    m_report.pending += d.pending ? 1 : 0;
    if (m_found)
        m_found(d);
    if (m_report.drifts.size() < listed_drifts)
        m_report.drifts.push_back(std::move(d));
}

void findings::warn(std::string text) {
    if (m_report.warnings.size() < listed_warnings)
        m_report.warnings.push_back(std::move(text));
    else
        ++m_further_warnings;
}

verify_report findings::take() {
    if (m_further_warnings > 0)
        m_report.warnings.push_back("... and " + std::to_string(m_further_warnings) + " more of these");
    return std::move(m_report);
}

} // namespace notes_export
