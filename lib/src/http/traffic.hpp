#pragma once

#include "http/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <curl/curl.h>
#include <exception>
#include <string_view>

namespace notes_export::http {

/**
 * What goes and what comes in one attempt of a request, as libcurl asks for the one and hands over the other.
 *
 * Not movable, libcurl knows its address. Thread: one.
 */
class traffic {
public:
    traffic() = default;
    traffic(traffic const&) = delete;
    traffic& operator=(traffic const&) = delete;

    /// Of another attempt: nothing has gone or come yet. From now on `handle` calls us.
    void begin(CURL* handle, request const& ask);

    response& answer() noexcept { return m_answer; }
    /// The answer was cut: it is longer than the request allows.
    bool is_too_long() const noexcept { return m_too_long; }
    /// Throws what a function of the request threw.
    void rethrow() const;

private:
    static std::size_t on_header(char* text, std::size_t one, std::size_t size, void* self) noexcept;
    static std::size_t on_content(char* text, std::size_t one, std::size_t size, void* self) noexcept;
    static std::size_t on_send(char* block, std::size_t one, std::size_t size, void* self) noexcept;
    static int on_rewind(void* self, curl_off_t place, int origin) noexcept;

    void take_header(std::string_view line);
    bool take_content(std::string_view piece);

    CURL* m_handle = nullptr;
    request const* m_ask = nullptr;
    response m_answer;
    std::uint64_t m_sent = 0;
    bool m_too_long = false;
    std::exception_ptr m_thrown;
};

} // namespace notes_export::http
