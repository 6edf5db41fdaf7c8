#include "mirror/git_url.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

/// user:password of scheme://user:password@host; "" when there is none. Of git@host:path everything is shown.
std::string_view login_of(std::string_view url) {
    auto const scheme = url.find("://");
    if (scheme == std::string_view::npos)
        return {};
    auto const begin = scheme + 3;
    auto const end = std::min(url.find('/', begin), url.size());
    auto const at = url.substr(0, end).rfind('@');
    return at == std::string_view::npos || at < begin ? std::string_view{} : url.substr(begin, at - begin);
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    if (what.empty())
        return;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

} // namespace

std::string unusable_git_url(std::string_view url) {
    if (url.empty())
        return "it is empty";
    if (has_control(url))
        return "it has control characters";
    if (url.front() == '-')
        return "it begins with a hyphen";
    auto const scheme = url.find("://");
    if (url.find("::") < scheme)
        return "transports that run other programs are not used";
    if (url.front() == '/')
        return "";
    if (scheme != std::string_view::npos) {
        auto const name = url.substr(0, scheme);
        bool const known = name == "file" || name == "ssh" || name == "git" || name == "http" || name == "https";
        return known ? "" : "it must begin with https://, ssh://, git:// or file://, or be user@host:path or /path";
    }
    auto const colon = url.find(':');
    bool const has_host = colon != std::string_view::npos && colon > 0 && url.find('/') > colon;
    return has_host ? "" : "a relative path depends on where the program runs: give it in full";
}

std::string unusable_git_branch(std::string_view branch) {
    constexpr std::string_view forbidden = " ~^:?*[\\";
    if (branch.empty())
        return "it is empty";
    if (has_control(branch) || branch.find_first_of(forbidden) != std::string_view::npos)
        return "it has a character that no branch has";
    bool const odd = branch.front() == '-' || branch.front() == '/' || branch.back() == '/' || branch.back() == '.' ||
                     branch.find("..") != std::string_view::npos || branch.find("//") != std::string_view::npos ||
                     branch.find("@{") != std::string_view::npos || branch.find("/.") != std::string_view::npos ||
                     branch.front() == '.' || branch.ends_with(".lock") ||
                     branch.find(".lock/") != std::string_view::npos || branch == "@" || branch == "HEAD" ||
                     branch.starts_with("refs/");
    return odd ? "git takes no such name for a branch" : "";
}

std::string unusable_git_author(std::string_view author) {
    auto const open = author.find(" <");
    bool const good = !has_control(author) && open != std::string_view::npos && open > 0 && author.back() == '>' &&
                      std::count(author.begin(), author.end(), '<') == 1 &&
                      std::count(author.begin(), author.end(), '>') == 1;
    return good ? "" : "it must be Name <mail>";
}

std::string shown_git_url(std::string_view url) {
    auto const login = login_of(url);
    if (login.empty())
        return std::string{url};
    auto const begin = static_cast<std::size_t>(login.data() - url.data());
    return std::string{url.substr(0, begin)} + std::string{url.substr(begin + login.size() + 1)};
}

bool is_local_git_url(std::string_view url) {
    return url.starts_with('/') || url.starts_with("file://");
}

std::string without_secrets(std::string text, std::string_view url) {
    auto const login = login_of(url);
    if (login.empty())
        return text;
    replace_all(text, url, shown_git_url(url));
    replace_all(text, std::string{login} + '@', "");
    if (auto const colon = login.find(':'); colon != std::string_view::npos)
        replace_all(text, login.substr(colon + 1), "***");
    return text;
}

} // namespace notes_export::mirror
