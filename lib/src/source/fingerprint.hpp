#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * What the server's catalog says of everything that profiles are made from: "columns of dwh.datamartusers" and the
 * like, each with a value that is another one when it changed. Whatever changes here can change any profile without a
 * row being flagged.
 */
class fingerprint {
public:
    void add(std::string what, std::string value) { m_facts.insert_or_assign(std::move(what), std::move(value)); }

    /// What is not the same in both, for people: the first of it, and how much more there is; "" when all is.
    std::string difference_to(fingerprint const& before) const;

    /// For a file: one line each, with control characters escaped.
    std::string text() const;
    static fingerprint parse(std::string_view text);

    bool has(std::string const& what) const { return m_facts.contains(what); }
    bool empty() const noexcept { return m_facts.empty(); }
    bool operator==(fingerprint const&) const = default;

private:
    std::map<std::string, std::string> m_facts;
};

} // namespace notes_export
