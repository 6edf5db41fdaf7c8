#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace notes_export::mirror {

/**
 * A step that failed: what was tried, on what, why, in one line; then what to do.
 *
 * `kind` is a short word for metrics and for telling one failure from the next: "unreachable", "slow", "refused",
 * "credentials", "diverged", ... It never holds a password, nor a URL with one.
 */
class mirror_error : public std::runtime_error {
public:
    mirror_error(std::string kind, std::string const& text, std::string remedy = {})
        : std::runtime_error{text}, m_kind{std::move(kind)}, m_remedy{std::move(remedy)} {}

    std::string const& kind() const noexcept { return m_kind; }
    std::string const& remedy() const noexcept { return m_remedy; } ///< "" is none

private:
    std::string m_kind;
    std::string m_remedy;
};

/// The tree or its feed could not be read, or moved on while a step read it: the step is begun again.
class source_error : public mirror_error {
public:
    using mirror_error::mirror_error;
};

/// There is something in the place of a change list that is none, for all to see: its text says where and why.
class damaged_list : public source_error {
public:
    damaged_list(std::string const& where, std::string const& why)
        : source_error{"bad_list", "the change list " + where + " is damaged: " + why,
                       "its publisher must mend the feed (osm-notes-exportd once --full, there), unless a proxy in "
                       "between sends something else"} {}
};

} // namespace notes_export::mirror
