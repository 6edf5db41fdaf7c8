#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace model {

/// A reader of the published tree, at work all the time, that trusts what README and the manual promise: no torn JSON,
/// no index entry without its file.
class reader {
public:
    explicit reader(std::filesystem::path tree);
    ~reader();
    reader(reader const&) = delete;
    reader& operator=(reader const&) = delete;

    /// Promises that were broken so far.
    std::vector<std::string> complaints() const;
    std::size_t passes() const noexcept { return m_passes; }

private:
    void run();
    void look_at(char const* index, char const* dataset, char const* id_member);
    void complain(std::string text);

    std::filesystem::path m_tree;
    std::atomic<bool> m_stop{false};
    std::atomic<std::size_t> m_passes{0};
    mutable std::mutex m_mutex;
    std::vector<std::string> m_complaints;
    std::thread m_thread;
};

} // namespace model
