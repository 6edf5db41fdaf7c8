#pragma once

#include "feed/parse.hpp"
#include "notes_export/feed.hpp"

#include <cstdint>
#include <rapidjson/reader.h>
#include <string_view>

namespace notes_export::feed {

/**
 * Takes a change list from a reader of JSON. false ends the reading: it is nothing of ours. Members that it does not
 * know are passed over.
 *
 * A handler for rapidjson::GenericReader, therefore the capital names.
 */
class list_handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, list_handler> {
public:
    explicit list_handler(list_part wanted) : m_wanted{wanted} {}

    /// Nothing is missing, and the members fit each other.
    bool whole() const;
    change_list& list() noexcept { return m_list; }

    bool Default() const noexcept { return passes_over(); } // null, and numbers that are not whole
    bool Uint(unsigned value) { return Uint64(value); }
    bool Uint64(std::uint64_t value);
    bool Bool(bool value);
    bool String(char const* text, rapidjson::SizeType size, bool copy);
    bool Key(char const* text, rapidjson::SizeType size, bool copy);
    bool StartObject();
    bool EndObject(rapidjson::SizeType members);
    bool StartArray();
    bool EndArray(rapidjson::SizeType elements);

private:
    enum class member : unsigned {
        unknown,
        generation,
        previous,
        export_date,
        version,
        complete,
        reason,
        changed,
        removed,
        path,
        size,
        sha256
    };
    enum class place { outside, list, changed, file, removed, behind };
    using members = unsigned; ///< a bit for each

    static member member_of(std::string_view name, place where) noexcept;
    static members bit(member m) noexcept { return 1U << static_cast<unsigned>(m); }
    bool has(members all) const noexcept { return (m_seen & all) == all; }
    bool passes_over() const noexcept;
    bool take_text(std::string_view text);
    bool take_file();

    list_part m_wanted;
    change_list m_list;
    listed_file m_file; ///< the one that is read
    place m_place = place::outside;
    member m_member = member::unknown; ///< whose value comes next
    members m_seen = 0;
    int m_unknown = 0; ///< levels of a value that is passed over
};

} // namespace notes_export::feed
