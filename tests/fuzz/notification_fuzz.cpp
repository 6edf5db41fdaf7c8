// The payload of a notification, which anybody may send: it asks for a full export or not, and its record is one line.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "log/record_text.hpp"
#include "schedule/full_request.hpp"

#include "document/bounded_json.hpp"
#include "notes_export/utf8.hpp"

#include <algorithm>

using namespace exportd;
using fuzz::expect;

namespace {

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

void check_record(std::string_view payload) {
    logging::field const fields[] = {{"payload", payload.substr(0, 200)}};
    logging::record const record{{}, logging::level::debug, "notified", "Notification received", fields};
    for (bool const for_journal : {false, true}) {
        auto const text = logging::render_text(record, for_journal);
        expect(is_one_line(text), "a record is one line");
        expect(notes_export::is_utf8(text), "a record is UTF-8");
    }
    auto const json = logging::render_json(record);
    expect(is_one_line(json), "a record in JSON is one line");
    auto const read = notes_export::parse_json(json);
    expect(read && read->IsObject() && read->HasMember("payload"), "a record in JSON is JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const payload = fuzz::input{data, size}.rest();
    bool const full = asks_for_full(payload);
    expect(asks_for_full(" \n" + std::string{payload}) == full, "white space asks for nothing");
    if (full)
        expect(payload.find("true") != std::string_view::npos, "only what says so asks for a full export");
    check_record(payload);
    return 0;
}
