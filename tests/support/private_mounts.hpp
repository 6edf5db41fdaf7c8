#pragma once

#include <filesystem>
#include <string>

namespace test {

/**
 * Mounts of the test's own: in a mount namespace of this process and its children, so that nothing is left behind
 * whatever happens. Without root the process becomes root of a user namespace.
 */
class private_mounts {
public:
    private_mounts();

    /// "" or why nothing can be mounted here: then the test is to say so and to end.
    std::string const& impossible() const noexcept { return m_impossible; }

    void tmpfs(std::filesystem::path const& at, std::string const& options) const;
    /// Changes a tmpfs that is mounted already.
    void resize(std::filesystem::path const& at, std::string const& options) const;
    void bind(std::filesystem::path const& from, std::filesystem::path const& at) const;
    void unmount(std::filesystem::path const& at) const;

private:
    std::string m_impossible;
};

/// An ext4 file system in a file; needs root, a loop device and mkfs.ext4.
class loop_disk {
public:
    loop_disk(std::filesystem::path image, std::filesystem::path mount_point);

    std::filesystem::path const& image() const noexcept { return m_image; }
    /// "" or why this is not possible here.
    std::string format(int megabytes) const;
    void mount(std::string const& options = "") const;
    /// As if the disk had failed: from now on the file system is read-only.
    void fail() const;
    void unmount() const;
    /// Block device behind it, "loop3".
    std::string device() const;

private:
    std::filesystem::path m_image;
    std::filesystem::path m_mount_point;
};

/// While it lives, this process has no rights of root on files; `owned` and all below it belong to it. Needs root, else
/// does nothing: then there are no such rights anyway.
class without_privileges {
public:
    explicit without_privileges(std::filesystem::path const& owned);
    ~without_privileges();
    without_privileges(without_privileges const&) = delete;
    without_privileges& operator=(without_privileges const&) = delete;

private:
    bool m_changed = false;
};

} // namespace test
