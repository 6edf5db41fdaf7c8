#include "support/catch.hpp"

#include "mirror/gzip.hpp"

#include <string>

using namespace notes_export::mirror;

namespace {

std::string streamed(std::string const& bytes, std::size_t piece) {
    std::string out;
    gzip_stream stream{[&](std::string_view p) { out += p; }};
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        stream.add(std::string_view{bytes}.substr(at, piece));
    stream.finish();
    return out;
}

} // namespace

TEST_CASE("gzip: gives the same bytes each time, and what was put in comes out", "[mirror]") {
    std::string text;
    for (int i = 0; i < 100'000; ++i)
        text += "{\"id\": " + std::to_string(i * 7919) + "}\n";
    auto const whole = gzip(text);
    CHECK(whole == gzip(text));
    CHECK(whole.size() < text.size() / 2);
    CHECK(gunzip(whole, text.size()) == text);
    auto const pieces = streamed(text, 65536);
    CHECK(pieces == streamed(text, 777));
    CHECK(gunzip(pieces, text.size()) == text);
    CHECK(gunzip(gzip(""), 10) == "");
}

TEST_CASE("gunzip: refuses what is damaged, cut or too long", "[mirror]") {
    auto const good = gzip(std::string(1000, 'a'));
    CHECK_FALSE(gunzip(good, 999));
    CHECK_FALSE(gunzip(good.substr(0, good.size() - 1), 1000));
    CHECK_FALSE(gunzip("no gzip", 1000));
    auto damaged = good;
    damaged[damaged.size() - 6] ^= 1;
    CHECK_FALSE(gunzip(damaged, 1000));
}
