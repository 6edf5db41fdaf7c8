#include "mirror/source/unlisted_content.hpp"

#include "compress/decompressor.hpp"
#include "document/bounded_json.hpp"
#include "document/format_version.hpp"
#include "mirror/source/index_ids.hpp"
#include "publish/twin_path.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t longest_json = 16U << 20U;
constexpr std::size_t longest_version = 4096;

/// Looks for one member of the object that is all of a text. A handler for RapidJSON, therefore the capital names.
class id_finder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, id_finder> {
public:
    id_finder(std::string_view column, std::int64_t id) : m_column{column}, m_id{std::to_string(id)} {}

    bool found() const noexcept { return m_found; }

    bool Default() const noexcept { return m_depth > 0 && !m_is_next; }
    bool RawNumber(char const* text, rapidjson::SizeType size, bool /*copy*/) {
        if (!std::exchange(m_is_next, false))
            return m_depth > 0;
        m_found = m_id == std::string_view{text, size};
        return m_found;
    }
    bool String(char const* /*text*/, rapidjson::SizeType /*size*/, bool /*copy*/) const noexcept { return Default(); }
    bool Key(char const* text, rapidjson::SizeType size, bool /*copy*/) {
        m_is_next = m_depth == 1 && m_column == std::string_view{text, size};
        return true;
    }
    bool StartObject() noexcept { return !m_is_next && ++m_depth > 0; }
    bool EndObject(rapidjson::SizeType /*members*/) noexcept { return m_depth-- > 0; }
    bool StartArray() noexcept { return Default() && ++m_depth > 0; }
    bool EndArray(rapidjson::SizeType /*elements*/) noexcept { return m_depth-- > 0; }

private:
    std::string_view m_column;
    std::string m_id;
    int m_depth = 0;
    bool m_is_next = false; ///< the value of the member
    bool m_found = false;
};

/// Numbers stay text: those of PostgreSQL may be larger than a double.
template <class Handler>
bool reads(std::string const& text, Handler& handler) {
    if (text.find('\0') != std::string::npos) // the reader would take it for the end
        return false;
    rapidjson::MemoryStream in{text.data(), text.size()};
    return read_json<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag>(in, handler);
}

/// As much as is allowed, and whether more came.
class bounded_text {
public:
    explicit bounded_text(std::size_t longest) : m_longest{longest} {}

    bool add(std::string_view piece) {
        m_too_long = m_too_long || piece.size() > m_longest - m_text.size();
        if (!m_too_long)
            m_text += piece;
        return !m_too_long;
    }
    bool too_long() const noexcept { return m_too_long; }
    std::string const& text() const noexcept { return m_text; }

private:
    std::size_t m_longest;
    std::string m_text;
    bool m_too_long = false;
};

} // namespace

/// What comes, and in the end what is wrong with it.
class unlisted_content::reading {
public:
    reading() = default;
    virtual ~reading() = default;
    reading(reading const&) = delete;
    reading& operator=(reading const&) = delete;

    /// false: more is not needed to say what is wrong.
    virtual bool add(std::string_view piece) = 0;
    virtual std::string fault() const = 0;
};

class unlisted_content::json final : public reading {
public:
    json() = default;
    json(std::string id_column, std::int64_t id) : m_id_column{std::move(id_column)}, m_id{id} {}

    bool add(std::string_view piece) override { return m_bytes.add(piece); }
    std::string fault() const override {
        if (m_id_column.empty()) {
            rapidjson::BaseReaderHandler<> any;
            return m_bytes.too_long() || !reads(m_bytes.text(), any) ? "it is no JSON" : "";
        }
        id_finder finder{m_id_column, m_id};
        bool const whole = !m_bytes.too_long() && reads(m_bytes.text(), finder);
        return whole && finder.found() ? ""
                                       : "it is no JSON object with \"" + m_id_column + "\": " + std::to_string(m_id);
    }

private:
    std::string m_id_column; ///< "": any JSON will do
    std::int64_t m_id = 0;
    bounded_text m_bytes{longest_json};
};

class unlisted_content::index final : public reading {
public:
    explicit index(std::string const& id_column) : m_id_column{id_column}, m_ids{id_column} {}

    bool add(std::string_view piece) override {
        m_ids.add(piece);
        return true;
    }
    std::string fault() const override {
        return m_ids.whole() ? "" : "it is no array of objects with one \"" + m_id_column + "\" each";
    }

private:
    std::string m_id_column;
    index_ids m_ids;
};

class unlisted_content::version final : public reading {
public:
    bool add(std::string_view piece) override { return m_bytes.add(piece); }
    std::string fault() const override {
        return !m_bytes.too_long() && format_version::parse(m_bytes.text()) ? "" : "it is no version such as 1.0.0";
    }

private:
    bounded_text m_bytes{longest_version};
};

unlisted_content::unlisted_content(export_config const& tree) : m_version_file{tree.version_file.string()} {
    for (auto const& d : tree.datasets)
        m_layouts.push_back({entity_path{d.path}, d.id_column, d.index_path});
}

std::unique_ptr<unlisted_content::reading> unlisted_content::reading_of(std::string_view path) const {
    if (path == m_version_file)
        return std::make_unique<version>();
    for (auto const& l : m_layouts) {
        if (path == l.index_path)
            return std::make_unique<index>(l.id_column);
        if (auto const id = l.profiles.id_at(path))
            return std::make_unique<json>(l.id_column, *id);
    }
    return std::make_unique<json>();
}

std::string unlisted_content::fault(std::string_view path, std::function<void(take_bytes const&)> const& give) const {
    auto const twin = twin_at(path);
    auto const found = reading_of(twin ? twin->of : path);
    if (!twin) {
        give([&](std::string_view piece) { found->add(piece); });
        return found->fault();
    }
    decompressor unpacked{twin->how, [&](std::string_view piece) { return found->add(piece); }};
    give([&](std::string_view piece) { unpacked.add(piece); });
    return unpacked.is_whole() ? found->fault() : "it is no whole file of that compression";
}

} // namespace notes_export::mirror
