#include "crash/model_reader.hpp"

#include "crash/model_oracle.hpp"
#include "support/export_fixture.hpp"

#include <poll.h>
#include <rapidjson/document.h>

namespace model {

namespace {

constexpr int pause_ms = 3; ///< the machine is shared with the program

} // namespace

reader::reader(std::filesystem::path tree) : m_tree{std::move(tree)}, m_thread{[this] { run(); }} {}

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
        look_at("indexes/users.json", "users", "user_id");
        look_at("indexes/countries.json", "countries", "country_id");
        ++m_passes;
        ::poll(nullptr, 0, pause_ms);
    }
}

// A file that has gone was removed after an index that does not name it was published: so the index that is there now
// decides. One that still is the same says that a promise was broken.
void reader::look_at(char const* index, char const* dataset, char const* id_member) {
    auto const text = test::read_file(m_tree / index);
    if (text.empty())
        return;
    rapidjson::Document d;
    d.Parse(text.c_str());
    if (d.HasParseError() || !d.IsArray())
        return complain(std::string{index} + " is torn");
    for (auto const& entry : d.GetArray()) {
        if (m_stop)
            return;
        auto const path = profile_path(dataset, entry[id_member].GetInt64());
        auto const profile = test::read_file(m_tree / path);
        rapidjson::Document p;
        if (profile.empty()) {
            if (!std::filesystem::exists(m_tree / path) && test::read_file(m_tree / index) == text)
                complain(std::string{index} + " names " + path + ", which is not there");
            return;
        }
        if (p.Parse(profile.c_str()).HasParseError())
            return complain(path + " is torn");
    }
}

} // namespace model
