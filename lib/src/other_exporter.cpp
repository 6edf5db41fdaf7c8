#include "notes_export/other_exporter.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "document/json_value.hpp"
#include "notes_export/utc_text.hpp"
#include "notes_export/utf8.hpp"
#include "publish/journal.hpp"

namespace notes_export {

namespace {

constexpr std::int64_t a_day = 86'400;
constexpr std::size_t longest_note = 4096;
constexpr std::size_t longest_by = 300; // two names of 63 bytes, some words

std::string time_text(std::int64_t seconds) {
    return utc_text(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
}

} // namespace

void other_exporter::add(other_exporter const& later) {
    rows += later.rows;
    metadata = metadata || later.metadata;
    if (!later.by.empty())
        by = later.by;
}

std::string describe(other_exporter const& traces) {
    std::string text = "another program ";
    if (traces.rows > 0)
        text += "set json_exported of " + std::to_string(traces.rows) + (traces.rows == 1 ? " row" : " rows") +
                (traces.by.empty() ? "" : ", the last one as " + traces.by);
    if (traces.metadata)
        text += std::string{traces.rows > 0 ? ", and " : ""} + "wrote metadata.json into the tree";
    return text;
}

bool noted_exporter::recent(std::int64_t now) const noexcept {
    return traces.seen() && last > now - a_day && last < now + a_day;
}

noted_exporter noted_exporter::with(other_exporter const& seen, std::int64_t now) const {
    auto next = recent(now) ? *this : noted_exporter{{}, now, now};
    next.traces.add(seen);
    next.last = now;
    return next;
}

std::string noted_exporter::text() const {
    std::string out = R"({"first": )" + std::to_string(first) + R"(, "last": )" + std::to_string(last) +
                      R"(, "rows": )" + std::to_string(traces.rows) + R"(, "by": )";
    // Names in a database need not be UTF-8, and the note must be read all the same.
    append_json_string(out, readable_utf8(traces.by.substr(0, longest_by)));
    return out + R"(, "metadata": )" + (traces.metadata ? "true" : "false") + "}\n";
}

std::optional<noted_exporter> noted_exporter::parse(std::string_view text) {
    auto const json = parse_json(text);
    if (!json || !json->IsObject())
        return std::nullopt;
    auto const* const by = find_member(*json, "by");
    auto const* const metadata = find_member(*json, "metadata");
    auto const first = integer_member<std::int64_t>(*json, "first", -1);
    auto const last = integer_member<std::int64_t>(*json, "last", -1);
    auto const rows = integer_member<std::int64_t>(*json, "rows", -1);
    constexpr std::int64_t latest = 9'000'000'000; // what is later than 2255 is no time of ours, and could overflow
    if (first < 0 || first > latest || last < 0 || last > latest || rows < 0 || by == nullptr || !by->IsString() ||
        by->GetStringLength() > longest_by || metadata == nullptr || !metadata->IsBool())
        return std::nullopt;
    return noted_exporter{{static_cast<std::size_t>(rows), by->GetString(), metadata->GetBool()}, first, last};
}

std::string describe(noted_exporter const& note) {
    return describe(note.traces) + " (since " + time_text(note.first) + ", last seen " + time_text(note.last) +
           "); nothing is lost, but both do the work, and files go back and forth: " +
           std::string{other_exporter_remedy};
}

std::optional<noted_exporter> other_exporter_of(std::filesystem::path const& root, std::chrono::sys_seconds now) {
    tree const files{root, false};
    auto const text = files.read(journal::other_exporter_path, longest_note);
    auto note = text ? noted_exporter::parse(*text) : std::nullopt;
    return note && note->recent(now.time_since_epoch().count()) ? note : std::nullopt;
}

} // namespace notes_export
