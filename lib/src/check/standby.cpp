#include "check/standby.hpp"

#include "check/examination.hpp"
#include "source/admission.hpp"
#include "source/server_identity.hpp"

#include <string_view>

namespace notes_export {

namespace {

constexpr std::string_view otherwise = "rows are read from the primary: ";

std::string remedy_for(standby_problem what) {
    switch (what) {
    case standby_problem::no_standby:
        return "is a standby among the hosts of [database] read_conninfo, and does it run?";
    case standby_problem::promoted:
        return "after a failover, name the new primary in [database] conninfo";
    case standby_problem::other_timeline:
        return "let it follow the primary of [database] conninfo";
    default:
        return "[database] read_conninfo must name a physical standby of that primary, and the same database";
    }
}

} // namespace

std::vector<finding> examine_standby(pg::connection& primary, export_config const& config,
                                     std::stop_token const& stop) {
    if (config.read_conninfo.empty())
        return {};
    examination found{"standby"};
    auto const wanted = identify_server(primary);
    try {
        admission to_standby{config, admission::server::standby};
        to_standby.set_stop(stop, {});
        auto const c = to_standby.open("check");
        c->answer_within(config.read_wait);
        auto const seen = identify_server(*c);
        if (auto const problem = difference_between(wanted, seen); problem != standby_problem::none)
            found.warn(std::string{otherwise} + describe(problem, wanted, seen), remedy_for(problem));
        else
            found.ok("a physical standby of the primary; to be replayed: " + missing_to(*c, wanted.lsn));
    } catch (database_error const& e) {
        found.warn(std::string{otherwise} + e.what(),
                   "does the standby run, and do host, port and pg_hba.conf let this role in?");
    }
    return std::move(found).take();
}

} // namespace notes_export
