#include "cycles/pace.hpp"

#include <cmath>

namespace exportd {

namespace {

constexpr std::chrono::seconds window{30};
constexpr std::chrono::seconds between_samples{1};
constexpr std::chrono::milliseconds shortest{500};
constexpr double longest_seconds = 1e9;

} // namespace

void pace::at(clock::time_point now, std::uint64_t done) {
    if (!m_samples.empty() && done < m_samples.back().done)
        m_samples.clear();
    bool const replaces_last = m_samples.size() > 1 && now - m_samples[m_samples.size() - 2].when < between_samples;
    if (replaces_last)
        m_samples.back() = {now, done};
    else
        m_samples.push_back({now, done});
    if (m_samples.size() == 2 && m_samples.front().done == 0 && done == 0)
        m_samples.pop_front(); // it has not begun
    while (m_samples.size() > 2 && now - m_samples[1].when >= window)
        m_samples.pop_front();
}

double pace::rate() const noexcept {
    if (m_samples.empty())
        return 0;
    auto const& first = m_samples.front();
    auto const& last = m_samples.back();
    if (last.when - first.when < shortest)
        return 0;
    return static_cast<double>(last.done - first.done) / std::chrono::duration<double>{last.when - first.when}.count();
}

std::optional<std::chrono::seconds> pace::left(std::uint64_t of) const noexcept {
    auto const per_second = rate();
    if (of == 0 || per_second <= 0)
        return std::nullopt;
    auto const done = m_samples.back().done;
    auto const seconds = done >= of ? 0 : static_cast<double>(of - done) / per_second;
    if (seconds > longest_seconds)
        return std::nullopt;
    return std::chrono::seconds{std::llround(std::ceil(seconds))};
}

} // namespace exportd
