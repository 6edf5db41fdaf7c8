#include "http/shown_url.hpp"

#include "support/catch.hpp"

using notes_export::http::shown_url;

TEST_CASE("shown url: without user, password and query", "[mirror]") {
    CHECK(shown_url("https://me:sesame@host/a/b?token=sesame#x") == "https://host/a/b");
    CHECK(shown_url("https://me:se@same@host") == "https://host");
    CHECK(shown_url("https://host?token=sesame") == "https://host");
    CHECK(shown_url("git@github.com:me/x.git") == "github.com:me/x.git");
    CHECK(shown_url("https://host/a@b") == "https://host/a@b");
    CHECK(shown_url("/mnt/a@b?c") == "/mnt/a@b?c");
    CHECK(shown_url("https://me:secret@host:1/p?q=1#f") == "https://host:1/p");
    CHECK(shown_url("https://host?q=@x") == "https://host");
    CHECK(shown_url("https://host/a@b") == "https://host/a@b");
    CHECK(shown_url("https://h/\n") == "https://h/?");
    CHECK(shown_url("").empty());
}
