#include "index/file.hpp"

#include "index/layout.hpp"
#include "notes_export/report.hpp"

namespace notes_export {

bool index_entry_check::fits(std::string_view entry) {
    if (!m_checker)
        return true;
    auto const refused = m_checker->check(entry);
    if (!refused)
        return true;
    if (m_left_out++ == 0)
        m_first_violation = refusal_text(refused->keyword, refused->pointer, refused->detail);
    return false;
}

void index_file::add(std::string_view entry) {
    m_out.append(m_between.before_entry());
    m_out.append(entry);
}

staged_file index_file::finish() {
    m_out.append(m_between.end());
    return m_out.finish();
}

} // namespace notes_export
