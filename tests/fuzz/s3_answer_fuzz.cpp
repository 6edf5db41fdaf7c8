// What an S3 store answers: a listing or an error, as XML. Whatever it is, a message of it is short and on one line,
// and a listing is bounded.
#include "fuzz/expect.hpp"
#include "fuzz/input.hpp"

#include "mirror/s3/answer.hpp"
#include "mirror/s3/failure.hpp"
#include "notes_export/utf8.hpp"

#include <algorithm>

using namespace notes_export;
using fuzz::expect;

namespace {

void check_text(std::string_view text) {
    constexpr std::size_t longest = 2000;
    expect(text.size() <= longest, "a message is short");
    expect(is_utf8(text), "a message is UTF-8");
    expect(std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }), "a message is one line");
    expect(text.find("SECRET KEY") == std::string_view::npos, "a message has no secret");
}

void check_listing(std::string_view xml) {
    auto const listing = mirror::parse_s3_listing(xml);
    if (!listing)
        return;
    expect(listing->objects.size() <= mirror::most_listed, "a listing is bounded");
    std::size_t bytes = 0;
    for (auto const& object : listing->objects)
        bytes += object.key.size() + object.etag.size();
    expect(bytes <= 8 * xml.size(),
           "a listing is no larger than what it came from"); // "&lt;" is shorter when it is read
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::input in{data, size};
    constexpr int statuses = 600;
    http::response answer;
    answer.status = in.byte() * 3 % statuses;
    answer.headers = {{"Date", std::string{in.text_before('\n')}},
                      {"x-amz-bucket-region", std::string{in.text_before('\n')}}};
    answer.content = std::string{in.rest()};
    auto const failure =
        mirror::s3_failure("GET https://host/bucket/x", answer, {"ACCESS KEY", "SECRET KEY", ""}, 1'700'000'000);
    check_text(failure.what());
    check_text(failure.remedy());
    expect(!failure.kind().empty(), "a failure has a kind");
    check_listing(answer.content);
    (void)mirror::is_no_such_key(answer);
    return 0;
}
