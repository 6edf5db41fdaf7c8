#include "setup/first_export.hpp"

#include "settings/read_file.hpp"
#include "setup/setup_request.hpp"

#include <cerrno>
#include <csignal>
#include <rapidjson/document.h>
#include <system_error>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t longest_metadata = std::size_t{1} << 20;

/// While it lives, SIGINT and SIGTERM are waited for instead of ending the process.
class held_signals {
public:
    held_signals() {
        sigemptyset(&m_signals);
        sigaddset(&m_signals, SIGINT);
        sigaddset(&m_signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &m_signals, &m_before);
    }
    ~held_signals() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    held_signals(held_signals const&) = delete;
    held_signals& operator=(held_signals const&) = delete;

    bool came_within(std::chrono::milliseconds time) const {
        timespec const longest{time.count() / 1000, time.count() % 1000 * 1'000'000};
        return ::sigtimedwait(&m_signals, nullptr, &longest) > 0;
    }

private:
    sigset_t m_signals{};
    sigset_t m_before{};
};

} // namespace

std::uint64_t published_generation(std::filesystem::path const& directory) {
    try {
        auto const text = read_file(directory / "metadata.json", longest_metadata);
        rapidjson::Document d;
        d.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
        if (d.HasParseError() || !d.IsObject() || !d.HasMember("generation") || !d["generation"].IsUint64())
            return 0;
        return d["generation"].GetUint64();
    } catch (std::system_error const&) {
        return 0; // not there yet
    }
}

waited wait_for_first_export(std::filesystem::path const& directory, export_watch const& watch) {
    held_signals const signals;
    std::string last;
    for (auto news = clock::now();;) {
        auto line = watch.state();
        if (line != last) {
            last = std::move(line);
            news = clock::now();
            watch.show(last);
        }
        if (published_generation(directory) > 0 && watch.ended(last))
            return waited::published;
        if (clock::now() - news > watch.patience)
            throw setup_error{"the first export has not ended, and no news came for " +
                              std::to_string(watch.patience.count()) + " s: look at journalctl -u osm-notes-exportd"};
        if (signals.came_within(watch.between))
            return waited::interrupted;
    }
}

} // namespace exportd
