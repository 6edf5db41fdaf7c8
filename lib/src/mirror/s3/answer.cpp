#include "mirror/s3/answer.hpp"

#include <charconv>
#include <expat.h>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t deepest = 8;
constexpr std::size_t longest_text = 4096; // keys have 1,024 bytes, three times that when they are encoded

/// Elements of a document by their path, "ListBucketResult/Contents/Key", each with its text.
class xml_reader {
public:
    /// The text of an element that has ended; false refuses the document.
    using on_element = std::function<bool(std::string const& path, std::string const& text)>;

    explicit xml_reader(on_element each) : m_parser{XML_ParserCreate(nullptr)}, m_each{std::move(each)} {
        if (!m_parser)
            throw std::bad_alloc{};
        XML_SetUserData(m_parser.get(), this);
        XML_SetElementHandler(m_parser.get(), &xml_reader::on_start, &xml_reader::on_end);
        XML_SetCharacterDataHandler(m_parser.get(), &xml_reader::on_text);
        XML_SetStartDoctypeDeclHandler(m_parser.get(), &xml_reader::on_doctype);
    }

    bool read(std::string_view xml) {
        if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
            return false;
        auto const status = XML_Parse(m_parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
        if (m_thrown)
            std::rethrow_exception(m_thrown);
        return status == XML_STATUS_OK;
    }

private:
    void refuse() { XML_StopParser(m_parser.get(), XML_FALSE); }

    // No exception may pass through expat.
    template <class Action>
    void guarded(Action const& action) noexcept {
        try {
            if (!m_refused && !action()) {
                m_refused = true;
                refuse();
            }
        } catch (...) {
            m_thrown = std::current_exception();
            m_refused = true;
            refuse();
        }
    }

    static void on_start(void* self, XML_Char const* name, XML_Char const**) noexcept {
        auto& r = *static_cast<xml_reader*>(self);
        r.guarded([&] {
            std::string_view local{name};
            local.remove_prefix(local.find(':') == std::string_view::npos ? 0 : local.find(':') + 1);
            r.m_lengths.push_back(r.m_path.size());
            r.m_path.append(r.m_path.empty() ? "" : "/").append(local);
            r.m_text.clear();
            return r.m_lengths.size() <= deepest && r.m_path.size() <= longest_text;
        });
    }

    static void on_end(void* self, XML_Char const*) noexcept {
        auto& r = *static_cast<xml_reader*>(self);
        r.guarded([&] {
            bool const go_on = r.m_each(r.m_path, r.m_text);
            r.m_path.resize(r.m_lengths.back());
            r.m_lengths.pop_back();
            r.m_text.clear();
            return go_on;
        });
    }

    static void on_text(void* self, XML_Char const* text, int length) noexcept {
        auto& r = *static_cast<xml_reader*>(self);
        r.guarded([&] {
            r.m_text.append(text, static_cast<std::size_t>(length));
            return r.m_text.size() <= longest_text;
        });
    }

    static void on_doctype(void* self, XML_Char const*, XML_Char const*, XML_Char const*, int) noexcept {
        static_cast<xml_reader*>(self)->guarded([] { return false; });
    }

    struct free_parser {
        void operator()(XML_Parser p) const noexcept { XML_ParserFree(p); }
    };
    std::unique_ptr<std::remove_pointer_t<XML_Parser>, free_parser> m_parser;
    on_element m_each;
    std::string m_path;
    std::vector<std::size_t> m_lengths; ///< of the path before each open element
    std::string m_text;
    bool m_refused = false;
    std::exception_ptr m_thrown;
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<std::string> url_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned byte = 0;
        auto const digits = text.substr(i + 1, 2);
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2)
            return std::nullopt;
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

std::string without_quotes(std::string_view etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        etag = etag.substr(1, etag.size() - 2);
    return std::string{etag};
}

/// Collects a listing element by element.
struct listing_builder {
    s3_listing page;
    s3_object object;
    bool encoded = false;
    bool is_listing = false;

    bool take(std::string const& path, std::string const& text) {
        constexpr std::string_view root = "ListBucketResult";
        if (path == root)
            return is_listing = true;
        if (!path.starts_with(root))
            return false;
        return take_part(std::string_view{path}.substr(root.size() + 1), text);
    }

    bool take_part(std::string_view part, std::string const& text) {
        if (part == "IsTruncated")
            page.more = text == "true";
        else if (part == "EncodingType")
            encoded = text == "url";
        else if (part == "Contents/Key")
            object.key = text;
        else if (part == "Contents/ETag")
            object.etag = without_quotes(text);
        else if (part == "Contents/Size")
            return take_size(text);
        else if (part == "Contents")
            page.objects.push_back(std::exchange(object, {}));
        return page.objects.size() <= most_listed;
    }

    bool take_size(std::string const& text) {
        auto const size = number(text);
        object.size = size.value_or(0);
        return size.has_value();
    }
};

} // namespace

std::optional<s3_error_answer> parse_s3_error(std::string_view xml) {
    s3_error_answer answer;
    bool is_error = false;
    xml_reader reader{[&](std::string const& path, std::string const& text) {
        if (path == "Error")
            is_error = true;
        else if (path == "Error/Code")
            answer.code = text;
        else if (path == "Error/Message")
            answer.message = text;
        else if (path == "Error/Endpoint")
            answer.endpoint = text;
        else if (path == "Error/Region")
            answer.region = text;
        return path.starts_with("Error");
    }};
    if (!reader.read(xml) || !is_error)
        return std::nullopt;
    return answer;
}

std::optional<s3_listing> parse_s3_listing(std::string_view xml) {
    listing_builder builder;
    xml_reader reader{[&](std::string const& path, std::string const& text) { return builder.take(path, text); }};
    if (!reader.read(xml) || !builder.is_listing)
        return std::nullopt;
    if (builder.encoded)
        for (auto& object : builder.page.objects) {
            auto key = url_decoded(object.key);
            if (!key)
                return std::nullopt;
            object.key = std::move(*key);
        }
    return std::move(builder.page);
}

} // namespace notes_export::mirror
