#include "publish/tree_lock.hpp"

#include "notes_export/error.hpp"
#include "publish/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view publishing_path = ".exportd/publishing";
// Whoever gets as far as here may lock it, which takes the right to read it.
constexpr unsigned publishing_mode = 0644;
constexpr int attempts = 100;

file make_publishing(tree const& t) {
    auto const path = t.full(publishing_path);
    auto f = lock_file::make(t, publishing_path, publishing_mode);
    struct stat info {};
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    if (info.st_uid == ::geteuid() && lock_file::has_one_name(f, path))
        require_mode(f.fd(), publishing_mode, path);
    return f;
}

void wait_for_readers(file const& f, std::filesystem::path const& path, std::stop_token const& stop,
                      publishing_lock::notice const& waiting, std::chrono::milliseconds tell_after) {
    auto quiet = lock_file::for_at_most(tell_after);
    bool told = !waiting;
    lock_file::wait(
        f, LOCK_EX, path,
        [&] {
            if (!told && !quiet()) {
                told = true;
                waiting("publication waits until " + path.string() + " is free, which is locked by " +
                        lock_file::holders(f, path) + " (lslocks shows who)");
            }
            return true;
        },
        stop);
}

} // namespace

void publishing_lock::prepare(tree const& t) {
    make_publishing(t);
}

publishing_lock::publishing_lock(tree const& t, kind k, std::stop_token const& stop, notice const& waiting,
                                 std::chrono::milliseconds tell_after) {
    auto const path = t.full(publishing_path);
    for (int i = 0; i < attempts; ++i) {
        m_file = k == kind::exclusive ? make_publishing(t) : lock_file::open(t, publishing_path, O_RDONLY, 0);
        if (!m_file) // nothing was ever published here
            return;
        if (k == kind::exclusive)
            wait_for_readers(m_file, path, stop, waiting, tell_after);
        else if (!lock_file::wait(m_file, LOCK_SH, path, lock_file::for_at_most(std::chrono::minutes{1}), stop))
            throw file_error("lock (held for a minute by " + lock_file::holders(m_file, path) + ')', path, EWOULDBLOCK);
        if (t.names(publishing_path, m_file.fd())) // the others lock what is there now
            return;
    }
    throw file_error("lock (it is replaced again and again)", path, EBUSY);
}

} // namespace notes_export
