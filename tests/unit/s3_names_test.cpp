#include "notes_export/s3_names.hpp"

#include "support/catch.hpp"

#include <string>

using notes_export::unusable_s3_region;
using notes_export::unusable_s3_url;

TEST_CASE("s3 names: what is no plain URL of a bucket is refused, and a password in it is not shown", "[mirror]") {
    for (auto const* const url : {"",
                                  "https",
                                  "://h/b",
                                  "ftp://h/b",
                                  "https:///b",
                                  "https://:443/b",
                                  "https://h",
                                  "https://h/",
                                  "https://h/b c",
                                  "https://h/b?x=1",
                                  "https://h/b#x",
                                  "https://h/b/../c",
                                  "https://h/b/..",
                                  "https://h/../b",
                                  "https://h/b/.",
                                  "https://h//b",
                                  "https://h/b//c",
                                  "https://me:SECRET@h/b",
                                  "https://SECRET@h/b",
                                  "SECRET",
                                  "https://h/SECRET%20",
                                  "https://h/b/SECRET?"}) {
        INFO(url);
        auto const why = unusable_s3_url(url);
        CHECK_FALSE(why.empty());
        CHECK(why.find("SECRET") == std::string::npos);
    }
}

TEST_CASE("s3 names: what a store can use is taken", "[mirror]") {
    for (auto const* const url :
         {"https://s3.example.org/bucket", "https://s3.example.org:443/bucket/", "http://127.0.0.1:9000/b/data",
          "http://[::1]:9000/b/a b/\xc3\xbc/", "https://h/a.b-c_d/x..y"}) {
        INFO(url);
        CHECK(unusable_s3_url(url).empty());
    }
}

TEST_CASE("s3 names: a region is one word", "[mirror]") {
    for (auto const* const region : {"us-east-1", "auto", "garage", "my_store.1"})
        CHECK(unusable_s3_region(region).empty());
    for (auto const* const region : {"", "eu west", "eu-west-1 ", "eu/west", "a\nb", "\xc3\xbc"})
        CHECK_FALSE(unusable_s3_region(region).empty());
}
