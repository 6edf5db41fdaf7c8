#include "support/catch.hpp"

#include "compress/brotli.hpp"
#include "compress/decompressor.hpp"
#include "compress/gzip.hpp"

#include <algorithm>
#include <optional>
#include <string>

using namespace notes_export;

namespace {

std::string streamed(std::string const& bytes, std::size_t piece) {
    std::string out;
    gzip_stream stream{[&](std::string_view p) { out += p; }};
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        stream.add(std::string_view{bytes}.substr(at, piece));
    stream.finish();
    return out;
}

std::string rows(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "{\"id\": " + std::to_string(i * 7919) + "}\n";
    return text;
}

std::string brotli_in_pieces(std::string const& bytes, std::size_t piece, int quality) {
    std::string out;
    brotli_stream stream{[&](std::string_view p) { out += p; }, quality};
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        stream.add(std::string_view{bytes}.substr(at, piece));
    stream.finish();
    return out;
}

/// nullopt: it is not one whole file.
std::optional<std::string> decompressed(compression how, std::string const& bytes, std::size_t piece) {
    std::string out;
    std::size_t longest = 0;
    decompressor stream{how, [&](std::string_view p) {
                            longest = std::max(longest, p.size());
                            out += p;
                            return true;
                        }};
    bool good = true;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        good = stream.add(std::string_view{bytes}.substr(at, piece)) && good;
    CHECK(longest <= 32768);
    return good && stream.is_whole() ? std::optional{out} : std::nullopt;
}

std::string compressed(compression how, std::string const& bytes) {
    return how == compression::gzip ? gzip(bytes) : brotli(bytes, 5);
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

TEST_CASE("gzip: every level gives what was put in, as a file and as a stream", "[compress]") {
    auto const text = rows(20'000);
    for (int level = 1; level <= 12; ++level)
        CHECK(gunzip(gzip(text, level), text.size()) == text);
    CHECK(gzip(text, 12).size() < gzip(text, 1).size());
    for (int level = 1; level <= 9; ++level) {
        std::string out;
        gzip_stream stream{[&](std::string_view p) { out += p; }, level};
        stream.add(text);
        stream.finish();
        CHECK(gunzip(out, text.size()) == text);
    }
}

TEST_CASE("gzip: its header has no time of day and no name", "[compress]") {
    auto const header = gzip("x").substr(0, 8);
    CHECK(header[3] == 0);                              // no name, no comment
    CHECK(header.substr(4, 4) == std::string(4, '\0')); // no time
    CHECK(streamed("x", 1).substr(3, 5) == std::string(5, '\0'));
}

TEST_CASE("brotli: every quality gives what was put in, the same bytes each time", "[compress]") {
    auto const text = rows(3'000);
    for (int quality = 0; quality <= 11; ++quality) {
        auto const whole = brotli(text, quality);
        CHECK(whole == brotli(text, quality));
        CHECK(decompressed(compression::brotli, whole, 1000) == text);
        auto const pieces = brotli_in_pieces(text, 4096, quality);
        CHECK(pieces == brotli_in_pieces(text, 4096, quality));
        CHECK(decompressed(compression::brotli, pieces, 777) == text);
    }
    CHECK(brotli(text, 11).size() < brotli(text, 1).size());
    CHECK(decompressed(compression::brotli, brotli("", 5), 10) == "");
    CHECK(decompressed(compression::brotli, brotli_in_pieces("", 1, 5), 10) == "");
}

TEST_CASE("decompressor: gives large files in small pieces", "[compress]") {
    auto const text = rows(200'000);
    for (auto const how : all_compressions)
        for (std::size_t const piece : {std::size_t{1'000}, std::size_t{1} << 24U})
            CHECK(decompressed(how, compressed(how, text), piece) == text);
    CHECK(decompressed(compression::gzip, gzip(""), 1) == "");
}

TEST_CASE("decompressor: refuses what is cut, damaged, or followed by anything", "[compress]") {
    auto const text = rows(5'000);
    for (auto const how : all_compressions) {
        auto const good = compressed(how, text);
        CHECK_FALSE(decompressed(how, good.substr(0, good.size() - 1), 1000));
        CHECK_FALSE(decompressed(how, good + 'x', 1000));
        CHECK_FALSE(decompressed(how, good + 'x', good.size()));
        CHECK_FALSE(decompressed(how, good + good, 1000));
        CHECK_FALSE(decompressed(how, "", 1));
        CHECK_FALSE(decompressed(how, "{\"id\": 7}\n", 1000));
        auto damaged = good;
        damaged[damaged.size() / 2] ^= 0x55;
        CHECK(decompressed(how, damaged, 1000) != text);
    }
}

TEST_CASE("decompressor: goes on no further when nobody wants more", "[compress]") {
    std::string const bomb(100'000'000, ' ');
    for (auto const how : all_compressions) {
        std::size_t seen = 0;
        decompressor stream{how, [&](std::string_view p) { return (seen += p.size()) < 100'000; }};
        CHECK_FALSE(stream.add(compressed(how, bomb)));
        CHECK(seen < 200'000);
        CHECK_FALSE(stream.add("more"));
        CHECK_FALSE(stream.is_whole());
    }
}
