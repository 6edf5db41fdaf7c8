#pragma once

#include "status/status_members.hpp"

#include <ostream>
#include <string>

namespace exportd {

/// One JSON object with these members, as text.
template <class Put>
std::string json_object(Put const& put_members) {
    rapidjson::StringBuffer buffer;
    json_writer w{buffer};
    w.StartObject();
    put_members(w);
    w.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

/**
 * One JSON object that begins with a list of any length, which is printed while it is found: `{"NAME":[`, an object a
 * line, and at the end the other members. Memory: one object.
 */
class json_list {
public:
    json_list(std::ostream& out, char const* name) : m_out{out} { m_out << "{\"" << name << "\":["; }

    template <class Put>
    void add(Put const& put_members) {
        m_out << (m_any ? ",\n" : "\n") << json_object(put_members);
        m_any = true;
    }
    /// At least one member.
    template <class Put>
    void end(Put const& put_members) {
        m_out << (m_any ? "\n]," : "],") << json_object(put_members).substr(1) << '\n' << std::flush;
    }

private:
    std::ostream& m_out;
    bool m_any = false;
};

} // namespace exportd
