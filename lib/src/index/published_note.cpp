#include "index/published_note.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "notes_export/utf8.hpp"

#include <array>
#include <iterator>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <utility>

namespace notes_export {

namespace {

using rapidjson::Value;
using writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::size_t most_exceptions = 50'000; // rows and ids of one index

// Device and inode have no sign, but no reader asks for what they mean.
std::array<std::int64_t, 7> numbers_of(file_stamp const& s) {
    return {static_cast<std::int64_t>(s.device),
            static_cast<std::int64_t>(s.inode),
            s.size,
            s.modified.tv_sec,
            s.modified.tv_nsec,
            s.changed.tv_sec,
            s.changed.tv_nsec};
}

file_stamp stamp_from(std::array<std::int64_t, 7> const& n) {
    return {static_cast<dev_t>(n[0]), static_cast<ino_t>(n[1]), n[2], {n[3], n[4]}, {n[5], n[6]}};
}

bool is_worth_noting(published_index const& i) {
    return i.refused.size() + i.without_entry.size() + i.owed.size() <= most_exceptions;
}

template <class Numbers>
void put(writer& w, char const* key, Numbers const& numbers) {
    w.Key(key);
    w.StartArray();
    for (auto const n : numbers)
        w.Int64(n);
    w.EndArray();
}

// Key and id in turn.
std::vector<std::int64_t> flat(std::set<row_name> const& rows) {
    std::vector<std::int64_t> numbers;
    for (auto const& row : rows)
        numbers.insert(numbers.end(), {row.key, row.id});
    return numbers;
}

void put(writer& w, published_note::one_index const& i) {
    w.StartObject();
    w.Key("made_of");
    w.String(i.made_of.c_str());
    put(w, "stamp", numbers_of(i.known.stamp));
    w.Key("profiles");
    w.Uint64(i.known.profiles);
    put(w, "refused", flat(i.known.refused));
    put(w, "without_entry", i.known.without_entry);
    put(w, "owed", i.known.owed);
    w.EndObject();
}

std::optional<std::vector<std::int64_t>> numbers(Value const& of, char const* name) {
    auto const* const array = find_member(of, name);
    if (array == nullptr || !array->IsArray())
        return std::nullopt;
    std::vector<std::int64_t> found;
    for (auto const& v : array->GetArray()) {
        if (!v.IsInt64())
            return std::nullopt;
        found.push_back(v.GetInt64());
    }
    return found;
}

std::optional<published_note::one_index> read_index(Value const& v) {
    auto const* const made_of = find_member(v, "made_of");
    auto const* const profiles = find_member(v, "profiles");
    auto const stamp = numbers(v, "stamp");
    auto const refused = numbers(v, "refused");
    auto const without = numbers(v, "without_entry");
    auto const owed = numbers(v, "owed");
    std::array<std::int64_t, 7> of_stamp{};
    if (made_of == nullptr || !made_of->IsString() || profiles == nullptr || !profiles->IsUint64() || !stamp ||
        stamp->size() != of_stamp.size() || !refused || refused->size() % 2 != 0 || !without || !owed)
        return std::nullopt;
    std::ranges::copy(*stamp, of_stamp.begin());
    published_note::one_index read{made_of->GetString(), {}};
    read.known.stamp = stamp_from(of_stamp);
    read.known.profiles = profiles->GetUint64();
    for (std::size_t i = 0; i < refused->size(); i += 2)
        read.known.refused.insert({(*refused)[i], (*refused)[i + 1]});
    read.known.without_entry.insert(without->begin(), without->end());
    read.known.owed.insert(owed->begin(), owed->end());
    return read;
}

// An escape can be half of a character, which could not be written again.
bool is_text(Value const& v) {
    return is_utf8({v.GetString(), v.GetStringLength()});
}

} // namespace

std::string published_note::text() const {
    rapidjson::StringBuffer buffer;
    writer w{buffer};
    w.StartObject();
    w.Key("generation");
    w.Uint64(generation);
    w.Key("indexes");
    w.StartObject();
    for (auto const& [dataset, index] : indexes)
        if (is_worth_noting(index.known)) {
            w.Key(dataset.c_str());
            put(w, index);
        }
    w.EndObject();
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

std::optional<published_note> published_note::parse(std::string_view text) {
    auto const d = parse_json(text);
    auto const* const generation = d ? find_member(*d, "generation") : nullptr;
    auto const* const indexes = d ? find_member(*d, "indexes") : nullptr;
    if (generation == nullptr || !generation->IsUint64() || indexes == nullptr || !indexes->IsObject())
        return std::nullopt;
    published_note note{generation->GetUint64(), {}};
    for (auto const& m : indexes->GetObject()) {
        auto index = read_index(m.value);
        if (!index || !is_text(m.name) || !is_text(*find_member(m.value, "made_of")))
            return std::nullopt;
        note.indexes.insert_or_assign(m.name.GetString(), std::move(*index));
    }
    return note;
}

} // namespace notes_export
