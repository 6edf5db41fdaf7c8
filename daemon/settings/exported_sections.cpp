#include "settings/exported_sections.hpp"

#include "settings/dataset_keys.hpp"
#include "settings/document_keys.hpp"
#include "settings/export_settings.hpp"
#include "settings/exported_places.hpp"

#include <algorithm>
#include <system_error>

namespace exportd {

namespace {

using notes_export::dataset;
using notes_export::document;

constexpr std::size_t longest_exported_name = 32;

/// One kind of section, and how it becomes a value.
template <class T>
class section_reader {
public:
    section_reader(std::string_view kind, std::span<section_key<T> const> keys, std::vector<mistake>& mistakes)
        : m_kind{kind}, m_keys{keys}, m_mistakes{&mistakes} {}

    /// Into the one of that name, or a new one behind all others.
    T& read(section_texts const& texts, std::vector<T>& all) {
        auto found = std::find_if(all.begin(), all.end(), [&](T const& t) { return t.name == texts.name; });
        if (found == all.end()) {
            require_keys(texts, m_kind, m_keys, *m_mistakes);
            found = all.insert(all.end(), T{});
            found->name = texts.name;
        }
        read_entries(texts, m_keys, *found, *m_mistakes);
        return *found;
    }

private:
    std::string_view m_kind;
    std::span<section_key<T> const> m_keys;
    std::vector<mistake>* m_mistakes;
};

/// Where a mistake about a key of a section is: its line, or that of the section.
mistake at(section_texts const& texts, std::string_view kind, std::string_view key, std::string const& what) {
    if (auto const* const entry = texts.last(key))
        return {entry->where, entry->prefix + what};
    return {texts.where, '[' + std::string{kind} + ' ' + texts.name + "] " + std::string{key} + ": " + what};
}

class exported_rules {
public:
    exported_rules(settings const& s, std::vector<mistake>& mistakes) : m_settings{&s}, m_mistakes{&mistakes} {}

    void judge(section_texts const& texts, dataset const& d) {
        judge_table(texts, d);
        judge_index(texts, d);
        judge_omitted(texts, d);
        for (auto const& [key, schema] :
             {std::pair{"schema", &d.profile_schema}, std::pair{"index_schema", &d.index_schema}})
            judge_schema(texts, "dataset", key, *schema);
    }

    void judge(section_texts const& texts, document const& d) {
        if (!d.schema_optional)
            judge_schema(texts, "document", "schema", d.schema);
        judge_flag(texts, "document", "columns", d.columns, "the file");
        for (auto const& name : d.needed)
            if (!d.columns.empty() && !has(d.columns, name))
                wrong(at(texts, "document", "needed", in_quotes(name) + " is not among the columns"));
    }

    void wrong(mistake what) { m_mistakes->push_back(std::move(what)); }

private:
    static bool has(std::vector<std::string> const& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    }

    // A row has one flag, which says whether one file of it is exported.
    void judge_table(section_texts const& texts, dataset const& d) {
        for (auto const& other : m_settings->datasets) {
            if (&other == &d)
                continue;
            if (!d.table.empty() && other.table == d.table)
                wrong(at(texts, "dataset", "relation",
                         in_quotes(d.table) + " is that of dataset " + other.name + ", and a table can have one only"));
            if (other.name == d.table)
                wrong(at(texts, "dataset", "relation",
                         in_quotes(d.table) + " is the name of another dataset: what triggers log of the one would be "
                                              "taken for the other (give that section another name)"));
        }
    }

    void judge_index(section_texts const& texts, dataset const& d) {
        for (auto const* const key : {"index_columns", "index_order", "index_schema"})
            if (auto const* const entry = texts.last(key);
                !d.has_entries() && entry != nullptr && !entry->value.empty())
                wrong({entry->where, entry->prefix + "there is no index (write index = PATH as well)"});
        if (d.has_entries() && !d.id_column.empty() && !has(d.index_columns, d.id_column))
            wrong(at(texts, "dataset", "index_columns", "the id, " + in_quotes(d.id_column) + ", is not among them"));
        judge_flag(texts, "dataset", "index_columns", d.index_columns, "the list");
        judge_flag(texts, "dataset", "index_order", d.index_order, "the list");
        judge_shards(texts, d);
        if (!d.current_column.empty() && d.dimension.empty())
            wrong(at(texts, "dataset", "current", "there is no dimension that could have this column"));
    }

    void judge_flag(section_texts const& texts, std::string_view kind, std::string_view key,
                    std::vector<std::string> const& columns, std::string const& what) {
        if (has(columns, dataset::flag_column))
            wrong(at(texts, kind, key,
                     in_quotes(dataset::flag_column) + " is set by the export itself, so that " + what +
                         " would not agree with the table"));
    }

    // A profile tells whose it is, and an entry of the index can be made of it.
    void judge_omitted(section_texts const& texts, dataset const& d) {
        auto needed = d.has_entries() ? d.index_columns : std::vector<std::string>{};
        needed.push_back(d.id_column);
        for (auto const& column : d.omitted)
            if (has(needed, column))
                wrong(at(texts, "dataset", "omit",
                         in_quotes(column) + " is the id, or a column of the index, and needed"));
    }

    // They are made of the entries of the index.
    void judge_shards(section_texts const& texts, dataset const& d) {
        if (!d.shards.make)
            return;
        if (d.shards.directory.empty())
            wrong(at(texts, "dataset", "shards",
                     "they stand beside an index, in a directory of its name (write index = PATH.json)"));
        auto needed = d.index_order;
        needed.push_back(d.name_column);
        for (auto const& column : needed)
            if (!has(d.index_columns, column))
                wrong(at(texts, "dataset", "index_columns",
                         in_quotes(column) + " is not among them, and shards are made of it"));
    }

    void judge_schema(section_texts const& texts, std::string_view kind, std::string_view key,
                      std::string const& schema) {
        auto const file = m_settings->exporting.schema_dir / schema;
        std::error_code unseen; // what may not be looked at is proven, or refused, by who reads it
        if (!schema.empty() && texts.last(key) != nullptr && m_settings->exporting.validation != validation_mode::off &&
            !std::filesystem::exists(file, unseen) && !unseen)
            wrong(at(texts, kind, key, "there is no file " + file.string()));
    }

    settings const* m_settings;
    std::vector<mistake>* m_mistakes;
};

template <class T>
T const* find(std::vector<T> const& all, std::string const& name) {
    auto const found = std::find_if(all.begin(), all.end(), [&](T const& t) { return t.name == name; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace

bool is_exported_name(std::string_view name) {
    auto const is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= longest_exported_name && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

void read_exported(std::vector<section_texts> const& datasets, std::vector<section_texts> const& documents,
                   settings& into, std::vector<mistake>& mistakes) {
    into.datasets = into.exporting.built_in ? notes_export::standard_datasets() : std::vector<dataset>{};
    into.documents = into.exporting.built_in ? notes_export::standard_documents() : std::vector<document>{};
    auto const before = mistakes.size();
    section_reader<dataset> dataset_reader{"dataset", dataset_keys(), mistakes};
    for (auto const& texts : datasets)
        complete(dataset_reader.read(texts, into.datasets));
    section_reader<document> document_reader{"document", document_keys(), mistakes};
    for (auto const& texts : documents)
        document_reader.read(texts, into.documents);

    exported_rules rules{into, mistakes};
    for (auto const& texts : datasets)
        rules.judge(texts, *find(into.datasets, texts.name));
    for (auto const& texts : documents)
        rules.judge(texts, *find(into.documents, texts.name));
    for (auto const& clash : meeting_places(into))
        for (auto const& [kind, all] : {std::pair{"dataset", &datasets}, std::pair{"document", &documents}})
            if (auto const* const texts = clash.kind == kind ? find(*all, clash.name) : nullptr)
                rules.wrong(at(*texts, kind, clash.key, clash.what));
    if (into.datasets.empty() && mistakes.size() == before)
        rules.wrong({"[export] built_in", "is false, and there is no [dataset NAME]: nothing would be exported"});
}

} // namespace exportd
