#include "setup/data_version.hpp"

#include "settings/read_file.hpp"
#include "settings/values.hpp"
#include "setup/setup_request.hpp"

#include <notes_export/status.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 4096;
constexpr char const* staged_name = ".json_export_version.new";

using numbers = std::array<int, 3>;

/// nullopt unless it is three numbers, white space at the end aside.
std::optional<numbers> parse(std::string const& text) {
    numbers found{};
    auto const* at = text.data();
    auto const* const end = at + std::min(text.find_last_not_of(" \r\n") + 1, text.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i > 0 && (at == end || *at++ != '.'))
            return std::nullopt;
        auto const [next, error] = std::from_chars(at, end, found.at(i));
        if (error != std::errc{} || found.at(i) < 0 || next == at)
            return std::nullopt;
        at = next;
    }
    return at == end ? std::optional{found} : std::nullopt;
}

std::string text_of(numbers const& version) {
    return std::to_string(version[0]) + '.' + std::to_string(version[1]) + '.' + std::to_string(version[2]);
}

[[noreturn]] void fail(std::string const& what, fs::path const& path) {
    throw std::system_error{errno, std::generic_category(), what + ' ' + path.string()};
}

/// A descriptor that closes itself.
class opened {
public:
    opened(int fd, fs::path const& path) : m_fd{fd} {
        if (fd < 0)
            fail("open", path);
    }
    ~opened() { ::close(m_fd); }
    opened(opened const&) = delete;
    opened& operator=(opened const&) = delete;
    operator int() const noexcept { return m_fd; }

private:
    int m_fd;
};

std::optional<numbers> version_there(int directory, fs::path const& path) {
    int const fd = ::openat(directory, usual_version_file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return std::nullopt;
    opened const file{fd, path / usual_version_file};
    std::string text(longest, '\0');
    auto const n = ::read(file, text.data(), text.size());
    if (n < 0)
        fail("read", path / usual_version_file);
    text.resize(static_cast<std::size_t>(n));
    return parse(text);
}

void write_version(int directory, std::string const& text, fs::path const& path, file_owner const& user) {
    auto const staged = path / staged_name;
    if (::unlinkat(directory, staged_name, 0) != 0 && errno != ENOENT)
        fail("remove", staged);
    opened const file{::openat(directory, staged_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644),
                      staged};
    bool const written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written || ::fchmod(file, 0644) != 0 || ::fchown(file, user.uid, user.gid) != 0 || ::fsync(file) != 0)
        fail("write", staged);
    if (::renameat(directory, staged_name, directory, usual_version_file) != 0 || ::fsync(directory) != 0)
        fail("replace", path / usual_version_file);
}

} // namespace

std::string version_in(fs::path const& file) {
    std::string text;
    try {
        text = read_file(file, longest);
    } catch (std::system_error const& e) {
        throw setup_error{"--version-file: " + std::string{e.what()}};
    }
    auto const version = parse(text);
    if (!version)
        throw setup_error{"--version-file " + file.string() + " holds " + in_quotes(text.substr(0, 40)) +
                          ", which is no version such as 1.4.2"};
    return text_of(*version);
}

std::string said_of_version(fs::path const& directory, fs::path const& configured) {
    auto const file = directory / configured; // an absolute one is taken as it is
    std::error_code unseen;
    if (fs::exists(file, unseen))
        return "nothing: it is in " + file.string();
    notes_export::export_config tree;
    tree.directory = directory;
    if (auto const published = notes_export::read_tree_status(tree).version; !published.empty())
        return "nothing: metadata.json in the tree says " + published + ", and that goes on";
    return "nothing: it begins at 1.0.0. To go on with that of the export script, type the same again with "
           "--version-file FILE, the .json_export_version in its checkout of OSM-Notes-Analytics";
}

step::outcome take_version_over(std::string const& version, fs::path const& directory, file_owner const& user) {
    opened const tree{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), directory};
    auto const wanted = parse(version);
    auto const there = version_there(tree, directory);
    if (there && (!wanted || *there >= *wanted))
        return {false, "the tree has version " + text_of(*there) + " already"};
    write_version(tree, version + '\n', directory, user);
    return {true, "the tree goes on with version " + version};
}

} // namespace exportd
