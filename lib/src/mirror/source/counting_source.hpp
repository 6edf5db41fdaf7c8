#pragma once

#include "mirror/source/tree_source.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace notes_export::mirror {

/// A source that tells how many files of a step were read: all targets read through it, so it is what shows that a step
/// gets on.
class counting_source : public tree_source {
public:
    using on_read = std::function<void(std::uint64_t files, std::uint64_t expected)>;
    counting_source(std::unique_ptr<tree_source> from, on_read told)
        : m_from{std::move(from)}, m_told{std::move(told)} {}

    /// 0: how many will be read is not known.
    void begin_step(std::uint64_t expected) noexcept {
        m_files = 0;
        m_expected = expected;
    }

    std::optional<feed_state> state(std::stop_token const& stop) override { return m_from->state(stop); }
    std::optional<change_list> changes(std::uint64_t generation, std::stop_token const& stop) override {
        return m_from->changes(generation, stop);
    }
    std::unique_ptr<hold> keep_still(std::stop_token const& stop) override { return m_from->keep_still(stop); }
    bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) override {
        m_told(m_files++, m_expected);
        return m_from->read(path, take, stop);
    }
    bool read_unlisted(std::string const& path, take_bytes const& take, std::stop_token const& stop) override {
        m_told(m_files++, m_expected);
        return m_from->read_unlisted(path, take, stop);
    }
    bool for_each_file(on_file const& each, std::stop_token const& stop) override {
        return m_from->for_each_file(each, stop);
    }

    void use(published_paths const& ours) override { m_from->use(ours); }
    void need_only(is_needed const& needed) override { m_from->need_only(needed); }
    void prepare(std::vector<listed_file> const& next, std::stop_token const& stop) override {
        m_from->prepare(next, stop);
    }
    void judge(listed_file const& expected, std::stop_token const& stop) override { m_from->judge(expected, stop); }

private:
    std::unique_ptr<tree_source> m_from;
    on_read m_told;
    std::uint64_t m_files = 0;
    std::uint64_t m_expected = 0;
};

} // namespace notes_export::mirror
