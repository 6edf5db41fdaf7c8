#include "check/columns.hpp"

#include "check/examination.hpp"
#include "document/document_query.hpp"
#include "source/column_type.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace notes_export {

namespace {

class column_examination {
public:
    column_examination(export_config const& config, catalog const& there) : m_config{&config}, m_there{&there} {}

    void look_at(dataset const& d) {
        m_section = "[dataset " + d.name + ']';
        for (auto const& from : {d.table, m_there->source(d)}) {
            need_integer(from, d.key_column, "key");
            need_integer(from, d.id_column, "id");
        }
        need(m_there->source(d), d.name_column, "name");
        need_all(m_there->source(d), d.omitted, "omit");
        for (auto const& l : d.lookups) {
            need(d.table, l.local_column, "join");
            need(l.table, l.key_column, "join");
            need_all(l.table, l.columns, "join");
        }
        if (auto const name = repeated_member(d, *m_there); !name.empty())
            m_found.fail("profiles of " + d.name + " would have two members " + name,
                         m_section + " omit can name that of the table, and join another one");
        if (!d.dimension.empty())
            need(d.dimension, d.key_column, "key");
        if (!d.current_column.empty())
            need(d.dimension, d.current_column, "current");
        if (d.has_entries()) {
            need_all(d.table, d.index_columns, "index_columns");
            need_all(d.table, d.index_order, "index_order");
        }
    }

    void look_at(document const& d) {
        m_section = "[document " + d.name + ']';
        need_integer(d.table, d.key_column, "key");
        need_all(d.table, d.columns, "columns");
    }

    std::vector<finding> take() && {
        if (m_found.empty())
            m_found.ok("all " + std::to_string(m_count) + " that the configuration names are there");
        return std::move(m_found).take();
    }

private:
    bool need(std::string const& relation, std::string const& column, std::string_view key) {
        ++m_count;
        auto const& all = m_there->columns(relation);
        if (std::ranges::find(all, column, &column::name) != all.end())
            return true;
        fail(m_config->schema + '.' + relation + " has no column " + column, key);
        return false;
    }

    void need_all(std::string const& relation, std::vector<std::string> const& columns, std::string_view key) {
        for (auto const& column : columns)
            need(relation, column, key);
    }

    void need_integer(std::string const& relation, std::string const& column, std::string_view key) {
        if (need(relation, column, key) && !is_integer(m_there->find(relation, column).type))
            fail("column " + column + " of " + m_config->schema + '.' + relation +
                     " is neither smallint, integer nor bigint",
                 key);
    }

    // Table and view may lack the same.
    void fail(std::string text, std::string_view key) {
        if (std::ranges::find(m_told, text) != m_told.end())
            return;
        m_told.push_back(text);
        m_found.fail(std::move(text), m_section + ' ' + std::string{key} + " must name one of its columns" +
                                          (key == "key" || key == "id" ? ", of numbers" : ""));
    }

    export_config const* m_config;
    catalog const* m_there;
    examination m_found{"columns"};
    std::string m_section;
    std::vector<std::string> m_told;
    std::size_t m_count = 0;
};

} // namespace

std::vector<finding> examine_columns(export_config const& config, catalog const& there) {
    column_examination look{config, there};
    for (auto const& d : config.datasets)
        look.look_at(d);
    for (auto const& d : config.documents)
        look.look_at(d);
    return std::move(look).take();
}

} // namespace notes_export
