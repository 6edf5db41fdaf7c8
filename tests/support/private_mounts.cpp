#include "support/private_mounts.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <system_error>
#include <unistd.h>

namespace test {

namespace {

constexpr uid_t nobody = 65534;

void require(int result, std::string const& what) {
    if (result != 0)
        throw std::system_error{errno, std::generic_category(), what};
}

std::string failed(std::string const& what) {
    return what + ": " + std::generic_category().message(errno);
}

std::string become_root_of_a_namespace() {
    auto const uid = std::to_string(::geteuid());
    auto const gid = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return failed("not root, and unshare of a user namespace");
    std::ofstream{"/proc/self/setgroups"} << "deny";
    std::ofstream{"/proc/self/gid_map"} << "0 " + gid + " 1";
    if (!(std::ofstream{"/proc/self/uid_map"} << "0 " + uid + " 1").flush())
        return "not root, and /proc/self/uid_map cannot be written";
    return "";
}

std::string enter() {
    if (::geteuid() != 0) {
        if (auto const why = become_root_of_a_namespace(); !why.empty())
            return why;
    } else if (::unshare(CLONE_NEWNS) != 0) {
        return failed("unshare of the mount namespace");
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return failed("making mounts private");
    return "";
}

void run(std::string const& command) {
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error{"failed: " + command};
}

} // namespace

private_mounts::private_mounts() {
    static std::string const entered = enter();
    m_impossible = entered;
}

void private_mounts::tmpfs(std::filesystem::path const& at, std::string const& options) const {
    std::filesystem::create_directories(at);
    require(::mount("tmpfs", at.c_str(), "tmpfs", 0, options.c_str()), "mount " + at.string());
}

void private_mounts::resize(std::filesystem::path const& at, std::string const& options) const {
    require(::mount("tmpfs", at.c_str(), "tmpfs", MS_REMOUNT, options.c_str()), "remount " + at.string());
}

void private_mounts::bind(std::filesystem::path const& from, std::filesystem::path const& at) const {
    require(::mount(from.c_str(), at.c_str(), nullptr, MS_BIND, nullptr), "bind " + at.string());
}

void private_mounts::unmount(std::filesystem::path const& at) const {
    require(::umount2(at.c_str(), 0), "unmount " + at.string());
}

loop_disk::loop_disk(std::filesystem::path image, std::filesystem::path mount_point)
    : m_image{std::move(image)}, m_mount_point{std::move(mount_point)} {}

std::string loop_disk::format(int megabytes) const {
    if (::geteuid() != 0)
        return "loop devices need root";
    std::filesystem::create_directories(m_mount_point);
    auto const commands = "truncate -s " + std::to_string(megabytes) + "M '" + m_image.string() +
                          "' && mkfs.ext4 -q -F '" + m_image.string() + "' && mount -o loop '" + m_image.string() +
                          "' '" + m_mount_point.string() + "' && umount '" + m_mount_point.string() + "'";
    return std::system((commands + " 2>/dev/null").c_str()) == 0 ? "" : "no loop device or no mkfs.ext4";
}

void loop_disk::mount(std::string const& options) const {
    std::filesystem::create_directories(m_mount_point);
    run("mount -o loop" + (options.empty() ? "" : "," + options) + " '" + m_image.string() + "' '" +
        m_mount_point.string() + "'");
}

void loop_disk::fail() const {
    run("mount -o remount,abort '" + m_mount_point.string() + "'");
}

void loop_disk::unmount() const {
    run("umount '" + m_mount_point.string() + "'");
}

std::string loop_disk::device() const {
    std::ifstream mounts{"/proc/self/mounts"};
    for (std::string line; std::getline(mounts, line);)
        if (auto const end = line.find(' '); line.substr(end + 1).starts_with(m_mount_point.string() + ' '))
            return std::filesystem::path{line.substr(0, end)}.filename();
    throw std::runtime_error{m_mount_point.string() + " is not mounted"};
}

without_privileges::without_privileges(std::filesystem::path const& owned) {
    if (::geteuid() != 0)
        return;
    run("chown -R " + std::to_string(nobody) + " '" + owned.string() + "'");
    require(::seteuid(nobody), "seteuid");
    m_changed = true;
}

without_privileges::~without_privileges() {
    if (m_changed && ::seteuid(0) != 0)
        std::abort(); // every later test would fail for a reason that is not its own
}

} // namespace test
