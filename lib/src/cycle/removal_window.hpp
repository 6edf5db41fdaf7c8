#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * The shrink guard: more than a fifth of a dataset, and more than a handful, does not go within a day unasked, neither
 * at once nor in portions. A TRUNCATE or a failed load looks so.
 *
 * It remembers how many profiles there were in the last day, one number for each hour. Times are Unix seconds; one that
 * lies in the future is taken for now, so that a clock that was wrong makes it more careful for a day, and no longer.
 */
class removal_window {
public:
    struct change {
        std::size_t before;   ///< profiles of the dataset now
        std::size_t after;    ///< and when the change is published
        std::size_t removals; ///< files that are to go
    };
    struct verdict {
        bool refused;
        std::size_t going;    ///< profiles that went since there were most of them, those of this change included
        std::size_t of;       ///< so many there were
        std::size_t let_pass; ///< what was not refused though it is more than a handful: worth a line in the log
    };
    /// What becomes of this change, and remembers it. Allowed: what was before counts no longer.
    verdict judge(std::string const& dataset, change const& c, std::int64_t now, bool allowed);

    /// More has changed than that there are more profiles than an hour ago, which metadata.json tells as well.
    bool worth_remembering() const noexcept { return m_worth_remembering; }
    /// For a file: lines "dataset hour count".
    std::string text() const;
    static removal_window parse(std::string_view text);

private:
    std::map<std::string, std::map<std::int64_t, std::size_t>> m_counts; ///< dataset -> hour -> most in it
    bool m_worth_remembering = false;
};

} // namespace notes_export
