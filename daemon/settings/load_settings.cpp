#include "settings/load_settings.hpp"

#include "settings/exported_sections.hpp"
#include "settings/keys.hpp"
#include "settings/mirror_keys.hpp"
#include "settings/nearest_name.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#ifndef EXPORTD_CONFIG_FILE
#error "EXPORTD_CONFIG_FILE must name the default configuration file"
#endif

namespace exportd {

namespace {

using assign_function = std::function<void(settings&, std::string_view)>;

key_info const* find_key(std::string_view section, std::string_view name) {
    for (auto const& key : known_keys()) {
        if (key.section == section && key.name == name)
            return &key;
    }
    return nullptr;
}

std::vector<std::string_view> section_names() {
    std::vector<std::string_view> names;
    for (auto const& key : known_keys()) {
        if (names.empty() || names.back() != key.section)
            names.push_back(key.section);
    }
    return names;
}

bool is_section(std::string_view name) {
    auto const names = section_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Names near to a key that does not exist: of its own section, else the same name in another one.
std::string key_suggestion(std::string_view section, std::string_view name) {
    std::vector<std::string_view> siblings;
    for (auto const& key : known_keys()) {
        if (key.section == section)
            siblings.push_back(key.name);
        else if (key.name == name)
            return "; did you mean [" + std::string{key.section} + "] " + std::string{key.name} + "?";
    }
    return suggestion(name, siblings);
}

std::string full_name_suggestion(std::string_view name) {
    std::vector<std::string> names;
    for (auto const& key : known_keys()) {
        if (key.name == name)
            return "; did you mean \"" + key.full_name() + "\"?";
        names.push_back(key.full_name());
    }
    return suggestion(name, std::vector<std::string_view>(names.begin(), names.end()));
}

class loader {
public:
    loader() {
        for (auto const& key : known_keys())
            key.assign(m_result.value, key.default_text);
    }

    void file(std::filesystem::path const& path, bool must_exist) {
        try {
            entries(read_config_file(path));
            m_result.file = path;
        } catch (std::system_error const& error) {
            if (must_exist || error.code() != std::errc::no_such_file_or_directory)
                wrong(path.string(), "cannot be read: " + error.code().message());
        }
    }

    void environment_variables(environment const& env) {
        for (auto const& key : known_keys()) {
            auto const text = key.environment.empty() ? std::nullopt : env(key.environment);
            if (text && !text->empty())
                assign(key, key.assign_environment, *text, {"environment " + std::string{key.environment}, ""});
        }
    }

    void set(std::string_view text) {
        auto const equals = text.find('=');
        auto const name = text.substr(0, equals);
        auto const dot = std::min(name.find('.'), name.size());
        // Without '=' or with a blank before it this may be part of a connection string: not shown.
        if (equals == std::string_view::npos || name.find_first_of(" '/:@") != std::string_view::npos) {
            wrong("--set", "no setting named before '=' (write section.key=value)");
            return;
        }
        auto const where = "--set " + logging_safe(name);
        if (auto* const named = kind_of(name.substr(0, dot))) {
            set_named(*named, name.substr(std::min(dot + 1, name.size())), text.substr(equals + 1), where);
            return;
        }
        auto const* const key = find_key(name.substr(0, dot), name.substr(std::min(dot + 1, name.size())));
        if (key)
            assign(*key, key->assign, text.substr(equals + 1), {where, ""});
        else
            wrong(where, "unknown setting" + full_name_suggestion(name));
    }

    loaded_settings finish() && {
        check_delays();
        read_exported(m_datasets.all, m_documents.all, m_result.value, m_result.mistakes);
        for (auto const& texts : m_mirrors.all)
            m_result.value.mirrors.push_back(read_mirror(texts, m_result.mistakes));
        check_feed_of_mirrors();
        return std::move(m_result);
    }

private:
    struct origin {
        std::string where;
        std::string prefix; ///< "[section] key: " in a file, where `where` is but a line number
        bool good = true;
    };

    static std::string logging_safe(std::string_view name) {
        auto const text = in_quotes(name);
        return text.substr(1, text.size() - 2);
    }

    void wrong(std::string where, std::string what) {
        m_result.mistakes.push_back({std::move(where), std::move(what)});
    }

    /// Sections of one kind, each with a name of its own.
    struct named_sections {
        std::string_view kind;
        bool (*is_name)(std::string_view);
        std::string_view rule; ///< for names
        std::vector<section_texts> all = {};

        /// Those of one name are one.
        section_texts& of(std::string_view name, std::string const& where) {
            for (auto& known : all)
                if (known.name == name)
                    return known;
            return all.emplace_back(section_texts{.name = std::string{name}, .where = where, .entries = {}});
        }
        /// "mirror NAME" to NAME; nullopt when it is about none of these.
        std::optional<std::string_view> name_in(std::string_view section) const {
            if (section == kind)
                return "";
            bool const is_one = section.starts_with(kind) && section[kind.size()] == ' ';
            return is_one ? std::optional{section.substr(kind.size() + 1)} : std::nullopt;
        }
    };

    named_sections* kind_of(std::string_view word) {
        for (auto* const kind : {&m_datasets, &m_documents, &m_mirrors})
            if (kind->kind == word)
                return kind;
        return nullptr;
    }
    named_sections* kind_of_section(std::string_view section) { return kind_of(section.substr(0, section.find(' '))); }

    void set_named(named_sections& to, std::string_view name_and_key, std::string_view value,
                   std::string const& where) {
        auto const dot = std::min(name_and_key.find('.'), name_and_key.size());
        auto const name = name_and_key.substr(0, dot);
        std::string const kind{to.kind};
        if (dot == name_and_key.size() || !to.is_name(name)) {
            wrong(where, "no " + kind + " and key named before '=' (write " + kind + ".NAME.key=value)");
            return;
        }
        to.of(name, where)
            .entries.push_back({.key = std::string{name_and_key.substr(dot + 1)},
                                .value = std::string{value},
                                .where = where,
                                .prefix = ""});
    }

    void section(config_section const& found) {
        if (auto* const kind = kind_of_section(found.name)) {
            if (auto const name = kind->name_in(found.name); kind->is_name(name.value_or("")))
                kind->of(*name, found.where);
            else
                wrong(found.where, std::string{kind->rule});
        } else if (!is_section(found.name)) {
            wrong(found.where, "unknown section [" + found.name + "]" + suggestion(found.name, section_names()));
        }
    }

    void entries(config_file const& file) {
        m_result.mistakes = file.mistakes;
        for (auto const& found : file.sections)
            section(found);
        for (auto const& entry : file.entries) {
            auto const prefix = "[" + entry.section + "] " + entry.key + ": ";
            if (auto* const kind = kind_of_section(entry.section)) {
                if (auto const name = kind->name_in(entry.section); kind->is_name(name.value_or("")))
                    kind->of(*name, entry.where)
                        .entries.push_back(
                            {.key = entry.key, .value = entry.value, .where = entry.where, .prefix = prefix});
            } else if (auto const* const key = find_key(entry.section, entry.key)) {
                assign_from_file(*key, entry, prefix);
            } else if (is_section(entry.section)) {
                wrong(entry.where, prefix + "unknown key" + key_suggestion(entry.section, entry.key));
            }
        }
    }

    // Where a value makes sense with a '#' in it, as a connection string or a shell command may, it is none of ours.
    void assign_from_file(key_info const& key, config_entry const& entry, std::string const& prefix) {
        auto const before = m_result.mistakes.size();
        assign(key, key.assign, entry.value, {entry.where, prefix});
        bool const remark = entry.value.find(" #") != std::string::npos || entry.value.find("\t#") != std::string::npos;
        if (remark && m_result.mistakes.size() > before)
            m_result.mistakes.back().what +=
                " (a '#' after a value, and what follows it, is part of the value: comments go "
                "on lines of their own)";
    }

    void assign(key_info const& key, assign_function const& to, std::string_view text, origin from) {
        try {
            to(m_result.value, text);
        } catch (bad_value const& error) {
            from.good = false;
            wrong(from.where, from.prefix + error.what());
        }
        m_origins[key.full_name()] = std::move(from);
    }

    void check_delays() {
        auto const& schedule = m_result.value.schedule;
        auto const debounce = m_origins.find("schedule.debounce");
        auto const max_delay = m_origins.find("schedule.max_delay");
        auto const is_set = [&](auto const& it) { return it != m_origins.end(); };
        bool const unreadable =
            (is_set(debounce) && !debounce->second.good) || (is_set(max_delay) && !max_delay->second.good);
        if (unreadable || schedule.debounce <= schedule.max_delay)
            return;
        auto const& [where, prefix, good] = (is_set(max_delay) ? max_delay : debounce)->second;
        wrong(where, prefix + "debounce " + to_text(schedule.debounce) + " is longer than max_delay " +
                         to_text(schedule.max_delay));
    }

    // One that copies from another machine follows the lists of that one.
    void check_feed_of_mirrors() {
        auto const& mirrors = m_result.value.mirrors;
        auto const follows = std::ranges::find_if(mirrors, [](auto const& m) { return m.from.empty(); });
        auto const retention = m_origins.find("feed.retention");
        if (follows == mirrors.end() || m_result.value.feed.retention.count() != 0 || retention == m_origins.end())
            return;
        wrong(retention->second.where, retention->second.prefix + "0 makes no change lists, and [mirror " +
                                           follows->name + "] follows them (0 is for a tree without mirrors)");
    }

    loaded_settings m_result;
    named_sections m_datasets{
        "dataset", is_exported_name,
        "a dataset has a name of lower-case letters, digits and '_', at most 32 of them, beginning "
        "with a letter (write [dataset hashtags])"};
    named_sections m_documents{"document", is_exported_name,
                               "a document has a name of lower-case letters, digits and '_', at most 32 of them, "
                               "beginning with a letter (write [document totals])"};
    named_sections m_mirrors{"mirror", is_mirror_name,
                             "a mirror has a name of lower-case letters, digits, '-' and '_', at most 32 of them "
                             "(write [mirror github])"};
    std::map<std::string, origin> m_origins; ///< the last place that set a key
};

} // namespace

environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        char const* const value = std::getenv(std::string{name}.c_str());
        return value ? std::optional<std::string>{value} : std::nullopt;
    };
}

std::filesystem::path default_config_file() {
    return EXPORTD_CONFIG_FILE;
}

loaded_settings load_settings(std::optional<std::filesystem::path> const& config, std::vector<std::string> const& sets,
                              environment const& env, std::filesystem::path const& default_file) {
    loader all;
    all.file(config.value_or(default_file), config.has_value());
    all.environment_variables(env);
    for (auto const& text : sets)
        all.set(text);
    return std::move(all).finish();
}

} // namespace exportd
