#pragma once

#include "notes_export/check.hpp"

#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/// Findings about one subject, in the order in which they are made.
class examination {
public:
    explicit examination(std::string subject) : m_subject{std::move(subject)} {}

    void ok(std::string text) { add(severity::ok, std::move(text), ""); }
    void warn(std::string text, std::string remedy) { add(severity::warning, std::move(text), std::move(remedy)); }
    void fail(std::string text, std::string remedy) { add(severity::error, std::move(text), std::move(remedy)); }

    bool empty() const noexcept { return m_all.empty(); }
    std::vector<finding> take() && { return std::move(m_all); }

private:
    void add(severity how, std::string text, std::string remedy) {
        m_all.push_back({how, m_subject, std::move(text), std::move(remedy)});
    }

    std::string m_subject;
    std::vector<finding> m_all;
};

inline void append(std::vector<finding>& to, std::vector<finding> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace notes_export
