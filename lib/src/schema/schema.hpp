#pragma once

#include "schema/violation.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

struct loaded_schema;

/**
 * One JSON Schema (draft-07 subset), proven usable when it was loaded.
 *
 * Loading refuses (throws schema_error naming the file, the place and the reason): a file that cannot be read or
 * parsed, a keyword outside the allow-list, a pattern that does not compile, and a schema whose canary (one synthetic
 * violation per keyword) is not rejected.
 *
 * Thread: immutable after load; may be shared by any number of schema_checker objects on any thread.
 */
class schema {
public:
    static schema load(std::filesystem::path const& file);
    static schema parse(std::string_view text, std::string name);

    /// The schema of the elements of an array schema. Throws schema_error when there is none.
    schema items() const;
    std::string const& name() const noexcept;

    std::shared_ptr<loaded_schema const> const& get() const noexcept { return m_loaded; }

private:
    explicit schema(std::shared_ptr<loaded_schema const> p) noexcept : m_loaded{std::move(p)} {}

    std::shared_ptr<loaded_schema const> m_loaded;
};

/**
 * Checks documents against one schema by streaming over their exact bytes.
 *
 * Thread: one checker per thread, reusable for any number of documents.
 */
class schema_checker {
public:
    explicit schema_checker(schema s);
    ~schema_checker();
    schema_checker(schema_checker&&) noexcept;
    schema_checker& operator=(schema_checker&&) noexcept;

    /// nullopt when `json` is well-formed UTF-8 JSON (one value, optional white space around) and fits the schema.
    std::optional<violation> check(std::string_view json);

private:
    struct state;
    std::unique_ptr<state> m_state;
};

} // namespace notes_export
