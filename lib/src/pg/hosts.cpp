#include "pg/hosts.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace notes_export::pg {

namespace {

constexpr std::string_view target_keyword = "target_session_attrs";

struct free_options {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

std::string value_of(conninfo_values const& values, std::string_view keyword) {
    auto const found = std::ranges::find(values, keyword, &conninfo_values::value_type::first);
    return found == values.end() ? "" : found->second;
}

std::vector<std::string> elements(std::string_view list) {
    std::vector<std::string> found;
    for (;;) {
        auto const comma = std::min(list.find(','), list.size());
        found.emplace_back(list.substr(0, comma));
        if (comma == list.size())
            return found;
        list.remove_prefix(comma + 1);
    }
}

std::string element(std::vector<std::string> const& list, std::size_t i) {
    return i < list.size() ? list[i] : "";
}

// A service would give again what one host is to be without.
bool is_of_a_host(std::string_view keyword) {
    return keyword == "host" || keyword == "hostaddr" || keyword == "port" || keyword == "service";
}

} // namespace

std::string host::text() const {
    auto const& place = name.empty() ? address : name;
    return port.empty() ? place : place + ':' + port;
}

conninfo_values resolved_values(pg_conn const* c) {
    // libpq only reads here, but asks for no const.
    std::unique_ptr<PQconninfoOption, free_options> const options{PQconninfo(const_cast<PGconn*>(c))};
    conninfo_values values;
    for (auto const* o = options.get(); o != nullptr && o->keyword != nullptr; ++o)
        if (o->val != nullptr)
            values.emplace_back(o->keyword, o->val);
    return values;
}

std::vector<host> hosts_of(conninfo_values const& resolved) {
    auto const names = elements(value_of(resolved, "host"));
    auto const addresses = elements(value_of(resolved, "hostaddr"));
    auto const ports = elements(value_of(resolved, "port"));
    std::vector<host> hosts;
    for (std::size_t i = 0; i < std::max(names.size(), addresses.size()); ++i)
        hosts.push_back({element(names, i), element(addresses, i),
                         ports.size() == 1 ? ports[0] : element(ports, i)}); // one port may stand for all hosts
    return hosts;
}

std::optional<std::chrono::milliseconds> connect_timeout_of(conninfo_values const& resolved) {
    auto const text = value_of(resolved, "connect_timeout");
    int seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds > 0 ? std::optional<std::chrono::milliseconds>{std::chrono::seconds{seconds}} : std::nullopt;
}

conninfo_values with_host(conninfo_values const& resolved, host const& only) {
    conninfo_values values;
    std::ranges::copy_if(resolved, std::back_inserter(values), [](auto const& v) { return !is_of_a_host(v.first); });
    values.insert(values.end(), {{"host", only.name}, {"hostaddr", only.address}, {"port", only.port}});
    return values;
}

std::vector<conninfo_values> attempts_at(conninfo_values const& resolved) {
    auto const hosts = hosts_of(resolved);
    std::vector<conninfo_values> all;
    auto const add = [&](conninfo_values const& values) {
        for (auto const& h : hosts)
            all.push_back(with_host(values, h));
    };
    if (value_of(resolved, target_keyword) != "prefer-standby") {
        add(resolved);
        return all;
    }
    auto values = resolved;
    for (std::string_view const target : {"standby", "any"}) {
        std::ranges::find(values, target_keyword, &conninfo_values::value_type::first)->second = target;
        add(values);
    }
    return all;
}

} // namespace notes_export::pg
