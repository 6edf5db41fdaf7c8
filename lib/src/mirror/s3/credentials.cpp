#include "mirror/s3/options.hpp"

#include "files/file.hpp"
#include "mirror/error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>

namespace notes_export::mirror {

namespace {

constexpr std::size_t longest = 8192; // session tokens have up to about 2,000

enum class secrecy { known, secret };

bool is_open_to_everybody(file const& f, std::filesystem::path const& path) {
    struct stat found {};
    if (::fstat(f.fd(), &found) != 0)
        throw file_error("stat", path, errno);
    return (found.st_mode & S_IRWXO) != 0;
}

std::string one_value(std::filesystem::path const& path, secrecy how) {
    auto const fail = [&](std::string const& why) -> mirror_error {
        return {"credentials", "read the credentials in " + path.string() + ": " + why,
                "the file holds the key and nothing else, and the mirror's user may read it"};
    };
    std::optional<std::string> text;
    try {
        file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        if (!f)
            throw file_error("open", path, errno);
        if (how == secrecy::secret && is_open_to_everybody(f, path))
            throw fail("it is open to everybody: take that away with chmod o=");
        text = read_rest(f.fd(), longest, path);
    } catch (file_error const& e) {
        throw fail(e.code().message());
    }
    constexpr std::string_view space = " \t\r\n";
    if (!text)
        throw fail("it is longer than any key");
    auto const first = text->find_first_not_of(space);
    if (first == std::string::npos)
        throw fail("it is empty");
    auto value = text->substr(first, text->find_last_not_of(space) - first + 1);
    // It goes into a header: a line of its own there would be a header of its own.
    if (std::ranges::any_of(value, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
        throw fail("it holds more than one word, or characters that no key has");
    return value;
}

} // namespace

s3_credentials read_s3_credentials(std::filesystem::path const& access_key_file,
                                   std::filesystem::path const& secret_key_file,
                                   std::filesystem::path const& session_token_file) {
    s3_credentials c{one_value(access_key_file, secrecy::known), one_value(secret_key_file, secrecy::secret), {}};
    if (!session_token_file.empty())
        c.session_token = one_value(session_token_file, secrecy::secret);
    return c;
}

} // namespace notes_export::mirror
