#include "source/sources.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

constexpr char view_kind = 'v';
constexpr char partitioned_kind = 'p';
constexpr char foreign_kind = 'f';

} // namespace

sources sources::read(pg::connection& c, sql const& statements, std::vector<std::string> const& names,
                      roles const& named) {
    sources found;
    pg::param const schema{statements.schema()};
    pg::param const roots{name_array(names)};
    found.read_parts(c, schema, roots);
    found.read_types(c, schema, roots);
    found.read_functions(c, schema, roots);
    found.read_triggers(c);
    found.find_roots(statements.schema(), names);
    found.judge(named);
    return found;
}

void sources::read_parts(pg::connection& c, pg::param const& schema, pg::param const& names) {
    auto const rows = c.prepared("read what profiles are made from", sql::sources(), std::array{schema, names});
    for (int i = 0; i < rows.rows(); ++i) {
        part p;
        p.oid = static_cast<std::uint32_t>(rows.integer(i, 0));
        p.name = rows.text(i, 1);
        p.kind = rows.text(i, 2).front();
        p.partition = rows.boolean(i, 3);
        p.parent = static_cast<std::uint32_t>(rows.integer(i, 4));
        p.quoted = rows.text(i, 8);
        p.readable = rows.boolean(i, 9);
        if (p.kind != view_kind)
            m_facts.add("storage of " + p.name, rows.text(i, 5));
        m_facts.add("columns of " + p.name, rows.text(i, 6));
        if (!rows.text(i, 7).empty())
            m_facts.add("definition of " + p.name, rows.text(i, 7));
        m_parts.push_back(std::move(p));
    }
}

void sources::read_types(pg::connection& c, pg::param const& schema, pg::param const& names) {
    auto const rows = c.prepared("read types", sql::source_types(), std::array{schema, names});
    for (int i = 0; i < rows.rows(); ++i) {
        m_facts.add("type " + rows.text(i, 0), rows.text(i, 2));
        if (auto const composite = static_cast<std::uint32_t>(rows.integer(i, 1)); composite != 0)
            m_further.push_back(composite);
    }
}

void sources::read_functions(pg::connection& c, pg::param const& schema, pg::param const& names) {
    auto const rows = c.prepared("read functions of views", sql::source_functions(), std::array{schema, names});
    for (int i = 0; i < rows.rows(); ++i) {
        m_facts.add("function " + rows.text(i, 1), rows.text(i, 2));
        m_further.push_back(static_cast<std::uint32_t>(rows.integer(i, 0)));
    }
}

sources::part* sources::find(std::uint32_t oid) {
    auto const found = std::ranges::lower_bound(m_parts, oid, {}, &part::oid);
    return found != m_parts.end() && found->oid == oid ? &*found : nullptr;
}

void sources::read_triggers(pg::connection& c) {
    pg::param const all{oids()};
    auto const ours = c.prepared("read triggers", sql::own_triggers(), std::array{all});
    std::map<std::string, std::string> versions;
    for (int i = 0; i < ours.rows(); ++i)
        if (auto* const p = find(static_cast<std::uint32_t>(ours.integer(i, 0)))) {
            p->triggers.emplace(ours.text(i, 1), ours.text(i, 2).front());
            versions["triggers of " + p->name] +=
                ours.text(i, 1) + ' ' + ours.text(i, 2) + ' ' + ours.text(i, 3) + "; ";
        }
    for (auto const& [what, value] : versions)
        m_facts.add(what, value);
    auto const others = c.prepared("read triggers of others", sql::foreign_update_triggers(), std::array{all});
    for (int i = 0; i < others.rows(); ++i)
        if (auto* const p = find(static_cast<std::uint32_t>(others.integer(i, 0))))
            p->update_triggers.push_back(others.text(i, 1));
}

// Partitions count as the table that they are part of.
void sources::find_roots(std::string const& schema, std::vector<std::string> const& names) {
    for (auto& p : m_parts) {
        auto const* top = &p;
        for (auto const* parent = find(p.parent); top->partition && parent != nullptr; parent = find(top->parent))
            top = parent;
        for (auto const& name : names)
            if (top->name == schema + '.' + name)
                p.root = name;
    }
}

// A table that inherits from another one has rows that the other's triggers do not see.
void sources::judge(roles const& named) {
    for (auto const& p : m_parts) {
        if (p.kind == view_kind)
            continue;
        bool const inherits = p.parent != 0 && !p.partition;
        auto const read_as = named.find(p.root);
        auto const as = read_as == named.end() ? watched_as::names : read_as->second.as;
        auto missing = missing_triggers(as, p.kind, p.partition, p.triggers);
        if (missing.empty() && read_as != named.end() && !read_as->second.lacks.empty())
            missing = {read_as->second.lacks};
        if (inherits)
            missing = {"every trigger (the table inherits from another)"};
        if (missing.empty())
            continue;
        for (auto const& m : missing)
            m_gaps[p.root.empty() ? p.name : p.root].push_back(m + " on " + p.name);
        if (inherits) // its parent is read with it
            if (auto const* parent = find(p.parent); parent != nullptr && !parent->root.empty())
                m_gaps[parent->root].push_back("triggers on " + p.name);
        if (p.kind != partitioned_kind)
            compare_rows_of(p);
    }
}

void sources::compare_rows_of(part const& p) {
    if (auto const* from = readable_parent(p); from == nullptr)
        m_unseen.push_back(p.name);
    else if (p.kind == foreign_kind)
        m_unwatched.push_back({p.name, sql::row_contents(from->quoted, p.oid)});
    else
        m_unwatched.push_back({p.name, sql::row_versions(from->quoted, p.oid)});
}

// Who may read a table reads its partitions with it, and has no rights on them.
sources::part const* sources::readable_parent(part const& p) {
    auto const* from = &p;
    while (from != nullptr && !from->readable)
        from = from->parent == 0 ? nullptr : find(from->parent);
    return from;
}

std::vector<std::string> sources::gaps() const {
    std::vector<std::string> all;
    for (auto const& [name, missing] : m_gaps)
        all.insert(all.end(), missing.begin(), missing.end());
    return all;
}

bool sources::has_versions(std::string const& name) const {
    return std::ranges::none_of(m_parts, [&](part const& p) { return p.root == name && p.kind == foreign_kind; });
}

bool sources::has_foreign_tables() const {
    return std::ranges::any_of(m_parts, [](part const& p) { return p.kind == foreign_kind; });
}

std::vector<std::string> sources::update_triggers(std::string const& name) const {
    std::vector<std::string> all;
    for (auto const& p : m_parts)
        if (p.root == name)
            for (auto const& trigger : p.update_triggers)
                if (std::ranges::find(all, trigger) == all.end())
                    all.push_back(trigger);
    return all;
}

std::string sources::oids() const {
    std::vector<std::uint32_t> all = m_further;
    for (auto const& p : m_parts)
        all.push_back(p.oid);
    return array_text(all);
}

} // namespace notes_export
