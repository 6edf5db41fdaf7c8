#include "shard/text.hpp"

#include "document/json_value.hpp"
#include "index/layout.hpp"
#include "shard/fold.hpp"

#include <bit>

namespace notes_export::shard {

std::string pairs_text(listing const& names, std::span<slot const> entries) {
    std::string text = "[";
    for (auto const s : entries) {
        text += text.size() > 1 ? ",\n[" : "[";
        text += names.name(s);
        (text += ',') += std::to_string(names.id(s));
        text += ']';
    }
    return text += "]\n";
}

std::string top_text(std::vector<top_entry> const& top) {
    index_punctuation between;
    std::string text;
    for (auto const& e : top)
        (text += between.before_entry()) += e.text;
    return text += between.end();
}

std::string about_text(dataset const& d) {
    std::string text = "{\"version\":1,\n\"names\":{\"hash\":\"fnv1a32\",\"shards\":" + std::to_string(name_shards) +
                       ",\"digits\":" + std::to_string(std::countr_zero(name_shards) / 4) +
                       "},\n\"bigrams\":{\"entries\":" + std::to_string(bigram_lists::longest) +
                       ",\"searched_characters\":" + std::to_string(searched_characters) +
                       "},\n\"top\":{\"entries\":" + std::to_string(d.shards.top) + ",\"id\":";
    append_json_string(text, d.id_column);
    text += ",\"name\":";
    append_json_string(text, d.name_column);
    text += "},\n\"fold\":[";
    for (auto const& r : fold_ranges()) {
        if (text.back() != '[')
            text += ',';
        ((text += '[') += std::to_string(static_cast<std::uint32_t>(r.first))) += ',';
        (text += std::to_string(static_cast<std::uint32_t>(r.last))) += ',';
        ((text += std::to_string(r.step)) += ',') += std::to_string(r.delta);
        text += ']';
    }
    return text += "]}\n";
}

} // namespace notes_export::shard
