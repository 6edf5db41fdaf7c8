#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export::pg {

/// Owns one PGresult. Views are valid while it lives. Rows and columns count from 0.
class result {
public:
    explicit result(PGresult* r) noexcept : m_res{r} {}

    int rows() const noexcept { return PQntuples(m_res.get()); }
    bool empty() const noexcept { return rows() == 0; }
    /// Rows that an INSERT, UPDATE or DELETE touched.
    std::size_t affected() const;

    /// Cell text; nullopt is SQL NULL, which is not "".
    std::optional<std::string_view> cell(int row, int col) const noexcept {
        if (PQgetisnull(m_res.get(), row, col) != 0)
            return std::nullopt;
        return std::string_view{PQgetvalue(m_res.get(), row, col),
                                static_cast<std::size_t>(PQgetlength(m_res.get(), row, col))};
    }
    /// Cell text, "" for NULL.
    std::string text(int row, int col) const { return std::string{cell(row, col).value_or("")}; }
    bool null(int row, int col) const noexcept { return PQgetisnull(m_res.get(), row, col) != 0; }
    bool boolean(int row, int col) const noexcept { return cell(row, col) == "t"; }
    /// Throws database_error when the cell is NULL or no integer: the column is not what the caller thinks.
    std::int64_t integer(int row, int col) const;

    /// Number of the column's type in pg_type.
    std::uint32_t type(int col) const noexcept { return PQftype(m_res.get(), col); }
    std::string_view name(int col) const noexcept { return PQfname(m_res.get(), col); }

    PGresult* get() const noexcept { return m_res.get(); }

private:
    struct clear {
        void operator()(PGresult* r) const noexcept { PQclear(r); }
    };
    std::unique_ptr<PGresult, clear> m_res;
};

} // namespace notes_export::pg
