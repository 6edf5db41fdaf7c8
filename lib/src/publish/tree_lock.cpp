#include "publish/tree_lock.hpp"

#include "notes_export/error.hpp"
#include "notes_export/host_name.hpp"
#include "publish/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view lock_path = ".exportd/lock";
constexpr std::string_view new_lock_path = ".exportd/lock.new";
constexpr unsigned lock_mode = 0600;
constexpr std::size_t longest_name = 512;
// Somebody would have to put another file into its place each time.
constexpr int attempts = 100;
// holder() holds the lock for a moment.
constexpr std::chrono::milliseconds patience{200};

std::string holder_text(file const& f, std::filesystem::path const& path) {
    // What has a second name may be anything.
    auto text = lock_file::has_one_name(f, path) ? read_rest(f.fd(), longest_name, path).value_or("") : "";
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text.empty() ? "an unnamed process" : text;
}

std::string own_name() {
    return "process " + std::to_string(::getpid()) + " on " + host_name() + '\n';
}

void write_name(file const& f, std::filesystem::path const& path) {
    auto const name = own_name();
    // Never empty in between, which would tell the next holder that all is well.
    if (::lseek(f.fd(), 0, SEEK_SET) != 0)
        throw file_error("seek in", path, errno);
    write_all(f.fd(), name, path);
    if (::ftruncate(f.fd(), static_cast<off_t>(name.size())) != 0)
        throw file_error("truncate", path, errno);
}

} // namespace

tree_lock::tree_lock(tree const& t) {
    for (int i = 0; i < attempts; ++i)
        if (take(t))
            return;
    throw file_error("lock (it is replaced again and again)", t.full(lock_path), EBUSY);
}

// false when another file had taken the place by the time the lock was had.
bool tree_lock::take(tree const& t) {
    auto const path = t.full(lock_path);
    m_file = lock_file::make(t, lock_path, lock_mode);
    if (!lock_file::wait(m_file, LOCK_EX, path, lock_file::for_at_most(patience), {}))
        throw lock_held{t.root().string() + " is in use by " + holder_text(m_file, path)};
    if (!in_place(t))
        return false;
    std::array<char, 1> any{};
    m_left_untidy = read_up_to(m_file.fd(), any, path) > 0;
    if (lock_file::has_one_name(m_file, path))
        write_name(m_file, path);
    else
        replace(t);
    return true;
}

void tree_lock::replace(tree const& t) {
    auto const path = t.full(new_lock_path);
    auto const directory = t.open_directory(parent_of(new_lock_path));
    std::string const name{name_of(new_lock_path)};
    if (::unlinkat(directory.fd(), name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", path, errno);
    auto fresh = lock_file::open(t, new_lock_path, O_RDWR | O_CREAT | O_EXCL, lock_mode);
    if (!fresh)
        throw file_error("create", path, ENOENT);
    if (!lock_file::try_lock(fresh, LOCK_EX, path))
        throw lock_held{path.string() + " is in use by " + lock_file::holders(fresh, path)};
    write_name(fresh, path);
    if (::renameat(directory.fd(), name.c_str(), directory.fd(), std::string{name_of(lock_path)}.c_str()) != 0)
        throw file_error("rename " + name + " to", t.full(lock_path), errno);
    m_replaced = std::exchange(m_file, std::move(fresh));
}

// When this fails, the next holder does work that was not needed.
void tree_lock::sign_off() const noexcept {
    [[maybe_unused]] int const kept_name = ::ftruncate(m_file.fd(), 0);
}

bool tree_lock::in_place(tree const& t) const {
    return t.names(lock_path, m_file.fd());
}

std::string tree_lock::holder(tree const& t) {
    auto const f = lock_file::open(t, lock_path, O_RDONLY, 0);
    if (!f || lock_file::try_lock(f, LOCK_SH, t.full(lock_path)))
        return "";
    return holder_text(f, t.full(lock_path));
}

} // namespace notes_export
