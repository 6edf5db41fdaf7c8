#include "notes_export/git_names.hpp"

#include "notes_export/utf8.hpp"

#include <algorithm>

namespace notes_export {

std::string unusable_git_url(std::string_view url) {
    if (url.empty())
        return "it is empty";
    if (has_control_character(url))
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
    if (has_control_character(branch) || branch.find_first_of(forbidden) != std::string_view::npos)
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
    bool const good = !has_control_character(author) && open != std::string_view::npos && open > 0 &&
                      author.back() == '>' && std::count(author.begin(), author.end(), '<') == 1 &&
                      std::count(author.begin(), author.end(), '>') == 1;
    return good ? "" : "it must be Name <mail>";
}

} // namespace notes_export
