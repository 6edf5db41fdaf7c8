#include "settings/password_file.hpp"

#include "settings/read_file.hpp"

#include <notes_export/error.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace exportd {

namespace {

// The text may hold the password: it is in no message.
[[noreturn]] void refuse(std::filesystem::path const& file, char const* why) {
    throw std::runtime_error{"password file " + file.string() + ' ' + why};
}

void require_private(std::filesystem::path const& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0)
        throw notes_export::file_error{"cannot read password file", file, errno};
    if (!S_ISREG(found.st_mode)) // a pipe would give the password once, and then block
        refuse(file, "is not a regular file");
    if ((found.st_mode & S_IRWXO) != 0)
        refuse(file, "is open to everybody: take that away with chmod o=");
}

std::string read_password(std::filesystem::path const& file) {
    constexpr std::size_t max_size = 4096;
    require_private(file);
    auto text = read_file(file, max_size);
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.empty())
        refuse(file, "is empty");
    if (text.find_first_of(std::string_view{"\n\r\0", 3}) != std::string::npos)
        refuse(file, "must hold the password as its only line, and nothing else");
    return text;
}

} // namespace

notes_export::password_source password_of(std::filesystem::path const& file) {
    if (file.empty())
        return {};
    return [file] { return read_password(file); };
}

} // namespace exportd
