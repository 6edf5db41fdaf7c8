#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace model {

/**
 * A reader of the published tree, at work all the time, that trusts what README and the manual promise: no torn JSON,
 * no index entry without its file; and when metadata.json is the same before and after, and says nothing of a
 * publication that goes on, then all that was read in between is one state.
 */
class reader {
public:
    /// `one_source`: profiles and index entries are made from the same rows. A materialized view has older ones.
    reader(std::filesystem::path tree, bool one_source);
    ~reader();
    reader(reader const&) = delete;
    reader& operator=(reader const&) = delete;

    /// Promises that were broken so far.
    std::vector<std::string> complaints() const;

private:
    void run();
    void pass();
    std::optional<std::string> settled_metadata() const;
    void look_at(char const* dataset, char const* id_member, char const* name_member);
    void complain(std::string text);

    std::filesystem::path m_tree;
    bool m_one_source;
    std::atomic<bool> m_stop{false};
    std::vector<std::string> m_mismatches; ///< of this pass: they count when it saw one state
    mutable std::mutex m_mutex;
    std::vector<std::string> m_complaints;
    std::thread m_thread;
};

} // namespace model
