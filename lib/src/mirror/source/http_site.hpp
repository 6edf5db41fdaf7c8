#pragma once

#include "http/client.hpp"
#include "mirror/source/answer_spool.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/**
 * Somebody's published tree behind HTTP: GET of paths below an address. Caches in between are told to ask the server
 * ("Cache-Control: no-cache"), compressed answers are not asked for, a few redirects are followed (see redirect.hpp).
 *
 * Throws  source_error with the URL (without user and password) and why, when an answer is neither the file nor 404 or
 *         410; cancelled. Requests are tried again first, see http/client.hpp, whose deadlines hold.
 * Thread  one.
 */
class http_site {
public:
    explicit http_site(std::string address, unsigned connections = 8);

    /// As it is asked for, with user and password.
    std::string url_of(std::string const& path) const;
    /// As it may be shown.
    std::string shown(std::string const& path) const;

    /// A file of at most so many bytes; nullopt: there is none.
    std::optional<std::string> get(std::string const& path, std::size_t longest, std::stop_token const& stop);
    /// A file of any size up to this; false: there is none.
    bool download(std::string const& path, std::uint64_t longest, answer_spool& into, std::stop_token const& stop);

    /// Several files of at most `longest_of_several` bytes at once, told of in the order of their coming; nullopt:
    /// there is none. false: one is longer, and the rest is not told of.
    using on_answer = std::function<void(std::size_t i, std::optional<std::string> content)>;
    static constexpr std::size_t longest_of_several = 1U << 20;
    bool get_several(std::vector<std::string> const& paths, on_answer const& told, std::stop_token const& stop);

private:
    class several;

    /// nullopt: there is none.
    std::optional<http::response> ask(std::string const& path, std::function<void(http::request&)> const& with,
                                      std::stop_token const& stop);

    std::string m_address; ///< without a slash at its end
    http::client m_client;
};

} // namespace notes_export::mirror
