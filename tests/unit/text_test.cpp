#include "support/catch.hpp"

#include "schema/text.hpp"

#include <string>

using notes_export::printable;

TEST_CASE("printable text: what a terminal would obey is escaped, the rest stays", "[schema]") {
    CHECK(printable("Zürich 東京 \"x\"") == "Zürich 東京 \"x\"");
    CHECK(printable("a\nb\x7f") == "a\\u000ab\\u007f");
    CHECK(printable("a\xC2\x9B"
                    "31m\xC2\xA0") == "a\\u009b31m\xC2\xA0");
    CHECK(printable("") == "");
}

TEST_CASE("printable text: it is cut at a character, and no longer than asked for, however much is escaped",
          "[schema]") {
    CHECK(printable("12345", 5) == "12345");
    CHECK(printable("123456", 5) == "12345...");
    CHECK(printable("1234é", 5) == "1234...");
    CHECK(printable("\n\n\n", 13) == "\\u000a\\u000a...");
    CHECK(printable(std::string(10000, '\x01')).size() <= 80 + 3);
}

TEST_CASE("printable text: bytes that are no UTF-8 neither vanish nor lengthen it", "[schema]") {
    CHECK(printable("a\n\x80") == "a\\u000a\x80");
    CHECK(printable(std::string(10000, '\x80')).size() <= 80 + 3);
    CHECK(printable("\xC2") == "\xC2");
}
