// conf/index_shards.js in headless Chromium, in front of a tree that nginx serves: it finds what the exporter wrote.
#include "support/catch.hpp"

#include "document/json_value.hpp"
#include "shard/fold.hpp"
#include "shard/paths.hpp"
#include "support/export_fixture.hpp"
#include "support/nginx.hpp"

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <set>
#include <unistd.h>

using namespace notes_export;

namespace {

std::string json_text(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string joined(std::vector<std::string> const& values) {
    std::string text = "[";
    for (auto const& v : values)
        text += (text.size() > 1 ? "," : "") + v;
    return text + ']';
}

struct named {
    std::string name;
    std::int64_t id;
    std::string json() const { return '[' + json_text(name) + ',' + std::to_string(id) + ']'; }
};

/// What was asked for, and what is found.
std::string asked(std::string_view text, std::vector<named> const& found) {
    std::vector<std::string> all;
    for (auto const& n : found)
        all.push_back(n.json());
    return '[' + json_text(text) + ',' + joined(all) + ']';
}

struct browser_fixture : test::export_fixture {
    export_config with_shards() const {
        auto c = config();
        c.datasets.front().shards.make = true;
        c.datasets.front().shards.top = 3;
        return c;
    }
    void add(named const& one, int open) {
        db.exec("INSERT INTO dwh.datamartusers SELECT (json_populate_record(model, json_build_object("
                "'dimension_user_id', " +
                std::to_string(one.id) + ", 'user_id', " + std::to_string(one.id) + ", 'username', " +
                literal(one.name) + ", 'history_whole_open', " + std::to_string(open) +
                ", 'json_exported', false))).* FROM (SELECT m AS model FROM dwh.datamartusers m"
                " WHERE user_id >= 1 ORDER BY user_id LIMIT 1) AS first");
    }
    static std::string literal(std::string const& text) {
        std::string sql = "E'";
        for (char const c : text)
            sql += c == '\'' ? "''" : c == '\\' ? "\\\\" : std::string{c};
        return sql + '\'';
    }

    static std::string fold_json() {
        std::vector<std::string> changed;
        for (char32_t c = 0; c <= 0x10FFFF; ++c)
            if (auto const to = shard::folded(c); to != c)
                changed.push_back('[' + std::to_string(static_cast<unsigned>(c)) + ',' +
                                  std::to_string(static_cast<unsigned>(to)) + ']');
        return joined(changed);
    }
    static std::string paths_json(std::string const& name) {
        shard::paths const where{standard_datasets().front()};
        auto const folded = shard::folded(name);
        auto const inside = [&](std::string const& path) {
            return json_text(path.substr(where.directory().size() + 1));
        };
        std::vector<std::string> bigrams;
        for (auto const pair : shard::bigrams_of(folded))
            bigrams.push_back(inside(where.of(pair)));
        return "{\"name\":" + json_text(name) + ",\"names\":" + inside(where.names(shard::shard_of(folded))) +
               ",\"bigrams\":" + joined(bigrams) + '}';
    }
    void write(std::string const& path, std::string const& text) const { std::ofstream{tree() / path} << text; }

    std::string dom_of(std::string const& url) const {
        auto const command = "timeout 120 /usr/bin/chromium --headless --no-sandbox --disable-gpu --disable-quic"
                             " --no-first-run --disable-sync --disable-background-networking"
                             " --disable-component-update --disable-dev-shm-usage --virtual-time-budget=60000"
                             " --user-data-dir=" +
                             (root / "browser").string() + " --dump-dom " + url + " 2>/dev/null";
        std::unique_ptr<std::FILE, int (*)(std::FILE*)> const out{::popen(command.c_str(), "r"), ::pclose};
        std::string text;
        std::array<char, 4096> block;
        while (auto const n = std::fread(block.data(), 1, block.size(), out.get()))
            text.append(block.data(), n);
        return text;
    }
};

} // namespace

TEST_CASE_METHOD(browser_fixture, "index shards: a browser finds by them what the exporter wrote", "[shards][db]") {
    if (::access("/usr/bin/chromium", X_OK) != 0 || ::access("/usr/sbin/nginx", X_OK) != 0) {
        WARN("skipped: no chromium, or no nginx");
        return;
    }
    named const plain{"Zqzq Mapper", 40'000'001}, greek{"ΣΊΣΥΦΟΣ", 40'000'002},
        emoji{"\U0001F600\u200D\U0001F525x", 40'000'003};
    named const same{"Wxyw", 40'000'004}, same_again{"Wxyw", 40'000'005}, other_case{"WXYW", 40'000'006};
    named const hostile{"\x01\n\"\\</script>\u2028", 40'000'007}, right_to_left{"\u202Eשלום", 40'000'008};
    named const turkish{"İstanbul ISI", 40'000'009}, one{"ß", 40'000'010}, heavy{"A wxyw b", 40'000'011};
    std::vector<named> const all{plain,      greek,      emoji,   same,
                                 same_again, other_case, hostile, right_to_left,
                                 turkish,    one,        heavy,   {std::string(10'240, 'q'), 40'000'012}};
    for (auto const& u : all)
        add(u, 5);
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 1000000 WHERE user_id = 40000011");
    exporter{with_shards()}.run({});

    std::vector<std::string> paths;
    for (auto const& u : all)
        paths.push_back(paths_json(u.name));
    paths.push_back(paths_json(""));
    write("expected.json",
          "{\"profile\":" + json_text('/' + entity_path{standard_datasets().front().path}.of(plain.id)) +
              ",\"fold\":" + fold_json() + ",\"paths\":" + joined(paths) + ",\"lookups\":" +
              joined({asked("zqzq mapper", {plain}), asked(plain.name, {plain}), asked("σίσυφος", {greek}),
                      asked("σίσυφοσ", {greek}), asked(emoji.name, {emoji}), asked("Wxyw", {same, same_again}),
                      asked("WXYW", {other_case}), asked("wxyw", {other_case, same, same_again}),
                      asked(hostile.name, {hostile}), asked(right_to_left.name, {right_to_left}),
                      asked("İSTANBUL isi", {turkish}), asked("istanbul isi", {}), asked("ß", {one}), asked("ss", {}),
                      asked("nobody of this name", {}), asked(std::string(10'240, 'Q'), {all.back()}), asked("", {})}) +
              ",\"searches\":" +
              joined({asked("zqz", {plain}), asked("MAPPER", {plain}), asked("ίσυφ", {greek}),
                      asked("wxyw", {other_case, same, same_again, heavy}), asked("</SCRIPT", {hostile}),
                      asked("qqqq", {all.back()}), asked("no such text", {}), asked("ß", {one})}) +
              '}');
    auto page = test::read_file(EXPORTD_SOURCE_DIR "/tests/integration/index_shards_page.html");
    std::string const mark = "/* CLIENT */";
    page.replace(page.find(mark), mark.size(), test::read_file(EXPORTD_SOURCE_DIR "/conf/index_shards.js"));
    write("page.html", page);

    test::nginx const server{root / "nginx", tree()};
    auto const dom = dom_of(server.url() + "/page.html");
    auto const begin = dom.find("<body>");
    auto const result = begin == std::string::npos ? dom : dom.substr(begin + 6, 2000);
    std::cout << result.substr(0, result.find('\n')) << '\n';
    INFO(result);
    CHECK(result.starts_with("passed: "));
}
