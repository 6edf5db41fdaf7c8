#include "check/other_tree.hpp"

#include "check/examination.hpp"
#include "publish/tree.hpp"
#include "publish/tree_lock.hpp"
#include "source/lock_statements.hpp"
#include "source/sql.hpp"

#include <algorithm>

namespace notes_export {

namespace {

std::string holder_of(std::filesystem::path const& directory) {
    try {
        return tree_lock::holder(tree{directory, false});
    } catch (std::system_error const&) { // what is wrong with the tree is a finding of its own
        return "";
    }
}

lock_statements statements_of(export_config const& config) {
    std::vector<std::string> tables;
    for (auto const& d : config.datasets)
        tables.push_back(d.table);
    return {config.schema, std::move(tables)};
}

} // namespace

bool is_session_of(std::string const& holder, std::string const& application) {
    constexpr std::string_view process = "process ";
    constexpr std::string_view on = " on ";
    auto const at = holder.find(on);
    if (!holder.starts_with(process) || at == std::string::npos)
        return !holder.empty(); // it does not say who it is
    auto const pid = holder.substr(process.size(), at - process.size());
    auto const end = application.find(':' + pid + ':');
    auto const begin = application.rfind(' ', std::min(end, application.size()));
    if (end == std::string::npos || begin == std::string::npos)
        return false;
    return holder.substr(at + on.size()).starts_with(application.substr(begin + 1, end - begin - 1));
}

std::vector<finding> examine_other_trees(pg::connection& c, export_config const& config) {
    examination found{"exporter"};
    auto const holder = holder_of(config.directory);
    auto const others = c.query("look for other exporters", statements_of(config).holders());
    for (int i = 0; i < others.rows(); ++i)
        if (others.boolean(i, 4) && !is_session_of(holder, std::string{others.text(i, 2)}))
            found.fail("another exporter serves schema \"" + config.schema +
                           "\" of this database, with another tree: " + std::string{others.text(i, 2)} + " (backend " +
                           std::string{others.text(i, 0)} + ", role \"" + std::string{others.text(i, 1)} +
                           "\", client " + std::string{others.text(i, 3)} + ')',
                       "end that one; one schema has one exporter, and mirrors copy its tree to other places");
    return std::move(found).take();
}

} // namespace notes_export
