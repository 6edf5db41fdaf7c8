#include "mirror/source/http_site.hpp"

#include "http/percent_encoding.hpp"
#include "http/shown_url.hpp"
#include "mirror/source/http_failure.hpp"
#include "mirror/source/redirect.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr int ok = 200;
constexpr int most_redirects = 5;
constexpr std::size_t longest_page = 64U << 10; // with which a server says 404

bool is_missing(http::response const& answer) noexcept {
    constexpr int not_found = 404, gone = 410;
    return answer.status == not_found || answer.status == gone;
}

http::request request_for(std::string url) {
    http::request ask;
    ask.url = std::move(url);
    ask.headers = [] { return http::header_list{{"Cache-Control", "no-cache"}, {"Accept-Encoding", "identity"}}; };
    return ask;
}

/// Whether its bytes are those of the file, all of them.
void require_file(std::string const& url, http::response const& answer) {
    auto const refuse = [&](char const* kind, std::string const& why, char const* remedy) {
        throw source_error{kind, "GET " + http::shown_url(url) + ": " + why, remedy};
    };
    if (answer.status != ok)
        throw http_failure(url, answer);
    auto const encoding = answer.header("Content-Encoding");
    if (!encoding.empty() && encoding != "identity")
        refuse("encoded", "the answer is compressed, which was not asked for",
               "let the server, or the cache before it, compress for those only who send Accept-Encoding");
    if (answer.header("Content-Length").empty() && answer.header("Transfer-Encoding").empty())
        refuse("unexpected_answer", "the answer does not say where it ends",
               "let the server speak HTTP/1.1 and send Content-Length");
}

source_error too_long(std::string const& shown_url, std::uint64_t longest) {
    return {"too_long", "GET " + shown_url + ": the file is longer than " + std::to_string(longest) + " bytes",
            "is `from` the address of a published tree? Look at what the server sends there"};
}

source_error too_many_redirects(std::string const& url) {
    return {"redirected",
            "GET " + http::shown_url(url) + ": the server sends on and on, after " + std::to_string(most_redirects) +
                " redirects",
            "set `from` to where the tree is now"};
}

http::client_options options_with(unsigned connections) {
    http::client_options options;
    options.connections = connections;
    return options;
}

} // namespace

http_site::http_site(std::string address, unsigned connections)
    : m_address{std::move(address)}, m_client{options_with(connections)} {
    while (m_address.ends_with('/'))
        m_address.pop_back();
}

std::string http_site::url_of(std::string const& path) const {
    return m_address + '/' + http::percent_encoded(path, true);
}

std::string http_site::shown(std::string const& path) const {
    return http::shown_url(url_of(path));
}

std::optional<http::response> http_site::ask(std::string const& path, std::function<void(http::request&)> const& with,
                                             std::stop_token const& stop) {
    auto url = url_of(path);
    for (int redirects = 0; redirects <= most_redirects; ++redirects) {
        auto question = request_for(url);
        with(question);
        auto answer = m_client.send(question, stop);
        auto next = redirected(url, answer);
        if (!next && is_missing(answer))
            return std::nullopt;
        if (!next) {
            require_file(url, answer);
            return answer;
        }
        url = std::move(*next);
    }
    throw too_many_redirects(url_of(path));
}

std::optional<std::string> http_site::get(std::string const& path, std::size_t longest, std::stop_token const& stop) {
    auto const with = [&](http::request& question) { question.longest_answer = std::max(longest, longest_page); };
    try {
        auto answer = ask(path, with, stop);
        if (answer && answer->content.size() > longest)
            throw too_long(shown(path), longest);
        return answer ? std::optional{std::move(answer->content)} : std::nullopt;
    } catch (http::transport_error const& e) {
        throw http_failure(e);
    }
}

bool http_site::download(std::string const& path, std::uint64_t longest, answer_spool& into,
                         std::stop_token const& stop) {
    auto const take = [&](std::string_view piece) {
        if (into.size() + piece.size() > longest)
            throw too_long(shown(path), longest);
        into.add(piece);
    };
    auto const with = [&](http::request& question) {
        question.take = take;
        question.begin_again = [&] { into.begin_again(); };
    };
    try {
        return ask(path, with, stop).has_value();
    } catch (http::transport_error const& e) {
        throw http_failure(e);
    } catch (file_error const& e) {
        throw source_error{"no_temporary_room", "GET " + shown(path) + ": keep the answer: " + e.what(),
                           "make room there, or set TMPDIR to where there is some"};
    }
}

/// One call of get_several().
class http_site::several {
public:
    several(http_site& site, std::vector<std::string> const& paths, on_answer const& told)
        : m_site{&site}, m_paths{&paths}, m_told{&told} {}

    void run(std::stop_token const& stop) {
        for (std::size_t i = 0; i < m_paths->size(); ++i)
            m_now.push_back({i, m_site->url_of((*m_paths)[i])});
        for (int redirects = 0; !m_now.empty(); ++redirects) {
            if (redirects > most_redirects)
                throw too_many_redirects(m_now.front().url);
            m_site->m_client.run([this, at = std::size_t{0}]() mutable { return next(at); }, stop);
            m_now = std::exchange(m_elsewhere, {});
        }
    }

private:
    struct place {
        std::size_t i = 0;
        std::string url;
    };

    http::offer next(std::size_t& at) {
        if (at == m_now.size())
            return {std::nullopt, true};
        auto const& p = m_now[at++];
        auto question = request_for(p.url);
        question.longest_answer = longest_of_several;
        return {
            http::exchange{std::move(question), [this, &p](http::response&& answer) { take(p, std::move(answer)); }}};
    }

    void take(place const& p, http::response&& answer) {
        if (auto elsewhere = redirected(p.url, answer)) {
            m_elsewhere.push_back({p.i, std::move(*elsewhere)});
            return;
        }
        if (is_missing(answer))
            return (*m_told)(p.i, std::nullopt);
        require_file(p.url, answer);
        (*m_told)(p.i, std::move(answer.content));
    }

    http_site* m_site;
    std::vector<std::string> const* m_paths;
    on_answer const* m_told;
    std::vector<place> m_now;
    std::vector<place> m_elsewhere;
};

bool http_site::get_several(std::vector<std::string> const& paths, on_answer const& told, std::stop_token const& stop) {
    try {
        several{*this, paths, told}.run(stop);
        return true;
    } catch (http::transport_error const& e) {
        if (e.what_failed() != http::failure::too_long)
            throw http_failure(e);
        return false;
    }
}

} // namespace notes_export::mirror
