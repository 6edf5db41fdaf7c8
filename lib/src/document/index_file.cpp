#include "document/index_file.hpp"

namespace notes_export {

bool index_file::add(std::string_view entry, bool check) {
    if (check && m_checker)
        if (auto const refused = m_checker->check(entry)) {
            if (m_left_out++ == 0)
                m_first_violation = refused->keyword + " at \"" + refused->pointer + "\": " + refused->detail;
            return false;
        }
    m_out.append(m_empty ? "[" : ", \n ");
    m_out.append(entry);
    m_empty = false;
    return true;
}

staged_file index_file::finish(std::string target) {
    m_out.append(m_empty ? "[]\n" : "]\n");
    return m_out.finish(std::move(target));
}

} // namespace notes_export
