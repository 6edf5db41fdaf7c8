#include "crash/model_reader.hpp"

#include "crash/model_oracle.hpp"
#include "support/export_fixture.hpp"

#include <poll.h>
#include <rapidjson/document.h>

namespace model {

namespace {

constexpr int pause_ms = 3; ///< the machine is shared with the program

bool same_member(rapidjson::Value const& entry, rapidjson::Value const& profile, char const* member) {
    auto const a = entry.FindMember(member);
    auto const b = profile.FindMember(member);
    return a != entry.MemberEnd() && b != profile.MemberEnd() && a->value == b->value;
}

} // namespace

reader::reader(std::filesystem::path tree, bool one_source)
    : m_tree{std::move(tree)}, m_one_source{one_source}, m_thread{[this] { run(); }} {}

reader::~reader() {
    m_stop = true;
    m_thread.join();
}

std::vector<std::string> reader::complaints() const {
    std::lock_guard const lock{m_mutex};
    return m_complaints;
}

void reader::complain(std::string text) {
    std::lock_guard const lock{m_mutex};
    m_complaints.push_back(std::move(text));
}

void reader::run() {
    while (!m_stop) {
        pass();
        ::poll(nullptr, 0, pause_ms);
    }
}

void reader::pass() {
    m_mismatches.clear();
    auto const before = settled_metadata();
    look_at("users", "user_id", "username");
    look_at("countries", "country_id", "country_name");
    if (before && !m_stop && settled_metadata() == before)
        for (auto const& text : m_mismatches)
            complain(text + ", and metadata.json is the same before and after: " + *before);
}

std::optional<std::string> reader::settled_metadata() const {
    auto text = test::read_file(m_tree / "metadata.json");
    rapidjson::Document d;
    if (d.Parse(text.c_str()).HasParseError() || !d.IsObject() || d.HasMember("publishing"))
        return std::nullopt;
    return text;
}

// A file that has gone was removed after an index that does not name it was published: so the index that is there now
// decides. One that still is the same says that a promise was broken.
void reader::look_at(char const* dataset, char const* id_member, char const* name_member) {
    auto const index = std::string{"indexes/"} + dataset + ".json";
    auto const text = test::read_file(m_tree / index);
    rapidjson::Document d;
    if (d.Parse(text.c_str()).HasParseError() || !d.IsArray())
        return complain(index + " is torn");
    for (auto const& entry : d.GetArray()) {
        if (m_stop)
            return;
        auto const path = profile_path(dataset, entry[id_member].GetInt64());
        auto const profile = test::read_file(m_tree / path);
        rapidjson::Document p;
        if (profile.empty()) {
            if (!std::filesystem::exists(m_tree / path) && test::read_file(m_tree / index) == text)
                complain(index + " names " + path + ", which is not there");
            return;
        }
        if (p.Parse(profile.c_str()).HasParseError())
            return complain(path + " is torn");
        for (auto const* const member : {id_member, name_member, "history_whole_open", "history_whole_closed"})
            if (m_one_source && !same_member(entry, p, member))
                m_mismatches.push_back(index + " and " + path + " do not agree about " + member);
    }
}

} // namespace model
