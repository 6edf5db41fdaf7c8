// Signatures that Amazon has published: its test suite of Signature Version 4, and the examples in the manual of S3.
#include "support/catch.hpp"

#include "http/percent_encoding.hpp"
#include "mirror/s3/sigv4.hpp"

#include <string>

using namespace notes_export::mirror;

namespace {

constexpr char const* nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string signature(std::string const& authorization) {
    return authorization.substr(authorization.find("Signature=") + 10);
}

std::string of_suite(std::string const& method, std::string const& path,
                     std::vector<std::pair<std::string, std::string>> query = {},
                     std::vector<std::pair<std::string, std::string>> more = {}) {
    unsigned_request r{method, path, std::move(query), {{"Host", "example.amazonaws.com"}}, nothing};
    r.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
    r.headers.insert(r.headers.end(), more.begin(), more.end());
    return signature(authorization(
        r, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"}, "20150830T123600Z"));
}

std::string of_manual(std::string const& method, std::string const& path,
                      std::vector<std::pair<std::string, std::string>> query,
                      std::vector<std::pair<std::string, std::string>> more, std::string const& content = nothing) {
    unsigned_request r{method, path, std::move(query), {{"Host", "examplebucket.s3.amazonaws.com"}}, content};
    r.headers.emplace_back("x-amz-content-sha256", content);
    r.headers.emplace_back("x-amz-date", "20130524T000000Z");
    r.headers.insert(r.headers.end(), more.begin(), more.end());
    return signature(
        authorization(r, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "s3"},
                      "20130524T000000Z"));
}

} // namespace

TEST_CASE("sigv4: signs as Amazon's test suite", "[mirror]") {
    CHECK(of_suite("GET", "/") == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    CHECK(of_suite("POST", "/") == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    // get-vanilla-query-order-key-case: sorted, whatever the order was
    CHECK(of_suite("GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}) ==
          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    CHECK(of_suite("GET", notes_export::http::percent_encoded("/\xe1\x88\xb4", true)) ==
          "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
    CHECK(of_suite("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
          "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
    // get-header-value-trim
    CHECK(of_suite("GET", "/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}) ==
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    // post-sts-header-before: a session token is a header as all others
    std::string const token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp"
        "SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQ"
        "DYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+s"
        "cqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    CHECK(of_suite("POST", "/", {}, {{"X-Amz-Security-Token", token}}) ==
          "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST_CASE("sigv4: signs as the examples in the manual of S3", "[mirror]") {
    CHECK(of_manual("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}) ==
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    CHECK(of_manual("PUT", notes_export::http::percent_encoded("/test$file.text", true), {},
                    {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072") ==
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    CHECK(of_manual("GET", "/", {{"lifecycle", ""}}, {}) ==
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    CHECK(of_manual("GET", "/", {{"max-keys", "2"}, {"prefix", "J"}}, {}) ==
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}
