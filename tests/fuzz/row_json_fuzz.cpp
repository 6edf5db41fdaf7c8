// Rows of a query as documents: what the server printed can be read in them again, byte by byte, and the entry made
// from a document is the one that is made from its row.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "document/bounded_json.hpp"
#include "document/row_json.hpp"
#include "index/entry.hpp"
#include "index/position.hpp"
#include "notes_export/utf8.hpp"

#include <array>
#include <cstring>
#include <string>

using namespace notes_export;
using fuzz::expect;

namespace {

constexpr Oid int8_type = 20, text_type = 25, timestamp_type = 1114, timestamptz_type = 1184, numeric_type = 1700;

struct cell {
    char const* name;
    Oid type;
    std::optional<std::string> value;
};

pg::result row_of(std::vector<cell> const& cells) {
    pg::result row{::PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
    std::vector<PGresAttDesc> columns;
    for (auto const& c : cells)
        columns.push_back({const_cast<char*>(c.name), 0, 0, 0, c.type, -1, -1});
    ::PQsetResultAttrs(row.get(), static_cast<int>(columns.size()), columns.data());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        auto value = cells[i].value;
        ::PQsetvalue(row.get(), 0, static_cast<int>(i), value ? value->data() : nullptr,
                     value ? static_cast<int>(value->size()) : -1);
    }
    return row;
}

std::string document_of(std::vector<cell> const& cells) {
    auto const row = row_of(cells);
    std::vector<selected_member> members;
    for (std::size_t i = 0; i < cells.size(); ++i)
        members.push_back({cells[i].name, selected_member::kind::value, static_cast<int>(i), "",
                           std::strcmp(cells[i].name, "user_id") == 0});
    row_json list{members};
    list.bind(row);
    std::string text;
    expect(list.append(text, row, 0) == *cells.front().value, "a document has its own id");
    return text;
}

std::optional<std::string> number(fuzz::input& in) {
    static constexpr std::array<char const*, 8> odd{"0",         "-1",   "NaN",  "Infinity",
                                                    "-Infinity", "1e-7", "0.10", "12345678901234567890"};
    auto const n = in.byte();
    if (n % 4 == 0)
        return std::nullopt;
    return n < 32 ? odd[n % odd.size()] : std::to_string(n);
}

void check(std::vector<cell> const& cells, dataset const& users) {
    auto const document = document_of(cells);
    auto const read = parse_json(document);
    expect(read && read->IsObject(), "a document is JSON");
    for (auto const& c : cells) {
        auto const& value = (*read)[c.name];
        expect(value.IsNull() == !c.value, "NULL is null, and nothing else");
        if (c.type == text_type && c.value)
            expect(std::string(value.GetString(), value.GetStringLength()) == *c.value, "a text is what it was");
    }
    auto const from_document = entry_from_profile(document, users);
    auto const from_row = document_of({cells[0], cells[1], cells[2], cells[3]});
    expect(from_document == from_row, "an entry from the document is the one from the row");
    auto const place = position_in_index(from_row, users, 7);
    expect(!place || place->values.size() == users.index_order.size(), "an entry has its place");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const users = [] {
        auto d = standard_datasets().front();
        d.index_columns = {"user_id", "username", "history_whole_open", "history_whole_closed"};
        return d;
    }();
    fuzz::input in{data, size};
    auto const open = number(in), closed = number(in);
    auto const zone = in.byte() % 2 == 0;
    std::string const name{in.text_before('\0')}, comment{in.text_before('\0')};
    if (!is_utf8(name) || !is_utf8(comment))
        return 0; // the server gives none
    std::string const moment = zone ? "2026-05-01 12:00:00.5+00" : "0044-03-15 12:00:00 BC";
    check({{"user_id", int8_type, "7"},
           {"username", text_type, name},
           {"history_whole_open", numeric_type, open},
           {"history_whole_closed", int8_type, closed},
           {"comment", text_type, comment.empty() ? std::nullopt : std::optional{comment}},
           {"seen", zone ? timestamptz_type : timestamp_type, moment}},
          users);
    return 0;
}
