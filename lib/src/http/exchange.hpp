#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export::http {

/// Names and values, in order.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// What is sent with a request: may be read more than once, from any place.
class body {
public:
    virtual ~body() = default;
    virtual std::uint64_t size() const = 0;
    /// Fills `block` from there on; returns how much that was, 0 at the end.
    virtual std::size_t read(std::uint64_t from, std::span<char> block) const = 0;
};

struct request {
    std::string method = "GET";
    std::string url; ///< http or https, ready to be sent: percent-encoded
    /// Asked before each attempt, because signatures say the time. None: no headers of ours.
    std::function<header_list()> headers;
    std::shared_ptr<body const> content; ///< null: nothing is sent

    std::size_t longest_answer = 1U << 20; ///< bytes that are kept; a longer answer is a failure
    /// Takes the bytes of an answer with a status of 2xx piece by piece, instead of keeping them.
    std::function<void(std::string_view piece)> take;
    /// An attempt begins: what was taken before it is void. Only with `take`.
    std::function<void()> begin_again;
};

struct response {
    int status = 0;
    header_list headers; ///< of the final answer; at most 100 of at most 8 KiB each
    std::string content; ///< empty when it was taken piece by piece

    /// "" when there is none. Names are compared without case.
    std::string_view header(std::string_view name) const noexcept;
    bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// A request, and who waits for its answer, whatever its status is.
struct exchange {
    request ask;
    std::function<void(response&&)> answered;
};

} // namespace notes_export::http
