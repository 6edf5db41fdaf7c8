#pragma once

#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/// The two numbers of an advisory key, as SQL.
struct advisory_key {
    std::string first;
    std::string second;
    std::string text() const { return first + ", " + second; }
};

/**
 * The statements about the advisory keys of the exporters of one schema. There is one main key, and, as anybody who may
 * connect can hold that one, a family of 2^31 further keys.
 */
class lock_statements {
public:
    /// `tables` carry the flags: who may set them is an exporter.
    lock_statements(std::string schema, std::vector<std::string> tables)
        : m_schema{std::move(schema)}, m_tables{std::move(tables)} {}
    std::string const& schema() const noexcept { return m_schema; }

    advisory_key main_key() const;
    advisory_key family_key(int number) const;
    /// -> whether the key is ours now; in a transaction it ends with that.
    static std::string take(advisory_key const& key, bool in_transaction);
    static std::string give_back(advisory_key const& key);
    /// -> does this session hold it? does another session hold any of our keys?
    std::string is_held(advisory_key const& key) const;
    /// -> the second alone
    std::string others_hold() const;
    /// -> backend (0: a prepared transaction), role, application or name of the prepared transaction, client, may it
    /// export? Of other sessions that hold any of our keys; who may export comes first.
    std::string holders() const;

private:
    /// That this line of pg_locks is a key of ours that is held.
    std::string our_keys(std::string const& lock) const;

    std::string m_schema;
    std::vector<std::string> m_tables;
};

} // namespace notes_export
