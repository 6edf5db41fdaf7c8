#include "settings/shown_settings.hpp"

#include "settings/dataset_keys.hpp"
#include "settings/document_keys.hpp"
#include "settings/keys.hpp"
#include "settings/mirror_keys.hpp"

namespace exportd {

namespace {

void begin(std::string& text, std::string const& section) {
    text += (text.empty() ? "[" : "\n[") + section + "]\n";
}

void put(std::string& text, std::string_view key, std::string const& value) {
    text += std::string{key} + (value.empty() ? " =" : " = ") + value + '\n';
}

template <class Keys, class T>
void put_all(std::string& text, Keys const& keys, T const& value) {
    for (auto const& key : keys)
        put(text, key.name, key.show(value));
}

void put_plain_sections(std::string& text, settings const& s) {
    std::string_view section;
    for (auto const& key : known_keys()) {
        if (key.section != section)
            begin(text, std::string{section = key.section});
        put(text, key.name, key.show(s));
    }
}

void put_mirror(std::string& text, mirror_settings const& m) {
    begin(text, "mirror " + m.name);
    for (auto const& key : mirror_keys())
        if (key.belongs_to(m.kind))
            put(text, key.name, key.show(m));
}

} // namespace

std::string shown_settings(settings const& s) {
    std::string text;
    put_plain_sections(text, s);
    for (auto const& d : s.datasets) {
        begin(text, "dataset " + d.name);
        put_all(text, dataset_keys(), d);
    }
    for (auto const& d : s.documents) {
        begin(text, "document " + d.name);
        put_all(text, document_keys(), d);
    }
    for (auto const& m : s.mirrors)
        put_mirror(text, m);
    return text;
}

} // namespace exportd
