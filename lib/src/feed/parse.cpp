#include "feed/parse.hpp"

#include "document/bounded_json.hpp"
#include "document/json_members.hpp"
#include "feed/list_handler.hpp"
#include "feed/paths.hpp"
#include "files/file.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <string>
#include <utility>
#include <vector>

namespace notes_export::feed {

namespace {

constexpr std::size_t block_size = std::size_t{64} * 1024;
constexpr unsigned flags_of_lists = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

/// An open file for RapidJSON, therefore the capital names. A NUL ends it, as does its length.
class file_stream {
public:
    using Ch = char;

    file_stream(int fd, std::filesystem::path const& path) : m_fd{fd}, m_path{&path}, m_block(block_size) { fill(); }

    char Peek() const { return m_at < m_used ? m_block[m_at] : '\0'; }
    char Take() {
        if (m_at == m_used)
            return '\0';
        char const c = m_block[m_at++];
        if (m_at == m_used)
            fill();
        return c;
    }
    std::size_t Tell() const { return m_before + m_at; }
    char* PutBegin() { return nullptr; }
    void Put(char /*unused*/) {}
    void Flush() {}
    std::size_t PutEnd(char* /*unused*/) { return 0; }

    /// Everything was taken, and it was not too long.
    bool at_end() const { return m_at == m_used && m_before + m_used <= longest_list; }

private:
    void fill() {
        m_before += m_used;
        m_at = 0;
        m_used = m_before > longest_list ? 0 : read_up_to(m_fd, m_block, *m_path);
    }

    int m_fd;
    std::filesystem::path const* m_path;
    std::vector<char> m_block;
    std::size_t m_at = 0;
    std::size_t m_used = 0;
    std::size_t m_before = 0; ///< bytes of earlier blocks
};

template <class Stream>
std::optional<change_list> parse(Stream& in, list_part wanted) {
    list_handler handler{wanted};
    rapidjson::Reader reader;
    if (reader.Parse<flags_of_lists>(in, handler).IsError() || !handler.whole())
        return std::nullopt;
    return std::move(handler.list());
}

std::string_view without_period(std::string_view sentence) {
    return sentence.ends_with('.') ? sentence.substr(0, sentence.size() - 1) : sentence;
}

/// Words of later versions are passed over.
std::optional<compressions> twins_of(rapidjson::Value const& state) {
    auto const found = state.FindMember("twins");
    if (found == state.MemberEnd() || !found->value.IsArray())
        return std::nullopt;
    compressions all;
    for (auto const& word : found->value.GetArray())
        for (auto const how : all_compressions)
            if (word.IsString() && name_of(how) == std::string_view{word.GetString(), word.GetStringLength()})
                all.add(how);
    return all;
}

} // namespace

std::optional<change_list> parse_list(std::string_view text) {
    if (text.size() > longest_list || text.find('\0') != std::string_view::npos) // the reader would take it for the end
        return std::nullopt;
    rapidjson::MemoryStream in{text.data(), text.size()};
    return parse(in, list_part::all);
}

std::string fault_of_list(std::string_view text, std::uint64_t generation) {
    if (text.size() > longest_list)
        return "it is longer than " + std::to_string(longest_list) + " bytes";
    if (auto const nul = text.find('\0'); nul != std::string_view::npos)
        return "byte " + std::to_string(nul) + " is NUL";
    rapidjson::MemoryStream in{text.data(), text.size()};
    list_handler handler{list_part::last};
    rapidjson::Reader reader;
    auto const said = reader.Parse<flags_of_lists>(in, handler);
    auto const place = "at byte " + std::to_string(said.Offset()) + " of " + std::to_string(text.size());
    if (said.Code() == rapidjson::kParseErrorTermination)
        return place + " is what no change list of ours has";
    if (said.IsError())
        return place + ": " + std::string{without_period(rapidjson::GetParseError_En(said.Code()))};
    if (!handler.whole())
        return "members are missing, or do not go together";
    auto const found = handler.list().generation;
    return found == generation ? "" : "it is that of generation " + std::to_string(found);
}

std::optional<change_list> read_list(int fd, std::filesystem::path const& path, list_part wanted) {
    file_stream in{fd, path};
    auto list = parse(in, wanted);
    return in.at_end() ? std::move(list) : std::nullopt;
}

std::optional<change_list> read_list(int fd, std::filesystem::path const& path) {
    return read_list(fd, path, list_part::all);
}

std::optional<feed_state> parse_state(std::string_view text) {
    constexpr std::size_t longest_date = 64;
    auto const json = text.size() <= longest_state ? parse_json(text) : nullptr;
    if (!json || !json->IsObject())
        return std::nullopt;
    feed_state state{integer_member<std::uint64_t>(*json, "generation"), integer_member<std::uint64_t>(*json, "oldest"),
                     std::string{string_member(*json, "export_date")}, twins_of(*json)};
    bool const fits = state.oldest > 0 && state.oldest <= state.generation && state.generation <= last_generation &&
                      !state.export_date.empty() && state.export_date.size() <= longest_date &&
                      is_printable(state.export_date);
    return fits ? std::optional{std::move(state)} : std::nullopt;
}

} // namespace notes_export::feed
